/*
 * Opening without following links: openat2, and what does the same where there is none.
 *
 * The walk holds a descriptor per step and never opens "..": since no link was passed, ".." is the directory that the
 * walk came from, and walking there again from the base is the one way that a directory moved meanwhile cannot mislead.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/str.h"
#include "vfs/internal.h"

/* Of a directory and something else that take turns at a name. */
#define RACES_MAX 1000
#define STEP      (O_PATH | O_NOFOLLOW | O_CLOEXEC)

struct steps {
	const struct vfs_ns *ns;
	int dir;
	uint64_t resolve;
	dev_t device; /* of the base, for RESOLVE_NO_XDEV */
	char path[WALK_PATH + MOUNT_SOURCE_MAX];
};

/* The call that opens the object itself may wait: the caller has a way to let signals in. */
static long call(const struct vfs_ns *ns, long nr, int flags, const uint64_t a[6])
{
	if (ns->open_call != NULL && (flags & O_PATH) == 0)
		return ns->open_call(ns->open_call_arg, nr, a);
	return host_syscall(nr, (long)a[0], (long)a[1], (long)a[2], (long)a[3], (long)a[4], (long)a[5]);
}

static int call_openat(const struct vfs_ns *ns, int dir, const char *path, int flags, mode_t mode)
{
	const uint64_t a[6] = {(uint64_t)dir, (uintptr_t)path, (uint64_t)flags, mode};

	return (int)call(ns, SYS_openat, flags, a);
}

static int call_openat2(const struct vfs_ns *ns, int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	const struct open_how how = {.flags = (unsigned)flags, .mode = mode, .resolve = resolve};
	const uint64_t a[6] = {(uint64_t)dir, (uintptr_t)path, (uintptr_t)&how, sizeof(how)};

	return (int)call(ns, SYS_openat2, flags, a);
}

int plain_open(const struct vfs_ns *ns, const char *path, int flags, mode_t mode)
{
	return call_openat(ns, AT_FDCWD, path, flags, mode);
}

static bool is_link(int dir, const char *name)
{
	struct stat st;

	return host_fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode);
}

static int same_device(const struct steps *s, int fd)
{
	struct stat st;
	int r;

	if ((s->resolve & RESOLVE_NO_XDEV) == 0)
		return 0;
	r = host_fstat(fd, &st);
	if (r < 0)
		return r;
	return st.st_dev == s->device ? 0 : -EXDEV;
}

