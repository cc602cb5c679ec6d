#include "cli/guests.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"

/* Between passes that found somebody. The first ones follow at once: who has been killed is gone in no time. */
#define PAUSE_MILLISECONDS 5

int guests_of(int dir, struct guests *ret)
{
	struct stat st;

	if (fstatat(dir, "resident", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return -errno;
	*ret = (struct guests){.device = st.st_dev, .inode = st.st_ino};
	return 0;
}

static bool is_guest(const struct guests *g, int proc, const char *pid)
{
	struct stat st;
	char exe[32];

	snprintf(exe, sizeof(exe), "%.16s/exe", pid);
	return fstatat(proc, exe, &st, 0) == 0 && st.st_dev == g->device && st.st_ino == g->inode;
}

/*
 * Calls f for each guest that one pass over /proc finds; false from f ends the pass. Processes that are born meanwhile have
 * higher numbers, so this finds them too. How many there were, or -errno.
 */
static int for_each(const struct guests *g, bool (*f)(int proc, const char *pid, void *context), void *context)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool more = true;
	int n = 0;

	if (d == NULL)
		return -errno;
	while (more && (e = readdir(d)) != NULL)
		if (e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_guest(g, dirfd(d), e->d_name)) {
			n++;
			more = f(dirfd(d), e->d_name, context);
		}
	closedir(d);
	return n;
}

static bool stop(int proc, const char *pid, void *context)
{
	(void)proc;
	(void)pid;
	(void)context;
	return false;
}

bool guests_any(const struct guests *g)
{
	/* Unknown is yes. */
	return for_each(g, stop, NULL) != 0;
}

struct sending {
	const struct guests *to;
	int sig;
};

/* The number may be another process's by now: what has been opened is looked at again. */
static bool send_one(int proc, const char *pid, void *context)
{
	const struct sending *s = context;
	int fd CLEANUP(host_close_at) = (int)syscall(SYS_pidfd_open, atoi(pid), 0);

	if (fd >= 0 && is_guest(s->to, proc, pid))
		(void)syscall(SYS_pidfd_send_signal, fd, s->sig, NULL, 0);
	else if (fd < 0 && (errno == EMFILE || errno == ENFILE || errno == ENOMEM))
		(void)kill(atoi(pid), s->sig);
	return true;
}

int guests_signal(const struct guests *g, int sig)
{
	struct sending s = {.to = g, .sig = sig};

	return for_each(g, send_one, &s);
}

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool guests_kill(const struct guests *g, int milliseconds)
{
	const int64_t end = now() + milliseconds;

	for (int pass = 0; guests_signal(g, SIGKILL) > 0; pass++) {
		if (now() > end)
			return false;
		/* Who forks as fast as he can is given no time for it. */
		if (pass > 2)
			(void)poll(NULL, 0, PAUSE_MILLISECONDS);
	}
	return true;
}

/* The number of the controlling terminal, 0 for none: the seventh field of /proc/PID/stat. */
static dev_t terminal_of(int proc, const char *pid)
{
	char name[32], text[512];
	const char *at;
	unsigned number = 0;
	ssize_t n;
	int fd CLEANUP(host_close_at) = -1;

	snprintf(name, sizeof(name), "%.16s/stat", pid);
	fd = openat(proc, name, O_RDONLY | O_CLOEXEC);
	n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
	if (n <= 0)
		return 0;
	text[n] = '\0';
	at = strrchr(text, ')');
	if (at == NULL || sscanf(at, ") %*c %*d %*d %*d %u", &number) != 1)
		return 0;
	/* The kernel's own form of it, in 32 bits. */
	return makedev(number >> 8 & 0xfff, (number & 0xff) | (number >> 12 & 0xfff00));
}

/* One that belongs to somebody else, as after su(1), cannot be opened anew; the process's own descriptor may be had. */
static int copy_descriptor(const char *pid, int number)
{
	int process CLEANUP(host_close_at) = (int)syscall(SYS_pidfd_open, atoi(pid), 0);

	return process < 0 ? -1 : (int)syscall(SYS_pidfd_getfd, process, number, 0);
}

/* Through one of the process's own descriptors, since it may be in a /dev that is not ours; else by its usual name. */
static int open_terminal(int proc, const char *pid, dev_t device)
{
	char name[48];
	struct stat st;
	int fd = -1;

	for (int i = 0; fd < 0 && i < 3; i++) {
		snprintf(name, sizeof(name), "%.16s/fd/%d", pid, i);
		if (fstatat(proc, name, &st, 0) != 0 || !S_ISCHR(st.st_mode) || st.st_rdev != device)
			continue;
		fd = openat(proc, name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
		if (fd < 0)
			fd = copy_descriptor(pid, i);
	}
	if (fd >= 0)
		return fd;
	snprintf(name, sizeof(name), "/dev/pts/%u", minor(device));
	if (stat(name, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == device)
		return open(name, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return -1;
}

static bool note_terminal(int proc, const char *pid, void *context)
{
	struct terminals *t = context;
	dev_t device = terminal_of(proc, pid);
	int fd;

	for (unsigned i = 0; i < t->count; i++)
		if (t->devices[i] == device)
			return true;
	if (device == 0 || t->count == TERMINALS_MAX)
		return true;
	fd = open_terminal(proc, pid, device);
	if (fd < 0)
		return true;
	t->devices[t->count] = device;
	t->fds[t->count++] = fd;
	return true;
}

void terminals_find(const struct guests *g, struct terminals *ret)
{
	ret->count = 0;
	(void)for_each(g, note_terminal, ret);
}

void terminals_say(struct terminals *t, const char *sentence)
{
	char line[512];
	int n = snprintf(line, sizeof(line), "\r\nlxrun: %.400s\r\n", sentence);

	while (t->count > 0) {
		int fd = t->fds[--t->count];
		struct pollfd ready = {.fd = fd, .events = POLLOUT};

		/* One that somebody has stopped is not waited for. */
		if (poll(&ready, 1, 0) > 0 && (ready.revents & POLLOUT) != 0)
			(void)!write(fd, line, (size_t)n);
		close(fd);
	}
}
