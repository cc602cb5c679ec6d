#include <errno.h>
#include <fcntl.h>
#include <mntent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "cli/below.h"
#include "cli/own.h"
#include "cli/report.h"

/* A file system that does not answer must not keep the distribution from starting. */
#define MOUNT_MILLISECONDS 10000

struct own {
	const struct instance_plan *plan;
	const char *runtime;
	struct site place; /* a copy: the descriptor of the root is given away */
	char **environment;
	int log;
};

/* --- the log ------------------------------------------------------------------------------------------------------------ */

/* A new one for each start; -errno. */
static int open_log(int root_fd)
{
	char directory[] = OWN_LOG;
	char *name = strrchr(directory, '/');
	int dir CLEANUP(host_close_at) = -1;
	int fd;

	*name++ = '\0';
	dir = below_open(root_fd, directory, O_DIRECTORY);
	if (dir < 0)
		return dir;
	(void)unlinkat(dir, name, 0);
	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	(void)fchmod(fd, 0644);
	return fd;
}

static void note(int log, const char *what)
{
	time_t t = time(NULL);
	char when[64] = "";
	struct tm tm;

	if (localtime_r(&t, &tm) != NULL)
		(void)strftime(when, sizeof(when), "%Y-%m-%d %H:%M:%S", &tm);
	(void)dprintf(log, "%s lxrun: %s\n", when, what);
}

/* --- a program without a terminal ----------------------------------------------------------------------------------------- */

/* Nothing of the caller's is left: its files, its terminal, its signals. */
static void leave_caller(const struct own *w)
{
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)setsid();
	(void)umask(022);
	(void)dup2(null, STDIN_FILENO);
	(void)dup2(w->log >= 0 ? w->log : null, STDOUT_FILENO);
	(void)dup2(w->log >= 0 ? w->log : null, STDERR_FILENO);
	(void)close_range(3, RESERVED_FD - 1, 0);
	(void)close_range(RESERVED_FD + 1, ~0u, 0);
}

static NORETURN void become(struct own *w, const char *path, char **words)
{
	static struct user root;
	struct instance_program program = {.path = path, .directory = "/", .user = &root, .trace = -1};
	char resident[RESIDENT_PATH_MAX];
	struct message message;

	if (user_find(w->place.root_fd, "0", &root) < 0)
		report_fatal("there is no user 0");
	site_reserve_root(&w->place);
	leave_caller(w);
	if (instance_join(w->plan, &program, w->runtime, resident, &message) < 0)
		report_fatal("%s", message.text);
	execve(resident, words, w->environment);
	report_fatal("cannot execute %s: %s", resident, strerror(errno));
}

/* --- fstab ---------------------------------------------------------------------------------------------------------------- */

/* True if there is something that `mount -a` would mount. */
static bool has_fstab(int root_fd)
{
	FILE *f CLEANUP(below_close) = below_fopen(root_fd, "/etc/fstab");
	const struct mntent *m;

	while (f != NULL && (m = getmntent(f)) != NULL)
		if (hasmntopt(m, "noauto") == NULL && strcmp(m->mnt_type, "swap") != 0 && strcmp(m->mnt_dir, "/") != 0)
			return true;
	return false;
}

/* Its exit status; -1 if it had to be killed. */
static int wait_for(pid_t pid, int milliseconds)
{
	int fd CLEANUP(host_close_at) = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd p = {.fd = fd, .events = POLLIN};
	int status;

	if (poll(&p, 1, milliseconds) <= 0)
		(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void mount_fstab(struct own *w)
{
	static char mount[] = "mount", all[] = "-a";
	static char *words[] = {mount, all, NULL};
	pid_t child;

	note(w->log, "mount -a");
	child = fork();
	if (child == 0)
		become(w, mount, words);
	if (child < 0 || wait_for(child, MOUNT_MILLISECONDS) != 0)
		report("not all of /etc/fstab of %s could be mounted: its " OWN_LOG " tells more",
		       w->place.distro.name);
}

/* --- boot.command --------------------------------------------------------------------------------------------------------- */

/* Not a child of this process, which becomes somebody's program and has no children. */
static void start_command(struct own *w)
{
	static char shell[] = "sh", option[] = "-c";
	char *words[] = {shell, option, w->place.conf.boot_command, NULL};
	pid_t child;

	note(w->log, w->place.conf.boot_command);
	child = fork();
	if (child == 0) {
		child = fork();
		if (child == 0)
			become(w, "/bin/sh", words);
		_exit(child < 0 ? errno : 0);
	}
	if (child < 0 || wait_for(child, MOUNT_MILLISECONDS) != 0)
		report("cannot start boot.command of %s: there are too many processes", w->place.distro.name);
}

void own_boot(const struct instance_plan *plan, const char *runtime, const struct site *p, char **environment)
{
	bool mounts = p->conf.automount_fstab && has_fstab(p->root_fd), command = p->conf.boot_command[0] != '\0';
	struct own *w = mounts || command ? calloc(1, sizeof(*w)) : NULL;

	if (w == NULL)
		return;
	*w = (struct own){.plan = plan, .runtime = runtime, .place = *p, .environment = environment};
	w->log = open_log(p->root_fd);
	if (w->log < 0)
		report("cannot write " OWN_LOG " of %s: %s", p->distro.name, strerror(-w->log));
	if (mounts)
		mount_fstab(w);
	if (command)
		start_command(w);
	if (w->log >= 0)
		close(w->log);
	free(w);
}