/* The directory `name` in dir, which is consumed if it is not the base. */
static int step_down(const struct steps *s, int *dir, const char *name)
{
	int fd CLEANUP(host_close_at) = -1;
	struct stat st = {0};
	int r;

	/* It may have become a directory since it was none. */
	for (unsigned i = 0; i < RACES_MAX; i++) {
		fd = host_openat(*dir, name, STEP | O_DIRECTORY, 0);
		if (fd != -ENOTDIR || host_fstatat(*dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
			break;
	}
	if (fd < 0)
		return fd == -ENOTDIR && S_ISLNK(st.st_mode) ? -ELOOP : fd;
	r = same_device(s, fd);
	if (r < 0)
		return r;
	if (*dir != s->dir)
		host_close(*dir);
	*dir = take_fd(&fd);
	return 0;
}

/* Opens the last component. */
static int step_last(const struct vfs_ns *ns, int dir, char *name, bool slash, int flags, mode_t mode)
{
	bool follow = slash || (flags & O_NOFOLLOW) == 0;
	struct stat st;
	int fd;

	if (slash && (flags & O_CREAT) != 0) {
		fd = host_fstatat(dir, "", &st, AT_EMPTY_PATH);
		if (fd < 0)
			return fd;
		return S_ISDIR(st.st_mode) ? -EISDIR : -ENOTDIR;
	}
	fd = call_openat(ns, dir, name, flags | O_NOFOLLOW | (slash ? O_DIRECTORY : 0), mode);
	if (fd == -ENOTDIR && follow && is_link(dir, name))
		return -ELOOP;
	if (fd >= 0 && follow && (flags & O_PATH) != 0 && host_fstat(fd, &st) == 0 && S_ISLNK(st.st_mode)) {
		host_close(fd);
		return -ELOOP;
	}
	return fd;
}

/* Walks path, which has no "..", and opens its end. path comes back unchanged. */
static int walk_steps(const struct steps *s, char *path, int flags, mode_t mode)
{
	int dir = s->dir, r = 0;
	struct component c = path_component(path, 0), next;

	if (c.length == 0 && path[0] == '/' && (flags & O_CREAT) != 0)
		return -EISDIR;
	if (c.length == 0)
		return call_openat(s->ns, dir, ".", flags & ~O_NOFOLLOW, mode);
	for (; r == 0; c = next) {
		char *end = path + c.at + c.length, kept = *end;

		next = path_component(path, c.at + c.length);
		*end = '\0';
		if (next.length == 0)
			r = step_last(s->ns, dir, path + c.at, kept == '/', flags, mode);
		else if (!component_is(path, c, "."))
			r = step_down(s, &dir, path + c.at);
		*end = kept;
		if (next.length == 0)
			break;
	}
	if (r >= 0 && same_device(s, r) < 0) {
		host_close(r);
		r = -EXDEV;
	}
	if (dir != s->dir)
		host_close(dir);
	return r;
}

/* Takes the first ".." out of the path, when what stands before it is a directory. 1 if there was one. */
static int drop_dotdot(struct steps *s)
{
	struct component c = path_dotdot(s->path);
	char kept;
	int fd;

	if (c.length == 0)
		return 0;
	kept = s->path[c.at];
	s->path[c.at] = '\0';
	fd = walk_steps(s, s->path, STEP | O_DIRECTORY, 0);
	s->path[c.at] = kept;
	if (fd < 0)
		return fd;
	host_close(fd);
	if (!path_collapse(s->path, c) && (s->resolve & RESOLVE_IN_ROOT) == 0)
		return -EXDEV;
	return 1;
}

/* Linux's flags for open(2): openat2 refuses what open ignores. */
static int openable(int flags)
{
	const int valid = O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_DSYNC | O_SYNC |
			  O_ASYNC | O_DIRECT | O_LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |
			  O_TMPFILE;

	if ((flags & O_PATH) != 0)
		return flags & (O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return flags & valid;
}

__attribute__((noinline)) static int open_by_steps(const struct vfs_ns *ns, int dir, const char *path, size_t trusted,
						   int flags, mode_t mode, uint64_t resolve)
{
	int base CLEANUP(host_close_at) = -1;
	struct steps s;
	struct stat st;
	int r;

	if ((resolve & RESOLVE_CACHED) != 0)
		return -EAGAIN;
	s.ns = ns;
	s.dir = dir;
	s.resolve = resolve;
	memcpy(s.path, path, strlen(path) + 1);
	if (path[0] == '/' && trusted == 0)
		trusted = 1;
	if (trusted > 0) {
		char kept = s.path[trusted];

		s.path[trusted] = '\0';
		base = host_openat(dir, s.path, O_PATH | O_CLOEXEC, 0);
		s.path[trusted] = kept;
		if (base < 0)
			return base;
		s.dir = base;
		memmove(s.path, s.path + trusted, strlen(s.path + trusted) + 1);
		/* A mount of a file. */
		if (s.path[0] == '\0')
			return call_openat(ns, dir, path, flags, mode);
	}
	if ((resolve & RESOLVE_NO_XDEV) != 0) {
		r = host_fstatat(s.dir, "", &st, AT_EMPTY_PATH);
		if (r < 0)
			return r;
		s.device = st.st_dev;
	}
	do
		r = drop_dotdot(&s);
	while (r > 0);
	return r < 0 ? r : walk_steps(&s, s.path, flags, mode);
}

/* openat2 can answer EPERM of its own (O_NOATIME, immutable files); a container's filter answers it always. */
static bool refused(void)
{
	int fd = host_openat2(AT_FDCWD, "/", O_PATH | O_CLOEXEC, 0, 0);

	if (fd >= 0)
		host_close(fd);
	return fd == -EPERM || fd == -ENOSYS;
}

int guard_open(const struct vfs_ns *ns, int dir, const char *path, size_t trusted, int flags, mode_t mode,
	       uint64_t resolve)
{
	struct instance *in = ns->in;
	int r;

	flags = openable(flags);
	mode = (flags & (O_CREAT | OPEN_TMPFILE)) != 0 ? mode & 07777 : 0;
	resolve |= RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS;
	if ((in->features & INSTANCE_NO_OPENAT2) == 0 && strlen(path) < PATH_MAX) {
		r = call_openat2(ns, dir, path, flags, mode, resolve);
		if ((r != -ENOSYS && r != -EPERM) || !refused())
			return r;
		__atomic_fetch_or(&in->features, INSTANCE_NO_OPENAT2, __ATOMIC_RELAXED);
	}
	return open_by_steps(ns, dir, path, trusted, flags, mode, resolve);
}
