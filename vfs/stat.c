/* stat(2) and its kin. */
#include <errno.h>
#include <sys/sysmacros.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/kept.h"
#include "vfs/permission.h"
#include "vfs/seen.h"

/* What the host says of an object, in one of the two forms; st is always filled. */
struct look {
	struct stat st;
	struct statx *statx; /* NULL for the stat family */
	int flags;           /* AT_STATX_* */
	unsigned mask;
	struct owner owner;
};

static int ask(struct look *l, int dir, const char *path, int flags)
{
	struct stat *st = &l->st;
	struct statx *x = l->statx;
	int r;

	if (x == NULL)
		return host_fstatat(dir, path, st, flags);
	r = (int)host_call(SYS_statx, dir, path, flags | l->flags, l->mask | STATX_BASIC_STATS, x);
	if (r < 0)
		return r;
	memset(st, 0, sizeof(*st));
	st->st_dev = makedev(x->stx_dev_major, x->stx_dev_minor);
	st->st_rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor);
	st->st_ino = x->stx_ino;
	st->st_mode = x->stx_mode;
	st->st_nlink = x->stx_nlink;
	st->st_uid = x->stx_uid;
	st->st_gid = x->stx_gid;
	st->st_size = (off_t)x->stx_size;
	st->st_ctim.tv_sec = x->stx_ctime.tv_sec;
	st->st_ctim.tv_nsec = x->stx_ctime.tv_nsec;
	return 0;
}

/* The answer in the guest's terms: l->owner over l->st. */
static void answer(struct look *l)
{
	struct stat *st = &l->st;
	struct statx *x = l->statx;

	st->st_uid = l->owner.uid;
	st->st_gid = l->owner.gid;
	st->st_mode = l->owner.mode;
	st->st_rdev = l->owner.rdev;
	if (x == NULL)
		return;
	x->stx_uid = st->st_uid;
	x->stx_gid = st->st_gid;
	x->stx_mode = (uint16_t)st->st_mode;
	x->stx_size = (uint64_t)st->st_size;
	x->stx_rdev_major = major(st->st_rdev);
	x->stx_rdev_minor = minor(st->st_rdev);
}

/* Links, FIFOs and sockets of which nothing is kept belong to the owner of the directory they stand in. */
static void adopt(const struct vfs_ns *ns, struct look *l, int dir, const char *path, enum tree tree)
{
	struct owner parent;

	if (path != NULL && owner_of_directory(ns, dir, path, tree, &parent)) {
		l->owner.uid = parent.uid;
		l->owner.gid = parent.gid;
	}
}

static int look_fd(const struct vfs_ns *ns, int fd, struct look *l)
{
	int r = ask(l, fd, "", AT_EMPTY_PATH);

	if (r < 0)
		return r;
	owner_get(ns, fd, TREE_UNKNOWN, &l->st, &l->owner);
	/* Which owner_get() does not ask for who may do everything to one. */
	if (S_ISLNK(l->st.st_mode) && !l->owner.kept && fd_tree(ns, fd) == TREE_GUEST)
		owner_adopt(ns, fd, TREE_GUEST, &l->owner);
	return 0;
}

/* A name in a directory: one call, if it turns out to be nothing special. 1: look properly. */
static int look_plain(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct look *l)
{
	enum tree tree = TREE_GUEST;
	int r = permission_matters(ns) ? permission_search(ns, at.dir, TREE_UNKNOWN) : 0;

	if (r == 0)
		r = ask(l, at.dir, at.path, AT_SYMLINK_NOFOLLOW);
	if (r < 0)
		return r;
	if (S_ISLNK(l->st.st_mode) && (lookup & VFS_NOFOLLOW) == 0)
		return 1;
	if (seen_owner_get(ns, &l->st, &l->owner))
		return 0;
	if (owner_is_marked(ns, &l->st) || (is_special(l->st.st_mode) && kept_may_be(ns, &l->st)))
		return 1;
	if (l->st.st_uid != ns->in->host_uid || l->st.st_gid != ns->in->host_gid)
		tree = fd_tree(ns, at.dir);
	owner_get(ns, -1, tree, &l->st, &l->owner);
	if (is_special(l->st.st_mode) && tree == TREE_GUEST)
		adopt(ns, l, at.dir, "", TREE_UNKNOWN);
	return 0;
}

/* A link of the host's whole tree reads with the mount point in front (vfs_readlink). */
static void fix_link_size(struct look *l, const struct walk *w, int fd)
{
	char first[2];

	if (S_ISLNK(l->st.st_mode) && walk_in_host_root(w) &&
	    host_call(SYS_readlinkat, fd, "", first, sizeof(first)) > 0 && first[0] == '/')
		l->st.st_size += (off_t)w->mount.point;
}

