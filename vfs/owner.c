#include "vfs/owner.h"

#include <errno.h>
#include <linux/capability.h>

#include "base/str.h"
#include "vfs/acl.h"
#include "vfs/attribute.h"
#include "vfs/kept.h"
#include "vfs/seen.h"

/* --- the attribute's text ------------------------------------------------------------------------------------------ */

int owner_parse(const char *text, mode_t host, struct owner *ret)
{
	struct override o;
	int r = override_parse(text, host, &o);

	if (r < 0)
		return r;
	*ret = (struct owner){.uid = o.uid, .gid = o.gid, .mode = o.mode, .rdev = o.rdev, .kept = true, .acl = o.acl};
	return 0;
}

static struct override override_of(const struct owner *o)
{
	return (struct override){.uid = o->uid, .gid = o->gid, .mode = o->mode, .rdev = o->rdev, .acl = o->acl};
}

size_t owner_print(const struct owner *o, char *buf, size_t size)
{
	struct override v = override_of(o);

	return override_print(&v, buf, size);
}

/* --- the host's inode ----------------------------------------------------------------------------------------------- */

/* An O_PATH descriptor is EBADF to the f-calls: its link in /proc leads to the object. */
int owner_set_host_mode(int fd, mode_t mode)
{
	int r = (int)host_call(SYS_fchmod, fd, mode);

	return r == -EBADF ? (int)host_call(SYS_chmod, fd_link(fd).text, mode) : r;
}

static int write_attribute(int fd, const struct owner *o)
{
	char text[64];
	size_t n = owner_print(o, text, sizeof(text));
	int r = (int)host_call(SYS_fsetxattr, fd, OWNER_ATTRIBUTE, text, n, 0);

	return r == -EBADF ? (int)host_call(SYS_setxattr, fd_link(fd).text, OWNER_ATTRIBUTE, text, n, 0) : r;
}

static int read_attribute(int fd, const char *name, mode_t host, struct owner *ret)
{
	char text[64];
	long n = fd == AT_FDCWD ? host_call(SYS_getxattr, ".", name, text, sizeof(text) - 1)
				: host_call(SYS_fgetxattr, fd, name, text, sizeof(text) - 1);

	if (n == -EBADF)
		n = host_call(SYS_getxattr, fd_link(fd).text, name, text, sizeof(text) - 1);
	if (n < 0)
		return (int)n;
	text[n] = '\0';
	n = owner_parse(text, host, ret);
	/* Others have stand-ins for links, FIFOs and sockets, too: these are what they are. */
	if (n == 0 && (!S_ISREG(host) || !(S_ISCHR(ret->mode) || S_ISBLK(ret->mode))))
		ret->mode = (ret->mode & 07777) | (host & S_IFMT);
	return (int)n;
}

static void remove_attribute(int fd, const char *name)
{
	if (host_call(SYS_fremovexattr, fd, name) == -EBADF)
		(void)host_call(SYS_removexattr, fd_link(fd).text, name);
}

static bool can_be_marked(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode);
}

static bool has_attributes(const struct vfs_ns *ns, const struct stat *st)
{
	return (ns->in->features & INSTANCE_NO_XATTRS) == 0 || st->st_dev != ns->in->root_device;
}

/* Whose a file is can be kept, in one way or the other. */
static bool can_be_kept(const struct vfs_ns *ns, const struct stat *st)
{
	return (ns->in->features & INSTANCE_SIDECAR) != 0 || has_attributes(ns, st);
}

int owner_read_kept(const struct vfs_ns *ns, int fd, const struct stat *st, struct owner *ret)
{
	int r;

	if (seen_owner(ns, st, ret))
		return 0;
	r = has_attributes(ns, st) ? read_attribute(fd, OWNER_ATTRIBUTE, st->st_mode, ret) : -EOPNOTSUPP;
	if (r == -ENODATA && (ns->in->features & INSTANCE_UNMARKED) != 0)
		r = read_attribute(fd, OVERRIDE_FUSE_ATTRIBUTE, st->st_mode, ret);
	if (r == 0) {
		seen_note_owner(ns, st, ret);
		return 0;
	}
	return kept_get(ns, fd, st, ret) ? 0 : r;
}

/* --- reading -------------------------------------------------------------------------------------------------------- */

bool owner_is_plain(const struct vfs_ns *ns, enum tree tree, const struct stat *st)
{
	if (can_be_marked(st->st_mode))
		return !owner_is_marked(ns, st) || tree == TREE_HOST;
	return tree == TREE_HOST || S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode);
}

static void host_ids(const struct vfs_ns *ns, const struct stat *st, struct owner *o)
{
	o->uid = st->st_uid == ns->in->host_uid ? 0 : st->st_uid;
	o->gid = st->st_gid == ns->in->host_gid ? 0 : st->st_gid;
}

