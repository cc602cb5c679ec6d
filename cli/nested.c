/*
 * A run inside of a run. The filter is there already and every process is a guest, so there is nothing to make: the command
 * gets another root in the same instance. Unlike a run this process stays, because mounts have to be given back; stops,
 * signals and the end of the command are passed on, so that who waits for lxrun sees no difference.
 */
#include "cli/nested.h"

#include <dirent.h>
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <mntent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "cli/report.h"

#define NOT_FOUND      127
#define NOT_EXECUTABLE 126

bool nested_is_inside(void)
{
	return prctl(INSIDE_PRCTL, 0, 0, 0, 0) == INSIDE_ANSWER;
}

/*
 * Who binds or gives back the mounts of a root holds a lock on its directory, and who is about to live there until he
 * does: nobody's mounts are taken away by one who has just looked.
 */
static int lock_root(const char *root)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		report_fatal("cannot open the root directory '%s': %s", root, strerror(errno));
	while (flock(fd, LOCK_EX) < 0 && errno == EINTR)
		;
	return fd;
}

/* --- mounts ----------------------------------------------------------------------------------------------------------- */

static const char *const bound[] = {"/proc", "/sys", "/dev"};
/* What comes along with /dev has to be given back before it. */
static const char *const points[] = {"/dev/shm", "/dev/pts", "/dev", "/sys", "/proc"};

static void point_path(char *to, size_t size, const char *root, const char *point)
{
	if (snprintf(to, size, "%s%s", strcmp(root, "/") == 0 ? "" : root, point) >= (int)size)
		report_fatal("the root directory's path '%s' is too long", root);
}

static void give_mounts_back(const char *root)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(points); i++) {
		point_path(path, sizeof(path), root, points[i]);
		while (umount2(path, UMOUNT_NOFOLLOW) == 0)
			;
	}
}

/* Another lxrun has the same root, or had it and left somebody there. */
static bool is_mounted(const char *path)
{
	FILE *f = setmntent("/proc/self/mounts", "re");
	struct mntent *m;
	bool found = false;

	while (f != NULL && !found && (m = getmntent(f)) != NULL)
		found = strcmp(m->mnt_dir, path) == 0;
	if (f != NULL)
		endmntent(f);
	return found;
}

static void bind_mounts(const char *root)
{
	char path[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(bound); i++) {
		point_path(path, sizeof(path), root, bound[i]);
		if (lstat(path, &st) < 0 || !S_ISDIR(st.st_mode) || stat(bound[i], &st) < 0 || is_mounted(path))
			continue;
		if (mount(bound[i], path, NULL, MS_BIND | MS_REC, NULL) < 0) {
			int e = errno;

			give_mounts_back(root);
			report_fatal("cannot bind %s to '%s': %s", bound[i], path, strerror(e));
		}
	}
}

/* A process that has ended and that nobody has waited for has no root any more. */
static bool is_zombie(const char *pid)
{
	char path[300], line[512];
	const char *state;
	FILE *f;
	bool r = false;

	snprintf(path, sizeof(path), "/proc/%s/stat", pid);
	f = fopen(path, "re");
	if (f == NULL)
		return true;
	if (fgets(line, sizeof(line), f) != NULL) {
		state = strrchr(line, ')');
		r = state != NULL && strncmp(state, ") Z", 3) == 0;
	}
	fclose(f);
	return r;
}

/* True if a process (the command has ended) still has this root, or one below it. */
static bool is_lived_in(const char *root)
{
	size_t length = strlen(root);
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool found = false;

	while (d != NULL && !found && (e = readdir(d)) != NULL) {
		char link[300], at[PATH_MAX];
		ssize_t n;

		if (e->d_name[0] < '1' || e->d_name[0] > '9')
			continue;
		snprintf(link, sizeof(link), "/proc/%s/root", e->d_name);
		n = readlink(link, at, sizeof(at) - 1);
		if (n < 0)
			continue;
		at[n] = '\0';
		found = strncmp(at, root, length) == 0 && (at[length] == '\0' || at[length] == '/') &&
			!is_zombie(e->d_name);
	}
	if (d != NULL)
		closedir(d);
	return found;
}

/* --- the command ------------------------------------------------------------------------------------------------------- */

static const char *find_path(char *const *environment)
{
	for (; *environment != NULL; environment++)
		if (strncmp(*environment, "PATH=", 5) == 0)
			return *environment + 5;
	return "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
}

