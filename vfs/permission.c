#include "vfs/permission.h"

#include <errno.h>
#include <linux/fs.h>

#include "base/str.h"
#include "vfs/acl.h"
#include "vfs/kept.h"

/* --- objects ----------------------------------------------------------------------------------------------------------- */

/* acl_permission_check() */
static bool is_allowed(const struct vfs_ns *ns, int fd, const struct owner *o, int mode)
{
	const struct creds *c = ns->creds;
	mode_t bits = o->mode & 7;
	int r;

	if (c->fsuid == o->uid || o->anyones) {
		bits = o->mode >> 6 & 7;
	} else {
		r = o->acl != 0 && fd != -1 && mode != 0 ? acl_permission(ns, fd, o, mode) : 1;
		if (r <= 0)
			return r == 0;
		if (creds_in_group(c, o->gid))
			bits = o->mode >> 3 & 7;
	}
	return ((mode_t)mode & ~bits) == 0;
}

int permission_of(const struct vfs_ns *ns, int fd, const struct owner *o, int mode)
{
	const struct creds *c = ns->creds;

	if (is_allowed(ns, fd, o, mode))
		return 0;
	if ((S_ISDIR(o->mode) ? (mode & W_OK) == 0 : mode == R_OK) && creds_capable(c, CAP_DAC_READ_SEARCH))
		return 0;
	if ((mode & X_OK) != 0 && !S_ISDIR(o->mode) && (o->mode & 0111) == 0)
		return -EACCES;
	return creds_capable(c, CAP_DAC_OVERRIDE) ? 0 : -EACCES;
}

int permission_owner(const struct vfs_ns *ns, int fd, enum tree tree, int mode, struct stat *st, struct owner *ret)
{
	int r = host_fstatat(fd, "", st, AT_EMPTY_PATH);

	if (r < 0)
		return r;
	owner_get(ns, fd, tree, st, ret);
	/* Whose files they are is only asked where it matters. */
	if (tree == TREE_UNKNOWN && !ret->kept && permission_of(ns, fd, ret, mode) < 0)
		owner_get(ns, fd, fd_tree(ns, fd), st, ret);
	return 0;
}

int permission_fd(const struct vfs_ns *ns, int fd, enum tree tree, int mode)
{
	struct owner o;
	struct stat st;
	int r = permission_owner(ns, fd, tree, mode, &st, &o);

	return r < 0 ? r : permission_of(ns, fd, &o, mode);
}

int permission_search(const struct vfs_ns *ns, int dir, enum tree tree)
{
	struct owner o;
	struct stat st;
	int r = permission_owner(ns, dir, tree, X_OK, &st, &o);

	if (r < 0)
		return r;
	return S_ISDIR(st.st_mode) ? permission_of(ns, dir, &o, X_OK) : -ENOTDIR;
}

int permission_object(const struct vfs_ns *ns, const struct object *obj, int mode)
{
	struct owner o;
	struct stat st;
	int r = permission_owner(ns, obj->fd, obj->tree, mode, &st, &o);

	if (r < 0)
		return r;
	if (obj->in_proc) {
		o.uid = obj->uid;
		o.gid = obj->gid;
		o.anyones = false;
	}
	return permission_of(ns, obj->fd, &o, mode);
}

int vfs_permission(const struct vfs_ns *ns, const struct stat *st, int mode)
{
	const struct owner o = {.uid = st->st_uid, .gid = st->st_gid, .mode = st->st_mode};

	return permission_of(ns, -1, &o, mode);
}

int vfs_fpermission(const struct vfs_ns *ns, int fd, int mode)
{
	return permission_fd(ns, fd, TREE_UNKNOWN, mode);
}

/* --- names ------------------------------------------------------------------------------------------------------------- */

int permission_parent(const struct vfs_ns *ns, struct parent *p)
{
	struct owner o;
	struct stat st;
	int r = permission_owner(ns, p->dir, p->tree, W_OK | X_OK, &st, &o);

	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	p->checked = true;
	p->writable = permission_of(ns, p->dir, &o, W_OK | X_OK) == 0;
	/* Who owns the directory is not bound by the sticky bit. */
	p->sticky = (o.mode & S_ISVTX) != 0 && !owner_may_change(ns, &o);
	return permission_of(ns, p->dir, &o, X_OK);
}

/* The name without a slash behind it. */
struct bare {
	char name[NAME_MAX + 3];
};

static struct bare bare_name(const struct parent *p)
{
	struct bare b;

	memcpy(b.name, p->name, strlen(p->name) + 1);
	if (p->slash)
		b.name[strlen(b.name) - 1] = '\0';
	return b;
}

static int look(const struct parent *p, struct stat *ret)
{
	int r = host_fstatat(p->dir, bare_name(p).name, ret, AT_SYMLINK_NOFOLLOW);

	/* A mount point need not be there. */
	if (r == -ENOENT && is_mount_point(p->relation)) {
		*ret = (struct stat){.st_mode = p->relation == MOUNT_POINT ? S_IFDIR : S_IFREG};
		return 0;
	}
	return r;
}

