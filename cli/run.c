#include "cli/run.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/distributions.h"
#include "cli/environment.h"
#include "cli/instance.h"
#include "cli/machine.h"
#include "cli/nested.h"
#include "cli/report.h"
#include "cli/user.h"
#include "distro/distro.h"

/* Where a guest has the host's files. */
#define HOST_ROOT "/mnt/host"

/* What a process without capabilities, which guests are even if root starts them, may do with its own directory. */
static bool may_look(int fd)
{
	struct stat st;
	mode_t needed;

	if (faccessat(fd, ".", R_OK | X_OK, 0) < 0)
		return false;
	if (geteuid() != 0 || fstat(fd, &st) < 0)
		return true;
	needed = st.st_uid == 0 ? 0500 : st.st_gid == 0 ? 0050 : 0005;
	errno = EACCES;
	return (st.st_mode & needed) == needed;
}

/* The root directory, checked; its path without links in ret_path. */
static int open_root(const char *path, char *ret_path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		report_fatal("cannot open the root directory '%s': %s", path, strerror(errno));
	if (!may_look(fd))
		report_fatal("cannot look into the root directory '%s': %s", path, strerror(errno));
	if (realpath(path, ret_path) == NULL)
		report_fatal("cannot name the root directory '%s': %s", path, strerror(errno));
	return fd;
}

/* The root's descriptor goes to its reserved number, whatever the limit on descriptors is. */
static void reserve_root(int root_fd)
{
	struct rlimit old, more;
	bool raised = false;

	if (getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur <= RESERVED_FD) {
		more = old;
		more.rlim_cur = RESERVED_FD + 1;
		if (more.rlim_max < more.rlim_cur)
			report_fatal("the limit on open files (%lu) is too low: at least %d are needed",
				     (unsigned long)old.rlim_max, RESERVED_FD + 1);
		raised = setrlimit(RLIMIT_NOFILE, &more) == 0;
	}
	if (dup2(root_fd, RESERVED_FD) < 0)
		report_fatal("cannot reserve descriptor %d: %s", RESERVED_FD, strerror(errno));
	if (raised)
		(void)setrlimit(RLIMIT_NOFILE, &old);
	if (root_fd != RESERVED_FD)
		close(root_fd);
}

/* --- which distribution ------------------------------------------------------------------------------------------------ */

/* Where the command runs. */
struct place {
	struct distro distro;
	bool is_distro; /* else a root directory without a name */
	int root_fd;
	char root[PATH_MAX]; /* no links in it */
	struct wsl_conf conf;
};

static NORETURN void no_such_distribution(const struct options *o, const struct registry *r)
{
	const struct distro *near = o->distribution != NULL ? registry_nearest(r, o->distribution) : NULL;
	char guess[DISTRO_NAME_MAX + 32] = "";

	if (o->distribution == NULL)
		report_fatal("%s; 'lxrun --install NAME --from-file FILE' installs one",
			     r->count == 0 ? "there is no distribution" : "there is no default distribution");
	if (near != NULL)
		snprintf(guess, sizeof(guess), " (did you mean %s?)", near->name);
	if (o->distribution_is_word)
		report_fatal(
			"there is no distribution '%s'%s; to run a command in the default distribution: lxrun -- %s",
			o->distribution, guess, o->distribution);
	report_fatal("there is no distribution '%s'%s; 'lxrun --list' lists them", o->distribution, guess);
}

static void find_distribution(const struct options *o, struct distro *ret)
{
	struct registry registry = REGISTRY_EMPTY;
	const struct distro *d;

	distributions_read(&registry);
	d = o->distribution != NULL ? registry_find(&registry, o->distribution) : registry_default(&registry);
	if (d == NULL)
		no_such_distribution(o, &registry);
	*ret = *d;
	registry_done(&registry);
}