/* What a process made that has no place in the tree: pipes, sockets, memory files. */
static bool is_anonymous(const struct vfs_ns *ns, const struct stat *st)
{
	return (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode)) && st->st_dev != ns->in->root_device;
}

void owner_get(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st, struct owner *ret)
{
	bool ours = st->st_uid == ns->in->host_uid && st->st_gid == ns->in->host_gid;

	ret->uid = ret->gid = 0;
	ret->mode = st->st_mode;
	ret->rdev = st->st_rdev;
	ret->kept = ret->anyones = ret->heir = ret->in_sticky = false;
	ret->acl = 0;

	if (S_ISCHR(st->st_mode) && owner_get_terminal(ns, st, ret))
		return;
	if (tree != TREE_HOST && fd != -1 && is_special(st->st_mode) && kept_get(ns, fd, st, ret))
		return;
	if (tree == TREE_UNKNOWN && fd != -1 && is_anonymous(ns, st)) {
		ret->uid = ns->creds->fsuid;
		ret->gid = ns->creds->fsgid;
		return;
	}
	if (tree == TREE_UNKNOWN && fd != -1 && (!ours || (owner_is_marked(ns, st) && can_be_marked(st->st_mode))))
		tree = fd_tree(ns, fd);
	if (tree == TREE_HOST || (tree == TREE_UNKNOWN && !ours)) {
		host_ids(ns, st, ret);
		/* Whoever somebody is in the distribution, on the host he is the caller. */
		ret->anyones = st->st_uid == ns->in->host_uid;
		return;
	}
	if (fd != -1 && owner_is_marked(ns, st) && can_be_marked(st->st_mode) && owner_read_kept(ns, fd, st, ret) == 0)
		return;
	ret->uid = ret->gid = 0;
	ret->mode = st->st_mode;
	ret->kept = false;
	/* A character device is a terminal of the host's: a distribution's own is a stand-in. */
	ret->anyones = !can_be_kept(ns, st) || S_ISCHR(st->st_mode);
	if (fd != -1 && (S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode) ||
			 (S_ISLNK(st->st_mode) && !creds_capable(ns->creds, CAP_FOWNER))))
		owner_adopt(ns, fd, tree, ret);
}

/* --- writing -------------------------------------------------------------------------------------------------------- */

bool owner_needs_attribute(const struct owner *o)
{
	struct override v = override_of(o);

	return override_is_needed(&v);
}

mode_t owner_host_mode(mode_t mode, bool attribute)
{
	return override_host_mode(mode, attribute);
}

/* The store takes no attributes, and there is no sidecar: the host's mode says what it can. */
static int set_without(int fd, const struct owner *want)
{
	if (S_ISCHR(want->mode) || S_ISBLK(want->mode))
		return -EPERM;
	return owner_set_host_mode(fd, owner_host_mode(want->mode, false) |
					       (S_ISDIR(want->mode) ? want->mode & S_ISVTX : 0));
}

/* What is to be read where the mark is, before the mark is set. mode: the host's, without it. */
static int keep(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *want, mode_t mode)
{
	int r = -EOPNOTSUPP;

	seen_forget_owner(ns, st);
	if (has_attributes(ns, st)) {
		r = write_attribute(fd, want);
		if (r == -EACCES) {
			r = owner_set_host_mode(fd, mode);
			r = r < 0 ? r : write_attribute(fd, want);
		}
		if (r == -EOPNOTSUPP && st->st_dev == ns->in->root_device)
			__atomic_fetch_or(&ns->in->features, INSTANCE_NO_XATTRS, __ATOMIC_RELAXED);
	}
	return r == -EOPNOTSUPP ? kept_set(ns, fd, st, want) : r;
}

int owner_set(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st, const struct owner *want)
{
	bool marked = owner_is_marked(ns, st), attribute = owner_needs_attribute(want);
	mode_t mode = owner_host_mode(want->mode, attribute);
	int r;

	if (S_ISCHR(st->st_mode) && owner_set_terminal(ns, st, want))
		return 0;
	/* Set-id bits would be real ones on the host. */
	if (tree == TREE_HOST)
		return owner_set_host_mode(fd, want->mode & 01777);
	if (is_special(st->st_mode))
		return owner_set_special(ns, fd, tree, st, want);
	if (!can_be_marked(st->st_mode))
		return owner_set_host_mode(fd, owner_host_mode(want->mode, false));
	if (!can_be_kept(ns, st))
		return set_without(fd, want);

	/* What is kept counts while the mark is there: it is written before the mark and removed after it. */
	if (attribute) {
		r = keep(ns, fd, st, want, mode & ~(mode_t)S_ISVTX);
		if (r == -EOPNOTSUPP)
			return set_without(fd, want);
		if (r < 0)
			return r;
	}
	if (mode != (st->st_mode & 07777)) {
		r = owner_set_host_mode(fd, mode);
		if (r < 0)
			return r;
	}
	if (!attribute && marked)
		remove_attribute(fd, OWNER_ATTRIBUTE);
	if (!attribute && (ns->in->features & INSTANCE_UNMARKED) != 0)
		remove_attribute(fd, OVERRIDE_FUSE_ATTRIBUTE);
	if (!attribute && marked)
		kept_forget_owner(ns, fd, st, want);
	return 0;
}

