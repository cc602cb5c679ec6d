/* Changing what an inode says: mode, owner, times, length. */
#include <errno.h>
#include <linux/capability.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/kept.h"
#include "vfs/permission.h"

int fd_is_real(int fd)
{
	int flags = host_fcntl(fd, F_GETFL, 0);

	if (flags < 0)
		return flags;
	return (flags & O_PATH) != 0 ? -EBADF : 0;
}

static int read_object(const struct vfs_ns *ns, struct object *o, struct stat *st, struct owner *owner)
{
	int r = host_fstatat(o->fd, "", st, AT_EMPTY_PATH);

	if (r < 0)
		return r;
	if (o->tree == TREE_UNKNOWN)
		o->tree = fd_tree(ns, o->fd);
	owner_get(ns, o->fd, o->tree, st, owner);
	return 0;
}

/* What a descriptor is of, to be changed. */
static int open_descriptor(const struct vfs_ns *ns, int fd, struct object *ret)
{
	int r = fd_is_real(fd);

	return r < 0 ? r : object_open(ns, (struct vfs_at){.dir = fd, .path = NULL}, 0, true, ret);
}

/* A device or terminal of the host's that is shown to the guest: it changes for nobody. */
static bool is_host_device(const struct vfs_ns *ns, const struct object *o, const struct stat *st)
{
	return o->tree == TREE_HOST && (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode)) && st->st_uid != ns->in->host_uid;
}

/*
 * What is there already is set once more, for who watches the file (inotify) or its ctime. A host's file that is not the
 * caller's stays as it is.
 */
static void touch_mode(const struct object *o, const struct stat *st)
{
	if (host_call(SYS_fchmod, o->fd, st->st_mode & 07777) == -EBADF)
		(void)host_call(SYS_chmod, fd_link(o->fd).text, st->st_mode & 07777);
}

static void touch_owner(const struct object *o, uid_t uid)
{
	(void)host_call(SYS_fchownat, o->fd, "", uid, -1, AT_EMPTY_PATH);
}

/* --- mode ------------------------------------------------------------------------------------------------------------- */

static int change_mode(const struct vfs_ns *ns, struct object *o, mode_t mode)
{
	struct owner owner;
	struct stat st;
	bool same;
	int r = read_object(ns, o, &st, &owner);

	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode))
		return -EOPNOTSUPP;
	if (!owner_may_change(ns, &owner))
		return -EPERM;
	mode = (owner.mode & S_IFMT) | (mode & 07777);
	if (!owner_may_set_gid(ns, owner.gid))
		mode &= ~(mode_t)S_ISGID;
	same = mode == owner.mode;
	if (same && is_host_device(ns, o, &st))
		return 0;
	if (same && (owner.kept || !owner_needs_attribute(&owner))) {
		touch_mode(o, &st);
		return 0;
	}
	owner.mode = mode;
	r = owner_set(ns, o->fd, o->tree, &st, &owner);
	if (r == 0 && S_ISDIR(st.st_mode))
		note_directory_change(ns);
	return r;
}

int vfs_chmod(const struct vfs_ns *ns, struct vfs_at at, int lookup, mode_t mode)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	int r = object_open(ns, at, lookup, true, &o);

	return r < 0 ? r : change_mode(ns, &o, mode);
}

int vfs_fchmod(const struct vfs_ns *ns, int fd, mode_t mode)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	int r = open_descriptor(ns, fd, &o);

	return r < 0 ? r : change_mode(ns, &o, mode);
}

/* --- owner ------------------------------------------------------------------------------------------------------------ */

static bool may_chown(const struct vfs_ns *ns, const struct owner *o, uid_t uid, gid_t gid)
{
	if (creds_capable(ns->creds, CAP_CHOWN))
		return true;
	if (o->anyones)
		return (uid == (uid_t)-1 || uid == ns->creds->fsuid) &&
		       (gid == (gid_t)-1 || gid == o->gid || creds_in_group(ns->creds, gid));
	if (uid != (uid_t)-1 && (ns->creds->fsuid != o->uid || uid != o->uid))
		return false;
	if (gid != (gid_t)-1 && (ns->creds->fsuid != o->uid || (gid != o->gid && !creds_in_group(ns->creds, gid))))
		return false;
	return true;
}

/* A file of the host's: its owner can only give it to one of his groups. */
static int change_host_owner(const struct vfs_ns *ns, const struct object *o, const struct stat *st,
			     const struct owner *now, const struct owner *want)
{
	if (S_ISCHR(st->st_mode) && owner_set_terminal(ns, st, want))
		return 0;
	/* Devices and what has no place in the tree: nobody else sees who owns them. */
	if (S_ISCHR(st->st_mode) || S_ISFIFO(st->st_mode) || S_ISSOCK(st->st_mode))
		return 0;
	if (want->uid != now->uid)
		return -EPERM;
	if (want->gid == now->gid)
		return 0;
	return (int)host_call(SYS_fchownat, o->fd, "", -1, want->gid == 0 ? ns->in->host_gid : want->gid,
			      AT_EMPTY_PATH);
}

