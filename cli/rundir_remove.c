/*
 * Removing runtime directories. Guests can have made anything in there, deeper than any path or stack: directories are
 * moved up to the top one by one and emptied there, so nothing is ever open but the top and one below it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/guests.h"
#include "cli/rundir.h"
#include "cli/rundir_base.h"

/* How often the top is gone through: something is removed each time, or it is given up. */
#define PASSES 100000

/* How long guests that outlived their supervisor may take to die. */
#define SWEEP_MILLISECONDS 1000

/* A directory in dir, made accessible to us; no link. Its descriptor, or -1. */
static int open_directory(int dir, const char *name)
{
	int fd CLEANUP(host_close_at) = openat(dir, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[32];

	if (fd < 0)
		return -1;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	(void)chmod(path, 0700);
	return openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

/* Moves a directory up, under a name that is free there. */
static bool move_up(int dir, const char *name, int top, unsigned *serial)
{
	int fd = open_directory(dir, name);
	char up[32];

	/* To move a directory is to write to it: open_directory() has made that possible. */
	if (fd >= 0)
		close(fd);
	for (int i = 0; i < 100; i++) {
		snprintf(up, sizeof(up), ".%u", (*serial)++);
		if (renameat2(dir, name, top, up, RENAME_NOREPLACE) == 0)
			return true;
		if (errno == EINVAL && faccessat(top, up, F_OK, AT_SYMLINK_NOFOLLOW) < 0 &&
		    renameat(dir, name, top, up) == 0)
			return true;
		if (errno != EEXIST && errno != ENOTEMPTY && errno != EINVAL)
			return false;
	}
	return false;
}

/*
 * Removes what is in dir; directories in it that are not empty are moved to top (unless dir is top itself: those stay).
 * True if anything happened. Consumes dir.
 */
static bool empty(int dir, int top, unsigned *serial)
{
	DIR *d = fdopendir(dir);
	struct dirent *e;
	bool changed = false;

	if (d == NULL) {
		close(dir);
		return false;
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(dirfd(d), e->d_name, 0) == 0 || unlinkat(dirfd(d), e->d_name, AT_REMOVEDIR) == 0)
			changed = true;
		else if (move_up(dirfd(d), e->d_name, top, serial))
			changed = true;
	}
	closedir(d);
	return changed;
}

/* One pass over the directories at the top; false when there is nothing left, or nothing can be done. */
static bool empty_top(int top, unsigned *serial)
{
	int copy = openat(top, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	bool changed = false;

	if (d == NULL) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	while ((e = readdir(d)) != NULL) {
		int dir;

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (unlinkat(top, e->d_name, 0) == 0) {
			changed = true;
			continue;
		}
		dir = open_directory(top, e->d_name);
		if (dir >= 0 && empty(dir, top, serial))
			changed = true;
		if (unlinkat(top, e->d_name, AT_REMOVEDIR) == 0)
			changed = true;
	}
	closedir(d);
	return changed;
}

static bool remove_in(int base, const char *name)
{
	int top CLEANUP(host_close_at) = open_directory(base, name);
	unsigned serial = 0;

	if (top < 0)
		return false;
	for (int i = 0; i < PASSES && empty_top(top, &serial); i++)
		;
	return unlinkat(base, name, AT_REMOVEDIR) == 0;
}

/* The base that a directory is, open, or -1. */
static int open_if_base(const char *path)
{
	struct stat wanted, st;

	if (stat(path, &wanted) < 0)
		return -1;
	for (int i = 0; i < RUNDIR_BASES; i++) {
		int fd CLEANUP(host_close_at) = rundir_base_open(i);

		if (fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == wanted.st_dev && st.st_ino == wanted.st_ino)
			return take_fd(&fd);
	}
	return -1;
}

void rundir_remove(const char *path)
{
	int base CLEANUP(host_close_at) = -1;
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];

	if (path[0] != '/' || slash - path >= PATH_MAX || !rundir_is_name(slash + 1))
		return;
	snprintf(parent, sizeof(parent), "%.*s", (int)(slash - path), path);
	base = open_if_base(parent);
	if (base >= 0)
		(void)remove_in(base, slash + 1);
}

/* A process of the caller's. */
static bool is_alive(pid_t pid)
{
	return pid > 0 && kill(pid, 0) == 0;
}

/* The supervisor as the instance names it; 0 for one that was never completed or is of another version. */
static pid_t supervisor_of(int dir)
{
	int fd CLEANUP(host_close_at) = openat(dir, "shm", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct {
		uint64_t magic;
		uint32_t version;
	} head;
	pid_t pid;

	_Static_assert(offsetof(struct instance, magic) == 0 && offsetof(struct instance, version) == 8, "head");
	if (fd < 0 || pread(fd, &head, sizeof(head), 0) != sizeof(head))
		return 0;
	if (head.magic != INSTANCE_MAGIC || head.version != INSTANCE_VERSION ||
	    pread(fd, &pid, sizeof(pid), offsetof(struct instance, supervisor)) != sizeof(pid))
		return 0;
	return pid;
}

/* True if the supervisor began and has ended: what is left of the instance has no right to be. */
static bool owner_died(int dir)
{
	int fd CLEANUP(host_close_at) = openat(dir, "shm", O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct instance_head head;

	return fd >= 0 && pread(fd, &head, sizeof(head), 0) == sizeof(head) && head.magic == INSTANCE_MAGIC &&
	       (head.owner & FUTEX_OWNER_DIED) != 0;
}

/* Of processes in another pid namespace (a container with the same /tmp) nothing can be known. */
static bool is_of_our_pids(int dir)
{
	char there[64], here[64];

	return host_readlinkat(dir, "pidns", there, sizeof(there)) > 0 &&
	       host_readlinkat(AT_FDCWD, "/proc/self/ns/pid", here, sizeof(here)) > 0 && strcmp(there, here) == 0;
}

static bool is_stale(int base, const char *name)
{
	int dir CLEANUP(host_close_at) = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct rundir_alive alive;
	struct guests guests;

	if (dir < 0 || !is_of_our_pids(dir))
		return false;
	alive = rundir_alive(dir);
	if (alive.supervisor != 0 || alive.keeper != 0)
		return false;
	if (guests_of(dir, &guests) == 0 && owner_died(dir))
		return guests_kill(&guests, SWEEP_MILLISECONDS);
	if (is_alive(atoi(name + 1)) || is_alive(supervisor_of(dir)))
		return false;
	return guests_of(dir, &guests) < 0 || !guests_any(&guests);
}

static int sweep(int base)
{
	int copy = openat(base, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct dirent *e;
	int n = 0;

	if (d == NULL) {
		if (copy >= 0)
			close(copy);
		return 0;
	}
	while ((e = readdir(d)) != NULL)
		if (rundir_is_name(e->d_name) && is_stale(base, e->d_name) && remove_in(base, e->d_name))
			n++;
	closedir(d);
	return n;
}

int rundir_sweep(void)
{
	int n = 0;

	for (int i = 0; i < RUNDIR_BASES; i++) {
		int base CLEANUP(host_close_at) = rundir_base_open(i);

		if (base >= 0)
			n += sweep(base);
	}
	return n;
}