/* --- what is new ---------------------------------------------------------------------------------------------------- */

bool owner_of_directory(const struct vfs_ns *ns, int dir, const char *path, enum tree tree, struct owner *ret)
{
	int fd CLEANUP(host_close_at) = -1;
	struct stat st;

	/* An unmarked directory is root's, and no setgid one. */
	if (host_fstatat(dir, path, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode) ||
	    !owner_is_marked(ns, &st))
		return false;
	if (path[0] != '\0') {
		fd = host_openat(dir, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
		if (fd < 0)
			return false;
	}
	owner_get(ns, fd < 0 ? dir : fd, tree, &st, ret);
	return ret->kept;
}

void owner_of_new(const struct vfs_ns *ns, int dir, const char *path, enum tree tree, mode_t mode, struct owner *ret)
{
	struct owner parent;

	ret->uid = ns->creds->fsuid;
	ret->gid = ns->creds->fsgid;
	ret->mode = mode & (S_IFMT | 07777);
	ret->rdev = 0;
	ret->kept = ret->anyones = ret->heir = ret->in_sticky = false;
	ret->acl = 0;
	if (!owner_of_directory(ns, dir, path, tree, &parent))
		return;
	ret->in_sticky = (parent.mode & S_ISVTX) != 0 && (parent.mode & 022) != 0;
	if ((parent.acl & OVERRIDE_DEFAULT_ACL) != 0 && !S_ISLNK(mode))
		acl_of_new(ns, dir, path, ret);
	if ((parent.mode & S_ISGID) == 0)
		return;
	ret->gid = parent.gid;
	if (S_ISDIR(mode))
		ret->mode |= S_ISGID;
	else if ((mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP) && !owner_may_set_gid(ns, parent.gid))
		ret->mode &= ~(mode_t)S_ISGID;
}

void owner_take_umask(struct owner *want, const struct stat *st)
{
	want->mode &= (st->st_mode & 0777) | ~(mode_t)0777;
}

int owner_finish_new(const struct vfs_ns *ns, int fd, enum tree tree, struct owner *want)
{
	struct stat st;
	int r = host_fstat(fd, &st);

	if (r < 0)
		return r;
	if (tree == TREE_UNKNOWN)
		tree = fd_tree(ns, fd);
	if (!want->heir)
		owner_take_umask(want, &st);
	if (tree == TREE_HOST)
		return (st.st_mode & 07777) == (want->mode & 0777) ? 0 : owner_set_host_mode(fd, want->mode & 0777);
	r = acl_give(ns, fd, want);
	return r < 0 ? r : owner_set(ns, fd, tree, &st, want);
}

/* --- who may -------------------------------------------------------------------------------------------------------- */

bool owner_may_change(const struct vfs_ns *ns, const struct owner *o)
{
	return ns->creds->fsuid == o->uid || o->anyones || creds_capable(ns->creds, CAP_FOWNER);
}

bool owner_may_set_gid(const struct vfs_ns *ns, gid_t gid)
{
	return creds_in_group(ns->creds, gid) || creds_capable(ns->creds, CAP_FSETID);
}

void owner_drop_capabilities(const struct vfs_ns *ns, int fd, enum tree tree, mode_t mode)
{
	if (tree == TREE_GUEST && S_ISREG(mode))
		(void)!attribute_remove(ns, fd, "security.capability");
}

int owner_written(const struct vfs_ns *ns, int fd, enum tree tree, const struct stat *st, struct owner *o)
{
	mode_t mode = o->mode & ~(mode_t)S_ISUID;

	if ((mode & S_IXGRP) != 0 || !creds_in_group(ns->creds, o->gid))
		mode &= ~(mode_t)S_ISGID;
	if (mode == o->mode || !S_ISREG(mode) || creds_capable(ns->creds, CAP_FSETID) || tree != TREE_GUEST)
		return 0;
	o->mode = mode;
	return owner_set(ns, fd, tree, st, o);
}

bool owner_grant(const struct vfs_ns *ns, int fd, enum tree tree)
{
	struct owner o;
	struct stat st;

	if (host_fstat(fd, &st) < 0)
		return false;
	if (!can_be_marked(st.st_mode) || st.st_uid != ns->in->host_uid ||
	    (st.st_mode & override_least(st.st_mode)) == override_least(st.st_mode))
		return false;
	if (tree == TREE_UNKNOWN)
		tree = fd_tree(ns, fd);
	if (tree != TREE_GUEST)
		return false;
	owner_get(ns, fd, tree, &st, &o);
	return owner_set(ns, fd, tree, &st, &o) == 0;
}
