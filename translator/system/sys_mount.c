/* mount(2) and umount2(2): what the flags ask for, and the rights and paths that it needs. The table is in mounts.c. */
#include <errno.h>
#include <linux/capability.h>
#include <sys/mount.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/system/fstypes.h"
#include "translator/system/mount_ns.h"
#include "translator/system/mounts.h"
#include "translator/system/pivot.h"
#include "translator/system/spot.h"
#include "translator/system/tmpfs.h"

#define PROPAGATION (MS_SHARED | MS_PRIVATE | MS_SLAVE | MS_UNBINDABLE)
#define MAGIC_MASK  0xffff0000ul
#define MAGIC       0xc0ed0000ul

static int bind_mount(struct tr_call *c, const struct mount_args *a, const struct spot *to)
{
	struct spot from;
	int r;

	if (a->source == NULL || a->source[0] == '\0')
		return -EINVAL;
	r = spot_find(&c->ns, (struct vfs_at){AT_FDCWD, a->source}, 0, &from);
	if (r < 0)
		return r;
	if (from.directory != to->directory)
		return -ENOTDIR;
	/* Nothing can be mounted over the root: every process has it open. */
	if (to->path[0] == '\0')
		return -EBUSY;
	r = mounts_bind(c->ns.in, c->ns.mount_ns, from.path, to->path, !from.directory, (a->mountflags & MS_REC) != 0);
	if (r != -ENOSPC)
		return r;
	mount_ns_collect(&c->ns);
	return mounts_bind(c->ns.in, c->ns.mount_ns, from.path, to->path, !from.directory,
			   (a->mountflags & MS_REC) != 0);
}

static int move_here(struct tr_call *c, const struct mount_args *a, const struct spot *to)
{
	struct spot from;
	int r;

	if (a->source == NULL || a->source[0] == '\0')
		return -EINVAL;
	r = spot_find(&c->ns, (struct vfs_at){AT_FDCWD, a->source}, 0, &from);
	if (r < 0)
		return r;
	if (!mounts_is_point(c->ns.in, c->ns.mount_ns, from.path) || from.directory != to->directory ||
	    to->path[0] == '\0')
		return -EINVAL;
	return mounts_move(c->ns.in, c->ns.mount_ns, from.path, to->path);
}

/* Every namespace's mounts are its own, and nothing propagates between them: all four mean what is so already. */
static int change_propagation(struct tr_call *c, uint64_t flags, const struct spot *at)
{
	const uint64_t type = flags & ~(uint64_t)(MS_REC | MS_SILENT);

	if (!mounts_is_point(c->ns.in, c->ns.mount_ns, at->path))
		return -EINVAL;
	return (type & ~(uint64_t)PROPAGATION) == 0 && (type & (type - 1)) == 0 ? 0 : -EINVAL;
}

static int remount(struct tr_call *c, uint64_t flags, const char *data, const struct spot *at)
{
	if (!mounts_is_point(c->ns.in, c->ns.mount_ns, at->path))
		return -EINVAL;
	/* The root is used by everyone. */
	if (at->path[0] == '\0')
		return (flags & MS_RDONLY) != 0 ? -EBUSY : 0;
	return mounts_change(c->ns.in, c->ns.mount_ns, at->path, flags, data);
}

static int new_mount(struct tr_call *c, const struct mount_args *a, uint64_t flags, const char *data,
		     const struct spot *at)
{
	struct fstype_request request = {
		.ns = &c->ns,
		.type = a->filesystemtype,
		.device = a->source,
		.point = at->path,
		.flags = flags,
		.options = data,
	};
	int r;

	if (a->filesystemtype == NULL)
		return -EINVAL;
	r = fstype_mount(&request, at->directory);
	if (r == -ENOSPC) {
		mount_ns_collect(&c->ns);
		r = fstype_mount(&request, at->directory);
	}
	return r == -ENODEV || r == -EPERM ? (int)tr_gap(c, r) : r;
}

/* The options as text; "" for none. What is no text is for file systems that are not there. */
static int read_data(struct tr_call *c, uint64_t from, char *to, size_t size)
{
	long r;

	to[0] = '\0';
	if (from == 0)
		return 0;
	r = tr_read_string(c, to, from, size);
	return r == -ENAMETOOLONG ? -EINVAL : r < 0 ? (int)r : 0;
}

long sys_mount(struct tr_call *c, const struct mount_args *a)
{
	uint64_t flags = a->mountflags;
	char data[PATH_MAX];
	struct spot at;
	int r;

	r = read_data(c, a->data, data, sizeof(data));
	if (r < 0)
		return r;
	r = spot_find(&c->ns, a->at, 0, &at);
	if (r < 0)
		return r;
	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	if ((flags & MAGIC_MASK) == MAGIC)
		flags &= ~MAGIC_MASK;
	if ((flags & (MS_REMOUNT | MS_BIND)) == (MS_REMOUNT | MS_BIND))
		return remount(c, flags, "", &at);
	if ((flags & MS_REMOUNT) != 0)
		return remount(c, flags, data, &at);
	if ((flags & MS_BIND) != 0)
		return bind_mount(c, a, &at);
	if ((flags & PROPAGATION) != 0)
		return change_propagation(c, flags, &at);
	if ((flags & MS_MOVE) != 0)
		return move_here(c, a, &at);
	return new_mount(c, a, flags, data, &at);
}

long sys_umount2(struct tr_call *c, const struct umount2_args *a)
{
	char source[sizeof(((struct mount_entry *)0)->source)];
	struct spot at;
	int r;

	if ((a->flags & ~(uint32_t)(MNT_FORCE | MNT_DETACH | MNT_EXPIRE | UMOUNT_NOFOLLOW)) != 0)
		return -EINVAL;
	r = spot_find(&c->ns, a->at, (a->flags & UMOUNT_NOFOLLOW) != 0 ? VFS_NOFOLLOW : 0, &at);
	if (r < 0)
		return r;
	if (!creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EPERM;
	if (!mounts_is_point(c->ns.in, c->ns.mount_ns, at.path))
		return -EINVAL;
	if ((a->flags & MNT_EXPIRE) != 0 && (a->flags & (MNT_FORCE | MNT_DETACH)) != 0)
		return -EINVAL;
	if (at.path[0] == '\0' && (a->flags & MNT_DETACH) != 0 && pivot_drop_old(c->ns.in, c->ns.mount_ns))
		return 0;
	r = mounts_remove(c->ns.in, c->ns.mount_ns, at.path, (int)a->flags, source);
	if (r == 0 && source[0] != '\0')
		tmpfs_remove(&c->ns, source);
	return r;
}
