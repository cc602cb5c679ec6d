/* open(2) and its kin. */
#include <errno.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/permission.h"
#include "vfs/seen.h"

#define RESOLVE_KNOWN                                                                                        \
	(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | RESOLVE_IN_ROOT | \
	 RESOLVE_CACHED)

/* In a place that may not be written to, what is there can still be opened. */
static int open_read_only(struct walk *w, int flags)
{
	int fd CLEANUP(host_close_at) = -1;
	bool write = (flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0;
	struct stat st;
	int r;

	if ((flags & O_CREAT) != 0 && path_last(w->place.path).slash)
		return -EISDIR;
	fd = place_open(w, O_PATH | O_CLOEXEC | (flags & (O_NOFOLLOW | O_DIRECTORY)), 0);
	if (fd < 0)
		return fd == -ENOENT && (flags & O_CREAT) != 0 ? -EROFS : fd;
	if ((flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL))
		return -EEXIST;
	r = host_fstat(fd, &st);
	if (r < 0)
		return r;
	if ((flags & OPEN_TMPFILE) != 0)
		return -EROFS;
	if (S_ISDIR(st.st_mode) && (write || (flags & O_CREAT) != 0))
		return -EISDIR;
	/* Devices, FIFOs and sockets can be written to on any file system. */
	if (write && S_ISREG(st.st_mode))
		return -EROFS;
	return place_open(w, flags & ~(O_CREAT | O_EXCL | O_TRUNC), 0);
}

/* What is there already, in a sticky directory, for who is asked nothing else. */
__attribute__((noinline)) static int check_sticky(struct walk *w, const char *parent)
{
	int fd CLEANUP(host_close_at) = place_open(w, O_PATH | O_CLOEXEC | O_NOFOLLOW, 0);
	struct owner o;
	struct stat st;

	if (fd < 0 || host_fstat(fd, &st) < 0 || S_ISLNK(st.st_mode))
		return 0;
	owner_get(w->ns, fd, w->place.tree, &st, &o);
	return permission_sticky(w->ns, w->place.dir, parent, w->place.tree, &o);
}

/* A place where something may be made. The new file is made first, so that it is known to be new and gets its owner. */
__attribute__((noinline)) static int create(struct walk *w, int flags, mode_t mode)
{
	const struct vfs_ns *ns = w->ns;
	struct place *p = &w->place;
	char buf[PATH_MAX];
	const char *parent = place_parent(p, buf, sizeof(buf));
	struct owner new;
	int fd, r;

	if (p->tree == TREE_HOST || p->in_proc || p->magic || parent == NULL)
		return place_open(w, flags, mode);
	owner_of_new(ns, p->dir, parent, p->tree, S_IFREG | (mode & 07777), &new);
	if (new.in_sticky && !w->checked && (flags & O_EXCL) == 0) {
		r = check_sticky(w, parent);
		if (r < 0)
			return r;
	}
	if (!owner_needs_finish(&new))
		return place_open(w, flags, mode);

	fd = place_open(w, flags | O_EXCL, owner_host_mode(new.mode, true));
	if (fd == -EEXIST && (flags & O_EXCL) == 0)
		return place_open(w, flags, owner_host_mode(new.mode, false));
	if (fd < 0)
		return fd;
	r = owner_finish_new(ns, fd, p->tree, &new);
	if (r < 0) {
		host_close(fd);
		return r;
	}
	return fd;
}

/* O_TMPFILE: always new. */
static int create_temporary(struct walk *w, int flags, mode_t mode)
{
	struct place *p = &w->place;
	struct owner new;
	int fd, r;

	if (p->tree == TREE_HOST)
		return place_open(w, flags, mode);
	owner_of_new(w->ns, p->dir, p->path, p->tree, S_IFREG | (mode & 07777), &new);
	if (!owner_needs_finish(&new))
		return place_open(w, flags, mode);
	fd = place_open(w, flags, owner_host_mode(new.mode, true));
	if (fd < 0)
		return fd;
	r = owner_finish_new(w->ns, fd, p->tree, &new);
	if (r < 0) {
		host_close(fd);
		return r;
	}
	return fd;
}

/* Races with who removes and makes the file at the same time. */
#define RACES_MAX 100

static int act(struct walk *w, int flags, mode_t mode);

/* For callers whom permissions concern: what is there is looked at before it is opened. */
__attribute__((noinline)) static int act_checked(struct walk *w, int flags, mode_t mode)
{
	bool exclusive = (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL);
	int seen = O_PATH | O_CLOEXEC | (flags & O_NOFOLLOW) | (exclusive ? O_NOFOLLOW : 0), r = -ENOENT;

	/* EISDIR, whatever is there. */
	if ((flags & O_CREAT) != 0 && path_last(w->place.path).slash)
		return act(w, flags, mode);
	for (unsigned i = 0; i < RACES_MAX && r == -ENOENT; i++) {
		int fd CLEANUP(host_close_at) = place_open(w, seen, 0);

		if (fd == -ENOENT && (flags & O_CREAT) != 0 && !w->place.magic) {
			r = permission_create(w);
			return r < 0 ? r : act(w, flags, mode);
		}
		if (fd < 0 || exclusive)
			return fd < 0 && !(fd == -ENOENT && (flags & O_CREAT) != 0) ? fd : act(w, flags, mode);
		r = permission_open(w, fd, flags);
		if (r < 0)
			return r;
		r = act(w, flags & ~O_CREAT, mode);
		if (r == -EACCES && owner_grant(w->ns, fd, w->place.tree))
			r = act(w, flags & ~O_CREAT, mode);
		if ((flags & O_CREAT) == 0)
			break;
	}
	return r;
}

static int act(struct walk *w, int flags, mode_t mode)
{
	if (((flags & O_ACCMODE) != O_RDONLY || (flags & (O_CREAT | O_TRUNC)) != 0) && place_writable(w) < 0)
		return open_read_only(w, flags);
	if ((flags & O_CREAT) != 0)
		return create(w, flags, mode);
	if ((flags & OPEN_TMPFILE) != 0)
		return create_temporary(w, flags, mode);
	return place_open(w, flags, 0);
}

/* The guest's root may open what the host's mode refuses to its owner. */
__attribute__((noinline)) static bool grant(struct walk *w, int flags)
{
	int fd CLEANUP(host_close_at) = -1;
	char buf[PATH_MAX];
	const char *parent;

	if (w->place.tree == TREE_HOST || w->place.in_proc)
		return false;
	fd = place_open(w, O_PATH | O_CLOEXEC, 0);
	if (fd == -ENOENT && (flags & O_CREAT) != 0 && !w->place.magic) {
		parent = place_parent(&w->place, buf, sizeof(buf));
		if (parent == NULL)
			return false;
		fd = guard_open(w->ns, w->place.dir, dot_if_empty(parent),
				w->place.trusted <= strlen(parent) ? w->place.trusted : 0, O_PATH | O_CLOEXEC, 0,
				w->place.resolve);
	}
	return fd >= 0 && owner_grant(w->ns, fd, w->place.tree);
}

/*
 * What the guest got: directories of views are looked at again when they are used. others: whether other descriptors
 * were open when this one was made.
 */
static int given(struct walk *w, int fd, int flags, bool *ret_others)
{
	struct stat st;
	int device;

	*ret_others = w->own >= 0 || w->checked || w->place.in_proc || w->place.magic ||
		      (w->ns->in->features & INSTANCE_NO_OPENAT2) != 0;

	if (w->place.in_proc || w->place.magic) {
		if (host_fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			tell_view_dirs(w->ns);
		return fd;
	}
	if (w->place.tree == TREE_HOST && (flags & (O_PATH | O_ACCMODE)) == O_RDWR)
		owner_of_new_terminal(w->ns, fd);
	/* No device is opened as a directory; what execve opens is not used before its type is known. */
	if ((flags & (O_PATH | O_DIRECTORY | VFS_OPEN_EXEC)) != 0 || (w->ns->in->features & INSTANCE_DEVICE_NODES) == 0)
		return fd;
	device = owner_open_device(w->ns, fd, flags);
	if (device == -ENODEV)
		return fd;
	*ret_others = true;
	host_close(fd);
	if (device >= 0 && (flags & O_ACCMODE) == O_RDWR)
		owner_of_new_terminal(w->ns, device);
	return device;
}

/* To read what is there, and nothing else. */
static bool only_reads(int flags, uint64_t resolve)
{
	const int special = O_ACCMODE | O_CREAT | O_TRUNC | O_PATH | O_NOATIME | OPEN_TMPFILE | VFS_OPEN_EXEC;

	return (flags & special) == O_RDONLY && resolve == 0;
}

/*
 * Of who is asked for permission: a path that was walked before needs no walk. What is there is looked at before it is opened, and
 * what was opened is compared with it. False: the walk knows.
 */
__attribute__((noinline)) static bool open_seen(const struct vfs_ns *ns, struct seen *s, int dir, const char *path,
						int flags, int *ret)
{
	struct stat st, opened;
	struct owner o;
	int fd, r = seen_look(ns, s, &st);

	*ret = r;
	if (r == -ENOENT)
		return true;
	if (r != 0 || !seen_owner_get(ns, &st, &o) || o.acl != 0 || permission_of(ns, -1, &o, R_OK) < 0)
		return false;
	fd = guard_open(ns, dir, path, 0, flags, 0, 0);
	if (fd < 0)
		return false;
	if (host_fstat(fd, &opened) < 0 || opened.st_ino != st.st_ino || opened.st_dev != st.st_dev) {
		host_close(fd);
		return false;
	}
	*ret = fd;
	return true;
}

/*
 * What most opens are, without a walk: to read, below a directory that nothing is mounted in. False: it is something else, or there
 * is a link or a permission in the way. s: what to remember the walk as, if *ret_remember.
 */
static bool open_easily(const struct vfs_ns *ns, struct vfs_at at, int flags, uint64_t resolve, struct seen *s,
			bool *ret_remember, int *ret)
{
	const char *path;
	int dir;

	*ret_remember = false;
	if (!only_reads(flags, resolve) || (ns->in->features & INSTANCE_NO_OPENAT2) != 0 ||
	    !at_is_easy(ns, at, &dir, &path))
		return false;
	path = dot_if_empty(path);
	if (permission_matters(ns)) {
		*ret_remember = seen_begin(ns, at, (flags & O_NOFOLLOW) != 0 ? VFS_NOFOLLOW : 0, s);
		return *ret_remember && open_seen(ns, s, dir, path, flags, ret);
	}
	if ((ns->in->features & INSTANCE_DEVICE_NODES) != 0)
		return false;
	/* Without links and ".." there is no way out. */
	*ret = guard_open(ns, dir, path, 0, flags, 0, 0);
	return *ret != -ELOOP && *ret != -EACCES;
}

static void remember(const struct walk *w, struct seen *s, int fd)
{
	struct stat st;

	if (fd == -ENOENT)
		seen_note_missing(w->ns, s, w);
	else if (fd >= 0 && host_fstat(fd, &st) == 0)
		seen_note(w->ns, s, w, &st);
}

/* s: what to remember it as, or NULL. */
static int open_in(const struct vfs_ns *ns, struct vfs_at at, int flags, mode_t mode, uint64_t resolve, struct seen *s,
		   bool *ret_others)
{
	struct walk w CLEANUP(walk_done);
	int r;

	r = walk_begin(&w, ns, at, (flags & O_NOFOLLOW) != 0 ? VFS_NOFOLLOW : 0, resolve);
	if (r < 0)
		return r;
	do {
		r = walk_next(&w);
		if (r == 0 && (flags & O_PATH) != 0)
			r = place_open(&w, flags, 0);
		else if (r == 0 && w.checked)
			r = act_checked(&w, flags, mode);
		else if (r == 0)
			r = act(&w, flags, mode);
		if (r == -EACCES && !w.checked && grant(&w, flags))
			r = act(&w, flags, mode);
	} while (walk_again(&w, &r));
	if (s != NULL)
		remember(&w, s, r);
	return r < 0 ? r : given(&w, r, flags, ret_others);
}

/* open(2) promises the lowest free number, which descriptors that were needed on the way may have taken. */
static int lowest(int fd, int flags)
{
	int low = host_fcntl(fd, (flags & O_CLOEXEC) != 0 ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	if (low < 0)
		return fd;
	host_close(low < fd ? fd : low);
	return low < fd ? low : fd;
}

/*
 * RESOLVE_BENEATH and RESOLVE_IN_ROOT make a directory the root of the resolution: the same walk, with that root.
 */
__attribute__((noinline)) static int open_scoped(const struct vfs_ns *ns, struct vfs_at at, int flags, mode_t mode,
						 uint64_t resolve, bool *ret_others)
{
	int dir CLEANUP(host_close_at) = -1;
	char root[PATH_MAX], path[PATH_MAX + 1], host[PATH_MAX];
	struct vfs_ns scope = *ns;
	struct stat st;
	ssize_t n;
	int r;

	if (at.path[0] == '\0')
		return -ENOENT;
	if (at.path[0] == '/' && (resolve & RESOLVE_BENEATH) != 0)
		return -EXDEV;
	r = host_fstatat(at.dir, "", &st, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	dir = host_openat(at.dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (dir < 0)
		return dir;
	n = fd_host_path(dir, host);
	if (n >= 0)
		n = instance_path(ns, host, root, sizeof(root));
	/* No mount has this point, so none is looked for. */
	if (n < 0)
		n = str_copy(root, sizeof(root), "//");
	if (n < 0)
		return (int)n;
	if (n == 1)
		root[0] = '\0';
	n = (ssize_t)strlen(at.path);
	path[0] = '/';
	if (n >= PATH_MAX)
		return -ENAMETOOLONG;
	memcpy(path + 1, at.path, (size_t)n + 1);
	scope.root = dir;
	scope.root_path = root;
	return open_in(&scope, (struct vfs_at){AT_FDCWD, path}, flags, mode, resolve, NULL, ret_others);
}

/* What open(2) refuses before it looks at the path. */
static int check_flags(int flags)
{
	if ((flags & O_PATH) != 0)
		return 0;
	if ((flags & OPEN_TMPFILE) == 0)
		return (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY) ? -EINVAL : 0;
	return (flags & O_DIRECTORY) == 0 || (flags & O_CREAT) != 0 || (flags & O_ACCMODE) == O_RDONLY ? -EINVAL : 0;
}

/* openat2(2) refuses what open(2) ignores. */
static int check_how(int flags, mode_t mode, uint64_t resolve)
{
	bool makes = (flags & (O_CREAT | OPEN_TMPFILE)) != 0;

	if ((resolve & ~(uint64_t)RESOLVE_KNOWN) != 0 ||
	    (resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) == (RESOLVE_BENEATH | RESOLVE_IN_ROOT))
		return -EINVAL;
	if ((flags & O_PATH) != 0 && (flags & ~(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)) != 0)
		return -EINVAL;
	if (makes ? (mode & ~(mode_t)07777) != 0 : mode != 0)
		return -EINVAL;
	if ((resolve & RESOLVE_CACHED) != 0 && (makes || (flags & O_TRUNC) != 0))
		return -EAGAIN;
	return 0;
}

int vfs_open(const struct vfs_ns *ns, struct vfs_at at, int flags, mode_t mode, uint64_t resolve)
{
	bool others = false, is_new;
	struct seen s;
	int fd = check_flags(flags);

	if (fd == 0 && resolve != 0)
		fd = check_how(flags, mode, resolve);
	if (fd < 0)
		return fd;
	if (open_easily(ns, at, flags, resolve, &s, &is_new, &fd))
		return fd;
	if ((resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0) {
		fd = open_scoped(ns, at, flags, mode, resolve, &others);
		others = true;
	} else {
		fd = open_in(ns, at, flags, mode, resolve, is_new ? &s : NULL, &others);
	}
	return fd >= 0 && others ? lowest(fd, flags) : fd;
}

int vfs_open_path(const struct vfs_ns *ns, struct vfs_at at, int lookup)
{
	struct walk w CLEANUP(walk_done);
	bool others;
	int r;

	r = walk_begin(&w, ns, at, lookup, 0);
	if (r < 0)
		return r;
	if (at.path == NULL || at.path[0] == '\0') {
		struct stat st;

		r = host_fstatat(at.dir, "", &st, AT_EMPTY_PATH);
		if (r == 0 && (lookup & VFS_DIRECTORY) != 0 && !S_ISDIR(st.st_mode))
			r = -ENOTDIR;
		if (r < 0)
			return r;
		if (at.dir != AT_FDCWD)
			return host_fcntl(at.dir, F_DUPFD_CLOEXEC, 0);
	}
	r = walk_open(&w, O_PATH | O_CLOEXEC | ((lookup & VFS_DIRECTORY) != 0 ? O_DIRECTORY : 0), 0);
	return r < 0 ? r : given(&w, r, O_PATH, &others);
}

/* --- objects --------------------------------------------------------------------------------------------------------- */

static int open_object(const struct vfs_ns *ns, struct vfs_at at, int lookup, bool write, struct seen *s,
		       struct object *ret)
{
	struct walk w CLEANUP(walk_done);
	struct stat st;
	int r;

	r = walk_begin(&w, ns, at, lookup, 0);
	if (r < 0)
		return r;
	if ((at.path == NULL || at.path[0] == '\0') && at.dir != AT_FDCWD) {
		r = write ? place_writable(&w) : 0;
		if (r < 0)
			return r;
		*ret = (struct object){.fd = at.dir, .borrowed = true, .tree = TREE_UNKNOWN};
		return 0;
	}
	r = walk_open(&w, O_PATH | O_CLOEXEC, 0);
	if (r == -ENOENT && s != NULL)
		seen_note_missing(ns, s, &w);
	if (r < 0)
		return r;
	if (s != NULL && host_fstat(r, &st) == 0)
		seen_note(ns, s, &w, &st);
	ret->fd = r;
	ret->borrowed = false;
	ret->tree = w.place.tree;
	ret->in_proc = w.place.in_proc;
	if (w.place.in_proc)
		procfs_owner(ns, &w.place.proc, &ret->uid, &ret->gid);
	ret->mount_known = w.path[0] == '/' && !w.place.magic;
	ret->mount = w.mount.id;
	ret->kind = ret->mount_known ? w.mount.kind : MOUNT_NONE;
	ret->read_only = ret->mount_known && (w.mount.flags & MOUNT_READ_ONLY) != 0;
	r = write ? place_writable(&w) : 0;
	if (r < 0)
		object_done(ret);
	return r;
}

int object_open(const struct vfs_ns *ns, struct vfs_at at, int lookup, bool write, struct object *ret)
{
	return open_object(ns, at, lookup, write, NULL, ret);
}

int object_open_seen(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct seen *s, struct object *ret)
{
	return open_object(ns, at, lookup, false, s, ret);
}

void object_done(struct object *o)
{
	if (!o->borrowed)
		host_close_at(&o->fd);
	o->fd = -1;
}