/* s: what to remember it as, or NULL. */
__attribute__((noinline)) static int look_walk(const struct vfs_ns *ns, struct vfs_at at, int lookup, bool begun,
					       struct seen *s, struct look *l)
{
	struct walk w CLEANUP(walk_done);
	int fd CLEANUP(host_close_at) = -1;
	char buf[PATH_MAX];
	int r;

	r = walk_begin(&w, ns, at, lookup, 0);
	if (r < 0)
		return r;
	w.begun = begun;
	fd = walk_open(&w, O_PATH | O_CLOEXEC, 0);
	if (fd == -ENOENT && s != NULL)
		seen_note_missing(ns, s, &w);
	if (fd < 0)
		return fd;
	r = ask(l, fd, "", AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (s != NULL)
		seen_note(ns, s, &w, &l->st);
	owner_get(ns, fd, w.place.tree, &l->st, &l->owner);
	if (w.place.in_proc && w.place.proc.pid != 0)
		procfs_owner(ns, &w.place.proc, &l->owner.uid, &l->owner.gid);
	if (is_special(l->st.st_mode) && w.place.tree != TREE_HOST && !l->owner.kept)
		adopt(ns, l, w.place.dir, place_parent(&w.place, buf, sizeof(buf)), w.place.tree);
	fix_link_size(l, &w, fd);
	if (s != NULL)
		seen_note_special(ns, s, &l->st, &l->owner);
	return 0;
}

/* A path that was walked before: one call. 1: look properly. */
static int look_seen(const struct vfs_ns *ns, struct seen *s, struct look *l)
{
	int r;

	if (!seen_known(ns, s))
		return 1;
	r = ask(l, s->dir, s->path, s->flags);
	if (r == -ENOENT && seen_is_missing(ns, s))
		return r;
	if (r < 0 || !seen_is(s, &l->st))
		return 1;
	return seen_owner_get(ns, &l->st, &l->owner) || seen_special(ns, s, &l->st, &l->owner) ? 0 : 1;
}

static int look_path(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct look *l)
{
	bool plain = at.path[0] != '/' && at_is_plain(ns, at), asked = plain && permission_matters(ns), remembered;
	struct seen s;
	int r = 1;

	if (plain && !asked)
		r = look_plain(ns, at, lookup, l);
	if (r != 1)
		return r;
	remembered = seen_begin(ns, at, lookup, &s);
	if (remembered)
		r = look_seen(ns, &s, l);
	if (r == 1 && asked) {
		r = look_plain(ns, at, lookup, l);
		if (r == 0 && remembered)
			seen_note_name(ns, &s, &l->st);
	}
	return r == 1 ? look_walk(ns, at, lookup, plain, remembered ? &s : NULL, l) : r;
}

static int look(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct look *l)
{
	int r;

	if (at.path == NULL || (at.path[0] == '\0' && (lookup & VFS_EMPTY) != 0))
		r = look_fd(ns, at.dir, l);
	else
		r = look_path(ns, at, lookup, l);
	if (r == 0 && (lookup & VFS_DIRECTORY) != 0 && !S_ISDIR(l->st.st_mode))
		r = -ENOTDIR;
	if (r == 0)
		answer(l);
	return r;
}

int vfs_stat(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct stat *ret)
{
	struct look l;
	int r;

	l.statx = NULL;
	r = look(ns, at, lookup, &l);
	if (r == 0)
		*ret = l.st;
	return r;
}

int vfs_fstat(const struct vfs_ns *ns, int fd, struct stat *ret)
{
	struct look l;
	int r;

	l.statx = NULL;
	if (fd < 0)
		return -EBADF;
	r = look_fd(ns, fd, &l);
	if (r < 0)
		return r;
	answer(&l);
	*ret = l.st;
	return 0;
}

int vfs_statx(const struct vfs_ns *ns, struct vfs_at at, int flags, unsigned mask, struct statx *ret)
{
	struct statx x;
	struct look l;
	int lookup = 0, r;

	if ((flags & ~(AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)) != 0 ||
	    (flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE || (mask & STATX__RESERVED) != 0)
		return -EINVAL;
	if ((flags & AT_SYMLINK_NOFOLLOW) != 0)
		lookup |= VFS_NOFOLLOW;
	if ((flags & AT_EMPTY_PATH) != 0)
		lookup |= VFS_EMPTY;
	l.statx = &x;
	l.flags = flags & (AT_STATX_SYNC_TYPE | AT_NO_AUTOMOUNT);
	l.mask = mask;
	r = look(ns, at, lookup, &l);
	if (r == 0)
		*ret = x;
	return r;
}
