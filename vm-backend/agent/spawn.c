/*
 * A command's process. A helper enters the distribution's namespaces and makes the command's process, as the agent's own child
 * (CLONE_PARENT), which then becomes the user and the program. What goes wrong there is said on the report socket, which exec
 * closes.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "cli/environment.h"
#include "cli/user.h"
#include "distro/distro.h"
#include "vm-backend/agent/agent.h"

/* The host's files, where its agent and distributions see them. */
#define HOST_PLACE "/mnt/host"

/* What the child works with. */
struct child {
	const struct queue *fields;
	int reports;
	int std[3]; /* its ends of the pipes, or -1: the terminal */
	int terminal;
	bool systemd; /* users have sessions */
	struct wsl_conf conf;
	struct user user;
};

static NORETURN void PRINTF_LIKE(3, 4) fail(const struct child *c, int status, const char *format, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	report_send(c->reports, REPORT_ERROR, status, -1, "%s", text);
	_exit(status);
}

static const char *text_of(const struct child *c, enum field_key key, const char *otherwise)
{
	const char *text = fields_text(c->fields, key);

	return text != NULL ? text : otherwise;
}

/* NULL-terminated; the strings stay the fields'. */
static char **words_of(const struct child *c, enum field_key key, size_t before)
{
	char **words = calloc(before + 2, sizeof(*words));
	size_t n = before, at = 0;
	struct field f;

	while (words != NULL && fields_next(queue_bytes(c->fields), queue_length(c->fields), &at, &f) > 0) {
		if (f.key != key)
			continue;
		words[n++] = (char *)(uintptr_t)f.text;
		words = realloc(words, (n + 2) * sizeof(*words));
		if (words != NULL)
			words[n] = NULL;
	}
	if (words == NULL)
		fail(c, 125, "out of memory");
	return words;
}

static void find_user(struct child *c, int root)
{
	const char *who = text_of(c, FIELD_USER, NULL);

	if (who != NULL) {
		if (user_find(root, who, &c->user) < 0)
			fail(c, 125, "there is no user '%s' in %s", who, text_of(c, FIELD_NAME, "it"));
		return;
	}
	if (c->conf.user_default[0] != '\0' && user_find(root, c->conf.user_default, &c->user) == 0)
		return;
	who = text_of(c, FIELD_UID, "0");
	if (user_find(root, who, &c->user) < 0)
		fail(c, 125, "there is no user %s in %s", who, text_of(c, FIELD_NAME, "it"));
}

static char **make_environment(const struct child *c, int root)
{
	char **callers = words_of(c, FIELD_VARIABLE, 0), **environment;
	const char *host = c->conf.automount_enabled ? HOST_PLACE : NULL;
	struct environment_of of = {.root_fd = root,
				    .user = &c->user,
				    .distro = text_of(c, FIELD_NAME, ""),
				    .version = "2",
				    .paths = {.root = "", .host_root = host},
				    .extra = (const char *const *)words_of(c, FIELD_EXTRA, 0)};

	environ = callers;
	environment = environment_make(&of);
	if (environment == NULL)
		fail(c, 125, "out of memory");
	return environment;
}

/* The shell's own name, with a dash in front as a login shell. */
static char *shell_name(const struct child *c, bool login)
{
	static char name[sizeof(c->user.shell) + 1];
	const char *slash = strrchr(c->user.shell, '/');

	snprintf(name, sizeof(name), "%s%s", login ? "-" : "", slash != NULL ? slash + 1 : c->user.shell);
	return name;
}

static char **find_words(const struct child *c, const char **ret_path)
{
	enum run_mode mode = (enum run_mode)atoi(text_of(c, FIELD_MODE, "0"));
	char **words, **first;

	*ret_path = c->user.shell;
	if (mode == RUN_SHELL || mode == RUN_LOGIN_SHELL) {
		words = words_of(c, FIELD_WORD, 1);
		words[0] = shell_name(c, mode == RUN_LOGIN_SHELL);
		words[1] = NULL;
		return words;
	}
	if (mode == RUN_COMMAND) {
		words = words_of(c, FIELD_WORD, 0);
		if (words[0] == NULL)
			fail(c, 125, "there is no command");
		*ret_path = words[0];
		return words;
	}
	words = words_of(c, FIELD_WORD, 3);
	first = words + (mode == RUN_LOGIN_LINE ? 0 : 1);
	first[0] = (char *)(uintptr_t)c->user.shell;
	if (mode == RUN_LOGIN_LINE)
		first[1] = (char *)(uintptr_t) "-l";
	words[2] = (char *)(uintptr_t) "-c";
	return first;
}