int permission_dead(int dir, int r)
{
	struct stat st;

	return r == -EACCES && host_fstatat(dir, "", &st, AT_EMPTY_PATH) == 0 && st.st_nlink == 0 ? -ENOENT : r;
}

int permission_make(const struct parent *p, bool directory)
{
	struct stat st;
	int r;

	if (!p->checked || p->writable)
		return 0;
	r = look(p, &st);
	if (r == 0)
		return -EEXIST;
	if (r != -ENOENT)
		return r;
	return p->slash && !directory ? -ENOENT : permission_dead(p->dir, -EACCES);
}

int permission_denied(const struct parent *p)
{
	struct stat st;
	int r = look(p, &st);

	if (r == 0)
		return -EEXIST;
	return r == -ENOENT && !p->slash ? -EPERM : r;
}

/* In a sticky directory: may what is called p->name be taken away? */
static int check_sticky(const struct vfs_ns *ns, const struct parent *p)
{
	int fd CLEANUP(host_close_at) = -1;
	struct owner o;
	struct stat st;
	int r;

	if (!p->sticky || is_mount_point(p->relation))
		return 0;
	fd = host_openat(p->dir, bare_name(p).name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = permission_owner(ns, fd, p->tree == TREE_UNKNOWN ? fd_tree(ns, fd) : p->tree, 0, &st, &o);
	if (r < 0)
		return r;
	/* Without a sidecar nobody knows who made a link. */
	return (S_ISLNK(st.st_mode) && !kept_is_possible(ns)) || owner_may_change(ns, &o) ? 0 : -EPERM;
}

static int may_delete(const struct vfs_ns *ns, const struct parent *p)
{
	return p->writable ? check_sticky(ns, p) : -EACCES;
}

int permission_remove(const struct vfs_ns *ns, const struct parent *p, bool directory)
{
	struct stat st;
	int r;

	if (!p->checked)
		return 0;
	r = look(p, &st);
	if (r < 0)
		return r;
	/* What the slash means is said first. */
	if (p->slash && !directory)
		return 0;
	return may_delete(ns, p);
}

/* A directory of its own path: the host says what is wrong with that. */
static bool is_above(const struct parent *p, const struct parent *other)
{
	char path[PATH_MAX], below[PATH_MAX];
	ssize_t n = fd_host_path(p->dir, path);

	if (n < 0 || fd_host_path(other->dir, below) < 0)
		return false;
	if (str_format(path + n, sizeof(path) - (size_t)n, "/%s", bare_name(p).name) >= sizeof(path) - (size_t)n)
		return false;
	return path_is_below(below, path);
}

/* A directory that moves to another one must be writable itself: its ".." changes. */
static int may_move(const struct vfs_ns *ns, const struct parent *p)
{
	int fd CLEANUP(host_close_at) = -1;

	if (is_mount_point(p->relation))
		return 0;
	fd = host_openat(p->dir, bare_name(p).name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd < 0 ? fd : permission_fd(ns, fd, p->tree, W_OK);
}

static bool same_directory(const struct parent *a, const struct parent *b)
{
	struct stat sa, sb;

	return host_fstatat(a->dir, "", &sa, AT_EMPTY_PATH) == 0 && host_fstatat(b->dir, "", &sb, AT_EMPTY_PATH) == 0 &&
	       sa.st_dev == sb.st_dev && sa.st_ino == sb.st_ino;
}

/* In the order of do_renameat2() and vfs_rename(); 0 where the host itself has something to say first. */
int permission_rename(const struct vfs_ns *ns, const struct parent *from, const struct parent *to, unsigned flags)
{
	bool exchange = (flags & RENAME_EXCHANGE) != 0, old_dir, new_dir;
	struct stat old, new;
	int r, there;

	if (!from->checked)
		return 0;
	r = look(from, &old);
	if (r < 0)
		return r;
	there = look(to, &new);
	if (there < 0 && (there != -ENOENT || exchange))
		return there;
	if (there == 0 && (flags & RENAME_NOREPLACE) != 0)
		return -EEXIST;
	old_dir = S_ISDIR(old.st_mode);
	new_dir = there == 0 && S_ISDIR(new.st_mode);
	if ((!old_dir && (from->slash || (to->slash && !exchange))) || (exchange && !new_dir && to->slash))
		return 0;
	if (there == 0 && old.st_dev == new.st_dev && old.st_ino == new.st_ino)
		return 0;

	r = may_delete(ns, from);
	if (r == 0)
		r = there == 0 ? may_delete(ns, to) : to->writable ? 0 : -EACCES;
	if (r == 0 && (old_dir || (exchange && new_dir)) && !same_directory(from, to)) {
		/* The types are compared before. */
		if (there == 0 && !exchange && old_dir != new_dir)
			return 0;
		r = old_dir ? may_move(ns, from) : 0;
		if (r == 0 && exchange && new_dir)
			r = may_move(ns, to);
	}
	if (r < 0 && ((old_dir && is_above(from, to)) || (new_dir && is_above(to, from))))
		return 0;
	return r;
}