/* A distribution of which a command is at work, or was killed at it, is none. */
static void check_state(const struct distro *d)
{
	static const char *const states[] = {
		[DISTRO_INSTALLING] = "being installed",
		[DISTRO_CONVERTING] = "being converted",
		[DISTRO_EXPORTING] = "being exported",
		[DISTRO_UNINSTALLING] = "being removed",
	};

	if (d->state != DISTRO_INSTALLED && d->state != DISTRO_EXPORTING)
		report_fatal("%s is %s, or that was interrupted; 'lxrun --list -v' tells more", d->name,
			     states[d->state]);
	if (d->version != 1)
		report_fatal("%s is a distribution of version %d, which this lxrun cannot run", d->name, d->version);
}

static void open_distribution(const struct options *o, struct place *ret)
{
	const struct distro *d = &ret->distro;
	int r;

	find_distribution(o, &ret->distro);
	ret->is_distro = true;
	check_state(d);
	r = instance_root(d, ret->root, sizeof(ret->root));
	if (r < 0)
		report_fatal("the files of %s are not at '%s/rootfs': %s", d->name, d->location, strerror(-r));
	ret->root_fd = open_root(ret->root, ret->root);
	wsl_conf_read(ret->root_fd, NULL, &ret->conf);
}

/* --- who and where ------------------------------------------------------------------------------------------------------- */

static void find_user(const struct options *o, const struct place *p, struct user *ret)
{
	char id[16];

	if (o->user != NULL && user_find(p->root_fd, o->user, ret) < 0)
		report_fatal("there is no user '%s' in %s", o->user, p->is_distro ? p->distro.name : p->root);
	if (o->user != NULL)
		return;
	if (p->is_distro && p->conf.user_default[0] != '\0') {
		if (user_find(p->root_fd, p->conf.user_default, ret) == 0)
			return;
		report("the default user '%s' of /etc/wsl.conf is not in %s", p->conf.user_default, p->distro.name);
	}
	snprintf(id, sizeof(id), "%u", p->is_distro ? p->distro.default_uid : 0);
	if (user_find(p->root_fd, id, ret) < 0)
		report_fatal("there is no user %s in %s", id, p->is_distro ? p->distro.name : p->root);
}

/* The caller's directory as the guest sees it; false if it does not. */
static bool find_own_directory(const struct place *p, char *ret, size_t size)
{
	const size_t length = strlen(p->root);
	char own[PATH_MAX];

	if (getcwd(own, sizeof(own)) == NULL || own[0] != '/')
		return false;
	if (length > 1 && strncmp(own, p->root, length) == 0 && (own[length] == '\0' || own[length] == '/'))
		return snprintf(ret, size, "/%s", own[length] == '/' ? own + length + 1 : "") < (int)size;
	return p->conf.automount_enabled &&
	       snprintf(ret, size, HOST_ROOT "%s", strcmp(own, "/") == 0 ? "" : own) < (int)size;
}

static void find_directory(const struct options *o, const struct place *p, const struct user *u,
			   struct instance_program *program)
{
	static char own[PATH_MAX + 16];

	program->directory = o->directory;
	if (o->directory != NULL && strcmp(o->directory, "~") == 0) {
		program->directory = u->home;
	} else if (o->directory == NULL && !p->is_distro) {
		program->directory = "/";
	} else if (o->directory == NULL) {
		program->directory = find_own_directory(p, own, sizeof(own)) ? own : u->home;
		program->home_else = true;
	}
}

/* --- what ---------------------------------------------------------------------------------------------------------------- */

/* The user's shell by its own name, or with a dash in front as a login shell. */
static char **interactive_shell(const struct user *u, bool login)
{
	static char name[sizeof(u->shell) + 1];
	static char *words[] = {name, NULL};
	const char *slash = strrchr(u->shell, '/');

	snprintf(name, sizeof(name), "%s%s", login ? "-" : "", slash != NULL ? slash + 1 : u->shell);
	return words;
}

/* The shell with a line to execute, and words that the line may name. */
static char **shell_with(const struct user *u, bool login, const char *line, char **arguments)
{
	size_t count = 0, n = 0;
	char **words;

	while (arguments[count] != NULL)
		count++;
	words = calloc(count + 5, sizeof(*words));
	if (words == NULL)
		report_fatal("out of memory");
	words[n++] = (char *)(uintptr_t)u->shell;
	if (login)
		words[n++] = (char *)(uintptr_t) "-l";
	words[n++] = (char *)(uintptr_t) "-c";
	words[n++] = (char *)(uintptr_t)line;
	memcpy(words + n, arguments, count * sizeof(*words));
	return words;
}

