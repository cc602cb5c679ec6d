/* Making and removing names: mkdir, mknod, symlink, link, unlink. */
#include <errno.h>
#include <linux/capability.h>
#include <stdatomic.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/kept.h"
#include "vfs/permission.h"

void note_directory_change(const struct vfs_ns *ns)
{
	atomic_fetch_add(&ns->in->generation, 1);
}

/* The directory where something is to be made. -EEXIST where nothing can be. */
static int open_for_new(const struct vfs_ns *ns, struct vfs_at at, struct parent *p)
{
	struct stat st;
	int r = parent_open(ns, at, p);

	if (r < 0)
		return r;
	if (p->kind != PARENT_NAME || is_mount_point(p->relation))
		return -EEXIST;
	if (p->read_only)
		return host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 ? -EEXIST : -EROFS;
	return 0;
}

/* The caller may write to a directory of the guest's whatever its mode: once more if that had to be arranged. */
static bool once_more(const struct vfs_ns *ns, const struct parent *p, long r)
{
	int fd CLEANUP(host_close_at) = -1;

	if (r != -EACCES || p->tree == TREE_HOST)
		return false;
	/* The cwd has no number. */
	if (p->dir == AT_FDCWD) {
		fd = host_openat(AT_FDCWD, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		return fd >= 0 && owner_grant(ns, fd, p->tree);
	}
	return owner_grant(ns, p->dir, p->tree);
}

/* What was made under p's name gets its owner. */
static int finish_new(const struct vfs_ns *ns, const struct parent *p, struct owner *want)
{
	int fd CLEANUP(host_close_at) = -1;

	fd = host_openat(p->dir, p->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd < 0 ? fd : owner_finish_new(ns, fd, p->tree, want);
}

/* The umask took from a new directory what the host must keep. */
static bool is_closed(const struct parent *p)
{
	struct stat st;

	return host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       (st.st_mode & override_least(S_IFDIR)) != override_least(S_IFDIR);
}

int vfs_mkdir(const struct vfs_ns *ns, struct vfs_at at, mode_t mode)
{
	struct parent p CLEANUP(parent_done) = PARENT_INIT;
	struct owner new;
	bool attribute;
	int r;

	r = open_for_new(ns, at, &p);
	if (r == 0)
		r = permission_make(&p, true);
	if (r < 0)
		return r;
	mode &= 01777;
	owner_of_new(ns, p.dir, "", p.tree, S_IFDIR | mode, &new);
	attribute = p.tree != TREE_HOST && owner_needs_finish(&new);
	if (attribute)
		mode = owner_host_mode(new.mode, true);
	do
		r = (int)host_call(SYS_mkdirat, p.dir, p.name, mode);
	while (once_more(ns, &p, r));
	if (r < 0 || (!attribute && (p.tree == TREE_HOST || !is_closed(&p))))
		return r;
	return finish_new(ns, &p, &new);
}

/* A FIFO or a socket: a real one, since it must work. A regular file, and what stands for a device: an empty file. */
int vfs_mknod(const struct vfs_ns *ns, struct vfs_at at, mode_t mode, dev_t device)
{
	struct parent p CLEANUP(parent_done) = PARENT_INIT;
	struct owner new;
	mode_t type = (mode & S_IFMT) == 0 ? S_IFREG : mode & S_IFMT, host;
	bool special = type == S_IFCHR || type == S_IFBLK;
	int r;

	if (type == S_IFDIR)
		return -EPERM;
	if (!special && type != S_IFREG && type != S_IFIFO && type != S_IFSOCK)
		return -EINVAL;
	r = open_for_new(ns, at, &p);
	if (r == 0)
		r = permission_make(&p, false);
	if (r < 0)
		return r;
	/* Anyone may make the character device 0:0, a whiteout. */
	if (special && !creds_capable(ns->creds, CAP_MKNOD) && !(type == S_IFCHR && device == 0))
		return permission_denied(&p);
	if (p.tree == TREE_UNKNOWN && special) {
		r = parent_check(&p);
		if (r < 0)
			return r;
		p.tree = fd_tree(ns, p.dir);
	}
	if (p.tree == TREE_HOST && special)
		return permission_denied(&p);

	owner_of_new(ns, p.dir, "", p.tree, type | (mode & 07777), &new);
	new.rdev = special ? device : 0;
	host = mode & 0777;
	if (p.tree != TREE_HOST && (type == S_IFIFO || type == S_IFSOCK))
		host = owner_host_mode(mode & 0777, false);
	else if (p.tree != TREE_HOST && owner_needs_finish(&new))
		host = owner_host_mode(new.mode, true);
	do
		r = (int)host_call(SYS_mknodat, p.dir, p.name, host | (special ? S_IFREG : type), 0);
	while (once_more(ns, &p, r));
	if (r == 0 && (type == S_IFIFO || type == S_IFSOCK))
		return owner_finish_special(ns, p.dir, p.name, p.tree, type | (mode & 07777));
	if (r < 0 || (host & S_ISVTX) == 0)
		return r;
	r = finish_new(ns, &p, &new);
	if (r < 0)
		(void)host_call(SYS_unlinkat, p.dir, p.name, 0);
	else if (special)
		owner_note_devices(ns);
	return r;
}

int vfs_symlink(const struct vfs_ns *ns, const char *text, struct vfs_at at)
{
	struct parent p CLEANUP(parent_done) = PARENT_INIT;
	int r;

	if (text[0] == '\0')
		return -ENOENT;
	r = open_for_new(ns, at, &p);
	if (r == 0)
		r = permission_make(&p, false);
	if (r < 0)
		return r;
	do
		r = (int)host_call(SYS_symlinkat, text, p.dir, p.name);
	while (once_more(ns, &p, r));
	if (r < 0)
		return r;
	if (text[0] == '/' || path_may_go_up(text, strlen(text)))
		note_directory_change(ns);
	return owner_finish_special(ns, p.dir, p.name, p.tree, S_IFLNK | 0777);
}

int vfs_bound(const struct vfs_ns *ns, int dir, const char *name)
{
	return owner_finish_special(ns, dir, name, TREE_UNKNOWN, S_IFSOCK | 0777);
}

/* --- link ------------------------------------------------------------------------------------------------------------ */

/* -EXDEV comes after all that can be wrong with the new name. */
static int not_across(struct parent *p)
{
	struct stat st;
	int r;

	if (p->slash)
		p->name[strlen(p->name) - 1] = '\0';
	r = host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW);
	if (r == 0)
		return -EEXIST;
	return r != -ENOENT || p->slash ? r : -EXDEV;
}

/* The old file as an object: what a descriptor or a followed path names. */
static int link_object(const struct vfs_ns *ns, struct vfs_at from, int flags, struct vfs_at to)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct parent p CLEANUP(parent_done) = PARENT_INIT;
	struct owner owner;
	struct stat st;
	int r;

	r = object_open(ns, from, (flags & AT_EMPTY_PATH) != 0 ? VFS_EMPTY : 0, false, &o);
	if (r < 0)
		return r;
	r = open_for_new(ns, to, &p);
	if (r < 0)
		return r;
	if (!o.mount_known)
		o.mount_known = fd_mount(ns, o.fd, &o.mount) == 0;
	if (o.mount_known && o.mount != parent_mount(ns, &p))
		return not_across(&p);
	r = permission_matters(ns) ? permission_link(ns, o.fd, o.tree) : 0;
	if (r == -EPERM)
		return permission_denied(&p);
	if (r == 0)
		r = permission_make(&p, false);
	if (r < 0)
		return r;
	do
		r = (int)host_call(SYS_linkat, AT_FDCWD, fd_link(o.fd).text, p.dir, p.name, AT_SYMLINK_FOLLOW);
	while (once_more(ns, &p, r));
	/* It may be a link. */
	if (r == 0)
		note_directory_change(ns);
	if (r == 0 && kept_is_possible(ns) && host_fstat(o.fd, &st) == 0 && is_special(st.st_mode)) {
		owner = (struct owner){.uid = 0};
		owner_adopt(ns, o.fd, o.tree, &owner);
		r = owner_moved_special(ns, &owner, p.dir, p.tree, p.name, &st);
	}
	return r;
}