/* As execvp(3) without its shell: the best reason for a failure. */
static int execute(const struct nested_command *c)
{
	const char *dir = find_path(c->environment);
	int worst = ENOENT;

	if (c->path[0] == '\0' || strchr(c->path, '/') != NULL) {
		execve(c->path, c->words, c->environment);
		return errno;
	}
	for (;;) {
		const char *end = strchr(dir, ':');
		int n = (int)(end != NULL ? end - dir : (long)strlen(dir));
		char path[PATH_MAX];

		errno = ENAMETOOLONG;
		if (snprintf(path, sizeof(path), "%.*s%s%s", n, dir, n > 0 ? "/" : "", c->path) < (int)sizeof(path))
			execve(path, c->words, c->environment);
		if (errno == EACCES)
			worst = errno;
		else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG)
			return errno;
		if (end == NULL)
			return worst;
		dir = end + 1;
	}
}

static void become(const struct user *u)
{
	if (setgroups(u->group_count, u->groups) < 0 || setresgid(u->gid, u->gid, u->gid) < 0 ||
	    setresuid(u->uid, u->uid, u->uid) < 0)
		report_fatal("cannot become the user '%s': %s", u->name, strerror(errno));
}

static NORETURN void start(const struct options *o, const char *root, int lock, const struct user *u,
			   const struct nested_command *c)
{
	const char *directory = o->directory != NULL ? o->directory : "/";
	struct stat st;
	int e;

	if (chroot(root) < 0 || chdir("/") < 0)
		report_fatal("cannot enter the root directory '%s': %s", root, strerror(errno));
	(void)flock(lock, LOCK_UN);
	become(u);
	if (chdir(directory) < 0)
		report_fatal("cannot enter the directory %s: %s", directory, strerror(errno));
	e = execute(c);
	if (e == ENOENT || e == ENOTDIR) {
		if (strchr(c->path, '/') != NULL && lstat(c->path, &st) == 0)
			report("the interpreter is not found of %s", c->path);
		else
			report("command not found: %s", c->path);
		exit(NOT_FOUND);
	}
	report("cannot execute %s: %s", c->path, strerror(e));
	exit(NOT_EXECUTABLE);
}

/* --- waiting for it ----------------------------------------------------------------------------------------------------- */

static volatile pid_t child;

static void pass_on(int sig)
{
	if (child > 0)
		(void)kill(child, sig);
}

/* The terminal sends the first two to the command as well, the others come to this process alone. */
static const struct {
	int sig;
	sighandler_t action;
} taken[] = {
	{SIGINT, SIG_IGN},  {SIGQUIT, SIG_IGN}, {SIGHUP, pass_on},
	{SIGTERM, pass_on}, {SIGUSR1, pass_on}, {SIGUSR2, pass_on},
};

/* What the caller had set is what the command finds. */
static struct sigaction kept[ARRAY_SIZE(taken)];

static void take_signals(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++) {
		struct sigaction act = {.sa_handler = taken[i].action, .sa_flags = SA_RESTART};

		(void)sigaction(taken[i].sig, NULL, &kept[i]);
		if (kept[i].sa_handler != SIG_IGN)
			(void)sigaction(taken[i].sig, &act, NULL);
	}
}

static void give_signals_back(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(taken); i++)
		(void)sigaction(taken[i].sig, &kept[i], NULL);
}

static int wait_for_end(void)
{
	int status;

	for (;;) {
		if (waitpid(child, &status, WUNTRACED) < 0) {
			if (errno != EINTR)
				report_fatal("cannot wait for the command: %s", strerror(errno));
			continue;
		}
		if (!WIFSTOPPED(status))
			return status;
		/* Who waits for this process waits for a stop; when it goes on, so does the command. */
		(void)kill(getpid(), SIGSTOP);
		(void)kill(child, SIGCONT);
	}
}

static NORETURN void end_like(int status)
{
	static const struct rlimit no_core;

	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	(void)setrlimit(RLIMIT_CORE, &no_core);
	(void)signal(WTERMSIG(status), SIG_DFL);
	(void)kill(getpid(), WTERMSIG(status));
	exit(128 + WTERMSIG(status));
}

NORETURN void nested_run(const struct options *o, const char *root, const struct user *user,
			 const struct nested_command *command)
{
	int status, fd;

	if (o->trace)
		report_fatal("--trace belongs to the lxrun that this one is inside of");
	if (geteuid() != 0)
		report_fatal("inside of lxrun only root can start another one");
	fd = lock_root(root);
	bind_mounts(root);
	take_signals();
	child = fork();
	if (child < 0) {
		give_mounts_back(root);
		report_fatal("cannot start a process: %s", strerror(errno));
	}
	if (child == 0) {
		give_signals_back();
		start(o, root, fd, user, command);
	}
	close(fd);
	status = wait_for_end();
	fd = lock_root(root);
	if (!is_lived_in(root))
		give_mounts_back(root);
	close(fd);
	end_like(status);
}
