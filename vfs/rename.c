/* rename(2): two names, and what must not be renamed. */
#include <errno.h>
#include <linux/fs.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/kept.h"
#include "vfs/permission.h"

/* What is called p's name now came from another directory: others must hear of a directory, and a link keeps its owner. */
static void note_moved(const struct vfs_ns *ns, const struct parent *from, const struct parent *p)
{
	struct owner old;
	struct stat st;

	if (host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return;
	if (S_ISDIR(st.st_mode) || S_ISLNK(st.st_mode))
		note_directory_change(ns);
	if (is_special(st.st_mode)) {
		owner_of_specials(ns, from->dir, from->tree, &old);
		(void)!owner_moved_special(ns, &old, p->dir, p->tree, p->name, &st);
	}
}

/* 1 for a directory, 0 for anything else, -ENOENT; mount points are what is mounted there. */
static int type_of(const struct parent *p)
{
	struct stat st;
	int r;

	if (is_mount_point(p->relation))
		return p->relation == MOUNT_POINT;
	r = host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW);
	return r < 0 ? r : S_ISDIR(st.st_mode);
}

/* A mount point is one of the names: what else is wrong comes first, in the kernel's order. */
static int check_busy(const struct parent *from, const struct parent *to, unsigned flags)
{
	int old = type_of(from), new = type_of(to);

	if (old < 0)
		return old;
	if (new < 0 && (new != -ENOENT || (flags & RENAME_EXCHANGE) != 0))
		return new;
	if (new >= 0 && (flags & RENAME_NOREPLACE) != 0)
		return -EEXIST;
	if ((flags & RENAME_EXCHANGE) != 0 && new == 0 && to->slash)
		return -ENOTDIR;
	if (old == 0 && (from->slash || (to->slash && (flags & RENAME_EXCHANGE) == 0)))
		return -ENOTDIR;
	if (new >= 0 && (flags & RENAME_EXCHANGE) == 0 && old != new)
		return old == 1 ? -ENOTDIR : -EISDIR;
	return -EBUSY;
}

/* In the kernel's order of checks. */
static int check(const struct vfs_ns *ns, struct parent *from, struct parent *to, unsigned flags)
{
	int r = parents_same_mount(ns, from, to);

	if (r < 0)
		return r;
	if (from->kind != PARENT_NAME)
		return -EBUSY;
	if (to->kind != PARENT_NAME)
		return (flags & RENAME_NOREPLACE) != 0 ? -EEXIST : -EBUSY;
	if (from->read_only || to->read_only)
		return -EROFS;
	r = permission_rename(ns, from, to, flags);
	if (r < 0)
		return r;
	if (from->relation != MOUNT_UNRELATED || is_mount_point(to->relation))
		return check_busy(from, to, flags);
	return 0;
}

/* A directory that moves must be writable itself: its ".." changes. */
static bool grant_named(const struct vfs_ns *ns, const struct parent *p)
{
	int fd CLEANUP(host_close_at) = -1;

	fd = host_openat(p->dir, p->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd >= 0 && owner_grant(ns, fd, p->tree);
}

/* The guest's root may change directories whatever their modes: true if the host's would not let it. */
static bool grant(const struct vfs_ns *ns, const struct parent *from, const struct parent *to)
{
	bool granted = owner_grant(ns, from->dir, from->tree);

	granted |= owner_grant(ns, to->dir, to->tree);
	granted |= grant_named(ns, from);
	granted |= grant_named(ns, to);
	return granted;
}

int vfs_rename(const struct vfs_ns *ns, struct vfs_at from, struct vfs_at to, unsigned flags)
{
	struct parent old CLEANUP(parent_done) = PARENT_INIT;
	struct parent new CLEANUP(parent_done) = PARENT_INIT;
	struct kept_name kept;
	int r;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0 ||
	    ((flags & RENAME_EXCHANGE) != 0 && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0))
		return -EINVAL;
	r = parent_open(ns, from, &old);
	if (r < 0)
		return r;
	r = parent_open(ns, to, &new);
	if (r < 0) {
		/* What is wrong with the other directory comes first. */
		int first = parent_check(&old);

		return first < 0 ? first : r;
	}
	r = check(ns, &old, &new, flags);
	if (r < 0)
		return r;
	kept_name_begin(ns, &new, &kept);
	r = (int)host_call(SYS_renameat2, old.dir, old.name, new.dir, new.name, flags);
	if (r == -EACCES && grant(ns, &old, &new))
		r = (int)host_call(SYS_renameat2, old.dir, old.name, new.dir, new.name, flags);
	kept_name_end(ns, &kept, r == 0);
	if (r == 0)
		note_moved(ns, &old, &new);
	if (r == 0 && (flags & RENAME_EXCHANGE) != 0)
		note_moved(ns, &new, &old);
	return r;
}