static int may_link(const struct vfs_ns *ns, const struct parent *old, const struct parent *new)
{
	int fd CLEANUP(host_close_at) = -1;
	int r;

	fd = host_openat(old->dir, old->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = permission_link(ns, fd, old->tree);
	if (r == -EPERM)
		return permission_denied(new);
	return r < 0 ? r : permission_make(new, false);
}

int vfs_link(const struct vfs_ns *ns, struct vfs_at from, struct vfs_at to, int flags)
{
	struct parent old CLEANUP(parent_done) = PARENT_INIT;
	struct parent new CLEANUP(parent_done) = PARENT_INIT;
	struct owner owner;
	struct stat st;
	int r;

	if ((flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	if (from.path == NULL || (from.path[0] == '\0' && (flags & AT_EMPTY_PATH) != 0) ||
	    (flags & AT_SYMLINK_FOLLOW) != 0)
		return link_object(ns, from, flags, to);

	r = parent_open(ns, from, &old);
	if (r < 0)
		return r;
	/* A slash follows the link, so it is the object again; so are dots and mount points. */
	if (old.kind != PARENT_NAME || old.slash || is_mount_point(old.relation))
		return link_object(ns, from, flags, to);
	r = host_fstatat(old.dir, old.name, &st, AT_SYMLINK_NOFOLLOW);
	if (r < 0)
		return r;
	r = open_for_new(ns, to, &new);
	if (r < 0)
		return r;
	r = parents_same_mount(ns, &old, &new);
	if (r < 0)
		return r == -EXDEV ? not_across(&new) : r;
	r = old.checked ? may_link(ns, &old, &new) : 0;
	if (r < 0)
		return r;
	do
		r = (int)host_call(SYS_linkat, old.dir, old.name, new.dir, new.name, 0);
	while (once_more(ns, &new, r));
	if (r == 0 && S_ISLNK(st.st_mode))
		note_directory_change(ns);
	if (r == 0 && is_special(st.st_mode)) {
		owner_of_specials(ns, old.dir, old.tree, &owner);
		r = owner_moved_special(ns, &owner, new.dir, new.tree, new.name, &st);
	}
	return r;
}

/* --- unlink ---------------------------------------------------------------------------------------------------------- */

static int unlink_special(const struct parent *p, bool directory)
{
	if (!directory)
		return -EISDIR;
	switch (p->kind) {
	case PARENT_DOT:
		return -EINVAL;
	case PARENT_DOTDOT:
		return -ENOTEMPTY;
	default:
		return -EBUSY;
	}
}

int vfs_unlink(const struct vfs_ns *ns, struct vfs_at at, int flags)
{
	struct parent p CLEANUP(parent_done) = PARENT_INIT;
	bool directory = (flags & AT_REMOVEDIR) != 0;
	struct kept_name kept;
	int r;

	if ((flags & ~AT_REMOVEDIR) != 0)
		return -EINVAL;
	r = parent_open(ns, at, &p);
	if (r < 0)
		return r;
	if (p.kind != PARENT_NAME)
		return unlink_special(&p, directory);
	if (p.read_only)
		return -EROFS;
	r = permission_remove(ns, &p, directory);
	if (r < 0)
		return r;
	if (is_mount_point(p.relation)) {
		if ((p.relation == MOUNT_FILE_POINT) == directory)
			return directory ? -ENOTDIR : -EISDIR;
		return p.slash && !directory ? -ENOTDIR : -EBUSY;
	}
	if (p.relation == MOUNT_PARENT && directory)
		return -ENOTEMPTY;
	kept_name_begin(ns, &p, &kept);
	do
		r = (int)host_call(SYS_unlinkat, p.dir, p.name, flags);
	while (once_more(ns, &p, r));
	kept_name_end(ns, &kept, r == 0);
	if (r == 0 && directory)
		note_directory_change(ns);
	return r;
}
