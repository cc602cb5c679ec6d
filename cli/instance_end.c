#include "cli/instance_end.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/guests.h"
#include "cli/instance.h"
#include "cli/vm.h"

/* Together less than the five seconds that ending takes at most. */
#define LOCK_MILLISECONDS       700
#define ORDER_MILLISECONDS      2400 /* for the supervisor to do it: a second for the programs, then SIGKILL */
#define DEATH_MILLISECONDS      300
#define KILL_MILLISECONDS       1200
#define IDLE_MILLISECONDS       1500

#define LOCK_PAUSE_MILLISECONDS 4

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int instance_root(const struct distro *d, char *ret, size_t size)
{
	char path[PATH_MAX], real[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/rootfs", d->location) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	if (realpath(path, real) == NULL)
		return -errno;
	if (strlen(real) >= size)
		return -ENAMETOOLONG;
	strcpy(ret, real);
	return 0;
}

int instance_lock(const struct distro *d, int milliseconds)
{
	int fd CLEANUP(host_close_at) = open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const int64_t end = now() + milliseconds;

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return -errno;
		if (now() >= end)
			return -EWOULDBLOCK;
		(void)poll(NULL, 0, LOCK_PAUSE_MILLISECONDS);
	}
	return take_fd(&fd);
}

/* The runtime directory of the distribution, for a process that does not need its root to be there. */
static int find(const struct distro *d, char *ret_path)
{
	char root[PATH_MAX];

	return instance_root(d, root, sizeof(root)) == 0 ? rundir_find(d->id, root, ret_path) : -ENOENT;
}

bool instance_is_running(const struct distro *d)
{
	char path[PATH_MAX];
	int dir CLEANUP(host_close_at) = -1;

	if (d->version == 2)
		return vm_is_running(d);
	dir = find(d, path);
	return dir >= 0 && rundir_alive(dir).supervisor != 0;
}

/* A pidfd of one that is alive and holds its lock in dir; -1 if it does not, or no more. */
static int open_alive(int dir, bool keeper)
{
	struct rundir_alive before = rundir_alive(dir), after;
	pid_t pid = keeper ? before.keeper : before.supervisor;
	int fd CLEANUP(host_close_at) = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;

	after = rundir_alive(dir);
	return fd >= 0 && pid == (keeper ? after.keeper : after.supervisor) ? take_fd(&fd) : -1;
}

static void send_signal(int pidfd, int sig)
{
	if (pidfd >= 0)
		(void)syscall(SYS_pidfd_send_signal, pidfd, sig, NULL, 0);
}

/* True if it has ended. */
static bool wait_for(int pidfd, int milliseconds)
{
	struct pollfd p = {.fd = pidfd, .events = POLLIN};

	return pidfd < 0 || poll(&p, 1, milliseconds) > 0;
}

/* Whoever is there, in whatever state, and what they would do themselves if they could. */
static int end_by_force(const struct distro *d, int dir, const char *path)
{
	int supervisor CLEANUP(host_close_at) = open_alive(dir, false);
	int keeper CLEANUP(host_close_at) = open_alive(dir, true);
	struct terminals terminals = {.count = 0};
	struct guests guests;
	char sentence[400];
	bool ended = true;
	bool known = guests_of(dir, &guests) == 0;

	if (known)
		terminals_find(&guests, &terminals);
	snprintf(sentence, sizeof(sentence), "%.256s was terminated", d->name);
	terminals_say(&terminals, sentence);
	/* The supervisor would start another keeper, and the keeper say that the supervisor was killed. */
	send_signal(supervisor, SIGSTOP);
	send_signal(keeper, SIGKILL);
	send_signal(supervisor, SIGKILL);
	(void)!wait_for(supervisor, DEATH_MILLISECONDS);
	(void)!wait_for(keeper, DEATH_MILLISECONDS);
	if (known)
		ended = guests_kill(&guests, KILL_MILLISECONDS);
	rundir_withdraw(d->id, path);
	rundir_remove(path);
	return ended ? 1 : -EBUSY;
}

int instance_end_locked(const struct distro *d, bool force)
{
	char path[PATH_MAX];
	int dir CLEANUP(host_close_at) = find(d, path);
	int supervisor CLEANUP(host_close_at) = -1;

	if (dir < 0)
		return 0;
	supervisor = open_alive(dir, false);
	if (!force && supervisor >= 0) {
		send_signal(supervisor, SIGTERM);
		send_signal(supervisor, SIGCONT);
		if (wait_for(supervisor, ORDER_MILLISECONDS))
			return 1;
	}
	return end_by_force(d, dir, path);
}

bool instance_end_idle(const struct distro *d)
{
	char path[PATH_MAX];
	int dir CLEANUP(host_close_at) = -1, supervisor CLEANUP(host_close_at) = -1;
	struct guests guests;

	if (d->version == 2)
		return vm_end_idle(d);
	dir = find(d, path);
	supervisor = dir >= 0 ? open_alive(dir, false) : -1;
	if (supervisor < 0)
		return !instance_is_running(d);
	/* One of an older lxrun ends by the signal, whoever is there. */
	if (guests_of(dir, &guests) < 0 || guests_any(&guests))
		return false;
	send_signal(supervisor, INSTANCE_SIGNAL_IDLE);
	return wait_for(supervisor, IDLE_MILLISECONDS);
}

int instance_end(const struct distro *d, bool force, struct message *message)
{
	int lock UNUSED CLEANUP(host_close_at) = -1;
	int r;

	if (d->version == 2)
		return vm_end(d, force, message);
	/* Who has the lock and does not give it back is not waited for. */
	lock = instance_lock(d, LOCK_MILLISECONDS);
	r = instance_end_locked(d, force);
	if (r == -EBUSY)
		snprintf(message->text, sizeof(message->text),
			 "processes of %s wait in the kernel and cannot be ended; they are gone when that is over",
			 d->name);
	return r;
}