static int change_owner(const struct vfs_ns *ns, struct object *o, uid_t uid, gid_t gid)
{
	struct owner now, want;
	struct stat st;
	int r = read_object(ns, o, &st, &now);

	if (r < 0)
		return r;
	if (S_ISLNK(st.st_mode) && !now.kept && o->tree == TREE_GUEST)
		owner_adopt(ns, o->fd, o->tree, &now);
	if (!may_chown(ns, &now, uid, gid))
		return -EPERM;
	want = now;
	if (uid != (uid_t)-1)
		want.uid = uid;
	if (gid != (gid_t)-1)
		want.gid = gid;
	/* A program that changes hands is set-id no more. */
	if (!S_ISDIR(want.mode)) {
		want.mode &= ~(mode_t)S_ISUID;
		if ((want.mode & S_IXGRP) != 0 || !owner_may_set_gid(ns, now.gid))
			want.mode &= ~(mode_t)S_ISGID;
	}
	if (want.mode != now.mode && !owner_may_change(ns, &now))
		return -EPERM;
	if (o->tree == TREE_HOST)
		return change_host_owner(ns, o, &st, &now, &want);
	/* Nobody keeps whose it is: it stays as it is. */
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode) && !(is_special(st.st_mode) && kept_is_possible(ns))) {
		touch_owner(o, st.st_uid);
		return 0;
	}
	owner_drop_capabilities(ns, o->fd, o->tree, now.mode);
	if (want.uid == now.uid && want.gid == now.gid && want.mode == now.mode) {
		touch_owner(o, uid == (uid_t)-1 && gid == (gid_t)-1 ? uid : st.st_uid);
		return 0;
	}
	r = S_ISDIR(st.st_mode) ? owner_give_directory(ns, o->fd, o->tree, &st, &now, &want)
				: owner_set(ns, o->fd, o->tree, &st, &want);
	if (r == 0 && S_ISDIR(st.st_mode))
		note_directory_change(ns);
	if (r == 0 && is_special(st.st_mode))
		touch_owner(o, st.st_uid);
	return r;
}

int vfs_chown(const struct vfs_ns *ns, struct vfs_at at, int lookup, uid_t uid, gid_t gid)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	int r = object_open(ns, at, lookup, true, &o);

	return r < 0 ? r : change_owner(ns, &o, uid, gid);
}

int vfs_fchown(const struct vfs_ns *ns, int fd, uid_t uid, gid_t gid)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	int r = open_descriptor(ns, fd, &o);

	return r < 0 ? r : change_owner(ns, &o, uid, gid);
}

/* --- times and length --------------------------------------------------------------------------------------------------- */

static bool is_now(const struct timespec *times)
{
	return times == NULL || (times[0].tv_nsec == UTIME_NOW && times[1].tv_nsec == UTIME_NOW);
}

int vfs_utimens(const struct vfs_ns *ns, struct vfs_at at, int lookup, const struct timespec *times)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct owner owner;
	struct stat st;
	int r;

	if (at.path == NULL && at.dir == AT_FDCWD)
		return -EFAULT;
	r = at.path == NULL ? fd_is_real(at.dir) : 0;
	if (r == 0)
		r = object_open(ns, at, lookup, true, &o);
	if (r < 0)
		return r;
	/* Root may; others must own it, or be able to write to it for the time of now. */
	if (!creds_capable(ns->creds, CAP_FOWNER)) {
		r = read_object(ns, &o, &st, &owner);
		if (r == 0 && !owner_may_change(ns, &owner))
			r = is_now(times) ? permission_of(ns, o.fd, &owner, W_OK) : -EPERM;
		if (r < 0)
			return r;
	}
	r = (int)host_call(SYS_utimensat, o.fd, "", times, AT_EMPTY_PATH);
	if (r == -EPERM && read_object(ns, &o, &st, &owner) == 0 && is_host_device(ns, &o, &st))
		return 0;
	return r;
}

/* Who cuts a program takes its set-id bits. */
static int may_truncate(const struct vfs_ns *ns, struct object *o)
{
	struct owner owner;
	struct stat st;
	int r = read_object(ns, o, &st, &owner);

	if (r < 0)
		return r;
	if (!S_ISREG(owner.mode))
		return S_ISDIR(owner.mode) ? -EISDIR : -EINVAL;
	r = permission_of(ns, o->fd, &owner, W_OK);
	if (r == 0)
		owner_drop_capabilities(ns, o->fd, o->tree, owner.mode);
	return r < 0 ? r : owner_written(ns, o->fd, o->tree, &st, &owner);
}

int vfs_truncate(const struct vfs_ns *ns, struct vfs_at at, off_t length)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct stat st;
	int r;

	if (length < 0)
		return -EINVAL;
	r = object_open(ns, at, 0, true, &o);
	/* What kind of file it is comes before what kind of file system. */
	if (r == -EROFS && vfs_stat(ns, at, 0, &st) == 0 && !S_ISREG(st.st_mode))
		return S_ISDIR(st.st_mode) ? -EISDIR : -EINVAL;
	if (r < 0)
		return r;
	r = permission_matters(ns) || owner_may_be_device(ns) ? may_truncate(ns, &o) : 0;
	if (r < 0)
		return r;
	r = (int)host_call(SYS_truncate, fd_link(o.fd).text, length);
	if (r == -EACCES && owner_grant(ns, o.fd, o.tree))
		r = (int)host_call(SYS_truncate, fd_link(o.fd).text, length);
	return r;
}