/* A command's words go to it as they are, unless a shell is asked for. */
static char **find_words(const struct options *o, const struct user *u, const char **ret_path)
{
	bool asked = o->given[OPTION_SHELL_TYPE] && o->shell_type != SHELL_NONE;
	bool login = o->given[OPTION_SHELL_TYPE] && o->shell_type == SHELL_LOGIN;

	*ret_path = u->shell;
	if (o->shell_command != NULL)
		return shell_with(u, login, o->shell_command, o->command);
	if (o->command[0] == NULL)
		return interactive_shell(u, !o->given[OPTION_SHELL_TYPE] || login);
	if (asked && !o->exec)
		return shell_with(u, login, "\"$0\" \"$@\"", o->command);
	*ret_path = o->command[0];
	return o->command;
}

/* --- all ----------------------------------------------------------------------------------------------------------------- */

static char **make_environment(const struct options *o, const struct place *p, const struct user *u)
{
	bool has_host = !p->is_distro || p->conf.automount_enabled;
	struct environment_of of = {.root_fd = p->root_fd,
				    .user = u,
				    .distro = p->is_distro ? p->distro.name : NULL,
				    .paths = {.root = p->root, .host_root = has_host ? HOST_ROOT : NULL},
				    .extra = o->env};
	char **environment = environment_make(&of);

	if (environment == NULL)
		report_fatal("out of memory");
	return environment;
}

static int open_trace(const struct options *o)
{
	int fd;

	if (!o->trace)
		return -1;
	if (o->trace_file == NULL)
		return STDERR_FILENO;
	fd = open(o->trace_file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		report_fatal("cannot write the trace file '%s': %s", o->trace_file, strerror(errno));
	return fd;
}

static void warn(void *context, const char *sentence)
{
	(void)context;
	report("%s", sentence);
}

/* A distribution that starts: what is wrong with its configuration, and what it has to know of the machine. */
static void prepare(const struct instance_plan *plan, void *context)
{
	const struct place *p = context;
	struct wsl_conf conf;
	int r;

	wsl_conf_read(p->root_fd, &(struct config_warnings){.warn = warn}, &conf);
	r = machine_prepare(p->root_fd, &conf, plan->hostname, &machine_host);
	if (r < 0)
		report("cannot write what /etc of %s says of this machine: %s", p->distro.name, strerror(-r));
}

static NORETURN void become(const struct options *o, struct place *p, const struct user *u,
			    const struct nested_command *command)
{
	struct instance_plan plan = {.root = p->root, .gate = o->gate, .no_openat2 = o->no_openat2};
	struct instance_program program = {.path = command->path, .user = u, .trace = open_trace(o)};
	char resident[RESIDENT_PATH_MAX], hostname[65];
	struct message message;

	if (p->is_distro) {
		machine_hostname(&p->conf, hostname, sizeof(hostname));
		plan.distro = &p->distro;
		plan.hostname = hostname;
		plan.no_host = !p->conf.automount_enabled;
		plan.prepare = prepare;
		plan.context = p;
	}
	find_directory(o, p, u, &program);
	if (instance_enter(&plan, &program, resident, &message) < 0)
		report_fatal("%s", message.text);
	reserve_root(p->root_fd);
	execve(resident, command->words, command->environment);
	report_fatal("cannot execute %s: %s", resident, strerror(errno));
}

int run(const struct options *o)
{
	static struct place place;
	static struct user user;
	struct nested_command command;

	if (o->root != NULL)
		place.root_fd = open_root(o->root, place.root);
	else
		open_distribution(o, &place);
	find_user(o, &place, &user);
	command.words = find_words(o, &user, &command.path);
	command.environment = make_environment(o, &place, &user);
	if (nested_is_inside())
		nested_run(o, place.root, &user, &command);
	become(o, &place, &user, &command);
}