static void take_descriptors(const struct child *c)
{
	sigset_t none;

	(void)setsid();
	if (c->terminal >= 0)
		(void)ioctl(c->terminal, TIOCSCTTY, 0);
	for (int i = 0; i < 3; i++)
		if (dup2(c->std[i] >= 0 ? c->std[i] : c->terminal, i) < 0)
			fail(c, 125, "cannot set up descriptor %d: %s", i, strerror(errno));
	(void)syscall(SYS_close_range, 3, ~0u, 1 << 2 /* CLOSE_RANGE_CLOEXEC */);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int i = 1; i < 32; i++)
		(void)signal(i, SIG_DFL);
}

static void enter_directory(const struct child *c)
{
	const char *directory = text_of(c, FIELD_DIRECTORY, c->user.home);

	if (strcmp(directory, "~") == 0)
		directory = c->user.home;
	if (chdir(directory) == 0)
		return;
	if (text_of(c, FIELD_DIRECTORY, NULL) != NULL && text_of(c, FIELD_HOME_ELSE, NULL) == NULL)
		fail(c, 125, "cannot enter the directory '%s': %s", directory, strerror(errno));
	if (chdir(c->user.home) < 0)
		(void)!chdir("/");
}

static NORETURN void become(struct child *c)
{
	int root = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *path;
	char **words;
	struct stat st;
	gid_t groups[CREDS_GROUPS_MAX];

	wsl_conf_read(root, NULL, &c->conf);
	find_user(c, root);
	environ = make_environment(c, root);
	if (c->systemd)
		systemd_enter_session(c->user.uid);
	words = find_words(c, &path);
	take_descriptors(c);
	if (c->terminal >= 0)
		(void)!fchown(c->terminal, c->user.uid, 5);
	for (uint32_t i = 0; i < c->user.group_count; i++)
		groups[i] = c->user.groups[i];
	if (setgroups(c->user.group_count, groups) < 0 || setgid(c->user.gid) < 0 || setuid(c->user.uid) < 0)
		fail(c, 125, "cannot become user %s: %s", c->user.name, strerror(errno));
	enter_directory(c);
	(void)umask(022);
	execvp(path, words);
	if (errno == ENOENT && strchr(path, '/') != NULL && stat(path, &st) == 0)
		fail(c, 127, "the interpreter is not found of %s", path);
	if (errno == ENOENT || errno == ENOTDIR)
		fail(c, 127, "command not found: %s", path);
	fail(c, 126, "cannot execute %s: %s", path, strerror(errno));
}

/* --- the helper ------------------------------------------------------------------------------------------------------------- */

static void open_terminal(struct child *c)
{
	int unlock = 0, master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);

	if (master < 0 || ioctl(master, TIOCSPTLCK, &unlock) < 0)
		fail(c, 125, "cannot make a terminal: %s", strerror(errno));
	c->terminal = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (c->terminal < 0)
		fail(c, 125, "cannot open the terminal: %s", strerror(errno));
	report_send(c->reports, REPORT_TERMINAL, 0, master, "%s", "");
	close(master);
}

static NORETURN void help(struct child *c, const struct distribution *d, bool terminal)
{
	const int spaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP;
	long pid;

	if (distro_join_cgroup(d) < 0 || setns(d->pidfd, spaces) < 0)
		fail(c, 125, "cannot enter the distribution: %s", strerror(errno));
	if (terminal)
		open_terminal(c);
	pid = syscall(SYS_clone, CLONE_PARENT | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		become(c);
	if (pid < 0)
		fail(c, 125, "cannot make a process: %s", strerror(errno));
	report_send(c->reports, REPORT_PID, (int)pid, -1, "%s", "");
	_exit(0);
}

/* A pipe whose end of ours does not wait. */
static int make_pipe(struct session *s, struct child *c, int i)
{
	int ends[2];
	bool in = i == SUB_IN;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	c->std[i] = ends[in ? 0 : 1];
	s->fds[i] = ends[in ? 1 : 0];
	return fcntl(s->fds[i], F_SETFL, O_NONBLOCK) < 0 ? -errno : 0;
}

int spawn(struct session *s)
{
	const char *ttys = fields_text(&s->fields, FIELD_TTYS);
	int bits = ttys != NULL ? atoi(ttys) : 0, pair[2], r = 0;
	struct child c = {.fields = &s->fields, .std = {-1, -1, -1}, .terminal = -1, .systemd = s->distro->systemd};
	pid_t helper;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	c.reports = pair[1];
	for (int i = 0; i < 3 && r == 0; i++)
		if ((bits >> i & 1) == 0)
			r = make_pipe(s, &c, i);
	helper = r < 0 ? -1 : fork();
	if (helper == 0)
		help(&c, s->distro, bits != 0);
	if (helper < 0 && r == 0)
		r = -errno;
	close(pair[1]);
	for (int i = 0; i < 3; i++)
		if (c.std[i] >= 0)
			close(c.std[i]);
	if (r < 0)
		close(pair[0]);
	else
		s->reports = pair[0];
	return r;
}
