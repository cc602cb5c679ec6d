/*
 * The plain kernel as a side. The distribution's files are the lower part of an overlay, so nothing that a test does reaches them;
 * what it does to mounts, names, IPC objects and the network ends with namespaces that are made for it. A holder, a child that
 * waits, keeps those; each command enters them in a pid namespace of its own, which ends all that it left.
 */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/attr.h"
#include "cli/compat/compat.h"
#include "cli/report.h"

#define SHARED (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET)
/* Where the root is, in the holder's mount namespace only. */
#define ROOT "/tmp/root"

static bool make_root(const char *root)
{
	/* By its descriptor: it may be below what is mounted over, and a colon in its path would end it. */
	char options[128];
	int fd;

	if (unshare(SHARED) < 0)
		return false;
	fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	(void)snprintf(options, sizeof(options), "lowerdir=/proc/self/fd/%d,upperdir=/tmp/upper,workdir=/tmp/work", fd);
	return side_raise_loopback() && fd >= 0 && mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("none", "/tmp", "tmpfs", 0, "mode=755") == 0 && mkdir(ROOT, 0755) == 0 &&
	       mkdir("/tmp/upper", 0755) == 0 && mkdir("/tmp/work", 0755) == 0 &&
	       mount("none", ROOT, "overlay", 0, options) == 0 &&
	       mount("/sys", ROOT "/sys", NULL, MS_BIND | MS_REC, NULL) == 0 &&
	       mount("/dev", ROOT "/dev", NULL, MS_BIND | MS_REC, NULL) == 0 &&
	       mount("none", ROOT "/tmp", "tmpfs", 0, "mode=1777") == 0;
}

bool native_begin(struct side *s, const char *root)
{
	int ends[2];
	char said;

	memset(s, 0, sizeof(*s));
	if (geteuid() != 0 || pipe2(ends, O_CLOEXEC) < 0)
		return false;
	s->holder = fork();
	if (s->holder == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)close(ends[0]);
		if (!make_root(root))
			_exit(1);
		(void)write(ends[1], "y", 1);
		(void)close(ends[1]);
		for (;;)
			(void)pause();
	}
	(void)close(ends[1]);
	if (s->holder < 0 || read(ends[0], &said, 1) != 1) {
		(void)close(ends[0]);
		native_end(s);
		return false;
	}
	(void)close(ends[0]);
	return true;
}

void native_end(struct side *s)
{
	if (s->holder <= 0)
		return;
	(void)kill(s->holder, SIGKILL);
	(void)waitpid(s->holder, NULL, 0);
	s->holder = 0;
}

static void join(pid_t holder, const char *kind)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/%s", holder, kind);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, 0) < 0)
		report_fatal("cannot enter the plain kernel's side: %s", strerror(errno));
	(void)close(fd);
}

void native_enter(const struct side *s)
{
	static const char *const kinds[] = {"ipc", "uts", "net", "mnt"};
	int status;
	pid_t pid;

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		join(s->holder, kinds[i]);
	if (unshare(CLONE_NEWPID | CLONE_NEWNS) < 0 || (pid = fork()) < 0)
		report_fatal("cannot enter the plain kernel's side: %s", strerror(errno));
	if (pid > 0) {
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		_exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
	}
	if (mount("proc", ROOT "/proc", "proc", 0, NULL) < 0 || chroot(ROOT) < 0 || chdir("/") < 0)
		report_fatal("cannot enter the plain kernel's side: %s", strerror(errno));
	(void)clearenv();
	(void)setenv("PATH", "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", 1);
	(void)setenv("HOME", "/root", 1);
	(void)setenv("USER", "root", 1);
	(void)setenv("LANG", "C.UTF-8", 1);
}
