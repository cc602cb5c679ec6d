/* access(2), readlink(2), statfs(2): what can be asked of an object besides stat. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/permission.h"
#include "vfs/seen.h"

bool walk_in_host_root(const struct walk *w)
{
	return w->path[0] == '/' && w->mount.kind == MOUNT_BIND && !w->mount.above && str_eq(w->mount.source, "/");
}

/* --- access ---------------------------------------------------------------------------------------------------------- */

/* A path that was walked before: one call. 1: look properly. */
static int access_seen(const struct vfs_ns *ns, struct seen *s, int mode)
{
	struct owner o;
	struct stat st;
	int r = seen_look(ns, s, &st);

	if (r != 0 || mode == F_OK)
		return r;
	return seen_owner_get(ns, &st, &o) && o.acl == 0 ? permission_of(ns, -1, &o, mode) : 1;
}

/* access(2) asks for the real ids, with the capabilities that they would have. s: what to remember it as, or NULL. */
__attribute__((noinline)) static int access_walk(const struct vfs_ns *ns, struct vfs_at at, int lookup, int mode,
						 struct seen *s)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct stat st;
	int r;

	r = object_open_seen(ns, at, lookup, s, &o);
	if (r < 0 || mode == F_OK)
		return r;
	r = host_fstat(o.fd, &st);
	if (r < 0)
		return r;
	if (o.tree == TREE_UNKNOWN)
		o.tree = fd_tree(ns, o.fd);
	r = permission_object(ns, &o, mode);
	if (r < 0)
		return r;
	if ((mode & W_OK) != 0 && o.read_only && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode)))
		return -EROFS;
	/* Whatever the guest believes to be, the host decides. */
	if (o.tree == TREE_HOST && !S_ISLNK(st.st_mode))
		r = (int)host_call(SYS_faccessat, AT_FDCWD, fd_link(o.fd).text, mode);
	return r;
}

/* SECBIT_NO_SETUID_FIXUP, linux/securebits.h */
#define NO_SETUID_FIXUP (1u << 2)

int vfs_access(const struct vfs_ns *ns, struct vfs_at at, int lookup, int mode, bool effective)
{
	const struct creds *c = ns->creds;
	struct vfs_ns as = *ns;
	struct creds real;
	uint64_t caps = c->cap_effective;
	struct seen s;
	bool remembered;
	int r;

	if ((mode & ~(R_OK | W_OK | X_OK)) != 0)
		return -EINVAL;
	if ((c->securebits & NO_SETUID_FIXUP) == 0)
		caps = c->ruid == 0 ? c->cap_permitted : 0;
	if (!effective && (c->fsuid != c->ruid || c->fsgid != c->rgid || c->cap_effective != caps)) {
		real = *c;
		real.fsuid = c->ruid;
		real.fsgid = c->rgid;
		real.cap_effective = caps;
		as.creds = &real;
	}
	remembered = at.path != NULL && seen_begin(&as, at, lookup, &s);
	r = remembered ? access_seen(&as, &s, mode) : 1;
	return r == 1 ? access_walk(&as, at, lookup, mode, remembered ? &s : NULL) : r;
}

/* --- readlink -------------------------------------------------------------------------------------------------------- */

/* A link of the host's whole tree means the host's root: what it says must be true for the guest. */
static ssize_t in_front(const struct walk *w, char *buf, size_t size, char *text, ssize_t n)
{
	size_t front = text[0] == '/' && walk_in_host_root(w) ? w->mount.point : 0, all = front + (size_t)n;

	for (size_t i = 0; i < all && i < size; i++)
		buf[i] = i < front ? w->path[i] : text[i - front];
	return (ssize_t)(all < size ? all : size);
}

/* A path that was walked before: one call. 0: look properly. */
static ssize_t readlink_seen(const struct vfs_ns *ns, struct seen *s, char *buf, size_t size)
{
	char text[SEEN_TEXT_MAX];
	struct stat st;
	size_t n;
	int r = seen_look(ns, s, &st);

	if (r != 0)
		return r == 1 ? 0 : r;
	if (!S_ISLNK(st.st_mode))
		return -EINVAL;
	n = seen_text(ns, s, &st, text);
	n = n < size ? n : size;
	memcpy(buf, text, n);
	return (ssize_t)n;
}

/* s: what to remember it as, or NULL. */
__attribute__((noinline)) static ssize_t readlink_walk(const struct vfs_ns *ns, struct vfs_at at, struct seen *s,
						       char *buf, size_t size)
{
	struct walk w CLEANUP(walk_done);
	int fd CLEANUP(host_close_at) = -1;
	char text[PATH_MAX];
	struct stat st;
	ssize_t n;
	int r;

	r = walk_begin(&w, ns, at, VFS_NOFOLLOW, 0);
	if (r < 0)
		return r;
	fd = walk_open(&w, O_PATH | O_CLOEXEC, 0);
	if (fd == -ENOENT && s != NULL)
		seen_note_missing(ns, s, &w);
	if (fd < 0)
		return fd;
	if (w.place.in_proc && (w.place.proc.kind == PROCFS_LINK || w.place.proc.kind == PROCFS_MAGIC))
		return !procfs_may_look(ns, &w.place.proc) ? -EACCES : procfs_readlink(ns, &w.place.proc, buf, size);
	n = host_call(SYS_readlinkat, fd, "", text, sizeof(text));
	if (s != NULL && host_fstat(fd, &st) == 0) {
		seen_note(ns, s, &w, &st);
		seen_note_text(ns, s, &st, text, n > 0 ? (size_t)n : 0);
	}
	/* With an empty path, what is no link is ENOENT. */
	if (n < 0)
		return n == -ENOENT ? -EINVAL : n;
	return in_front(&w, buf, size, text, n);
}

ssize_t vfs_readlink(const struct vfs_ns *ns, struct vfs_at at, char *buf, size_t size)
{
	struct seen s;
	bool remembered;
	ssize_t n;

	if (size == 0 || size > INT32_MAX)
		return -EINVAL;
	if (at.path == NULL || at.path[0] == '\0') {
		if (at.dir == AT_FDCWD)
			return -ENOENT;
		return host_call(SYS_readlinkat, at.dir, "", buf, size);
	}
	remembered = seen_begin(ns, at, VFS_NOFOLLOW, &s);
	n = remembered ? readlink_seen(ns, &s, buf, size) : 0;
	return n == 0 ? readlink_walk(ns, at, remembered ? &s : NULL, buf, size) : n;
}

/* --- statfs ---------------------------------------------------------------------------------------------------------- */

int vfs_statfs(const struct vfs_ns *ns, struct vfs_at at, struct statfs *ret)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct statfs s;
	int r;

	if (at.path == NULL)
		return (int)host_call(SYS_fstatfs, at.dir, ret);
	r = object_open(ns, at, 0, false, &o);
	if (r < 0)
		return r;
	r = (int)host_call(SYS_fstatfs, o.fd, &s);
	if (r < 0)
		return r;
	/* The directory behind it may be on any file system. */
	if (o.kind == MOUNT_TMPFS)
		s.f_type = TMPFS_MAGIC;
	if (o.read_only)
		s.f_flags |= ST_RDONLY;
	*ret = s;
	return 0;
}
