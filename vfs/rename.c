/* rename(2): two names, and what must not be renamed. */
#include <errno.h>
#include <linux/fs.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/owner.h"

static bool is_directory(const struct parent *p)
{
	struct stat st;

	return host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
}

/* In the kernel's order of checks. */
static int check(const struct vfs_ns *ns, struct parent *from, struct parent *to, unsigned flags)
{
	if ((from->dir != to->dir || !from->borrowed || !to->borrowed) &&
	    parent_mount(ns, from) != parent_mount(ns, to))
		return -EXDEV;
	if (from->kind != PARENT_NAME)
		return -EBUSY;
	if (to->kind != PARENT_NAME)
		return (flags & RENAME_NOREPLACE) != 0 ? -EEXIST : -EBUSY;
	if (from->read_only || to->read_only)
		return -EROFS;
	if (from->relation != MOUNT_UNRELATED)
		return -EBUSY;
	if (to->relation != MOUNT_UNRELATED)
		return (flags & RENAME_NOREPLACE) != 0 ? -EEXIST : -EBUSY;
	return 0;
}

int vfs_rename(const struct vfs_ns *ns, struct vfs_at from, struct vfs_at to, unsigned flags)
{
	struct parent old CLEANUP(parent_done) = PARENT_INIT;
	struct parent new CLEANUP(parent_done) = PARENT_INIT;
	int r;

	if ((flags & ~(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0 ||
	    ((flags & RENAME_EXCHANGE) != 0 && (flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0))
		return -EINVAL;
	r = parent_open(ns, from, &old);
	if (r == 0)
		r = parent_open(ns, to, &new);
	if (r == 0)
		r = check(ns, &old, &new, flags);
	if (r < 0)
		return r;
	r = (int)host_call(SYS_renameat2, old.dir, old.name, new.dir, new.name, flags);
	if (r == -EACCES && (owner_grant(ns, old.dir, old.tree) | owner_grant(ns, new.dir, new.tree)))
		r = (int)host_call(SYS_renameat2, old.dir, old.name, new.dir, new.name, flags);
	if (r == 0 && (is_directory(&new) || ((flags & RENAME_EXCHANGE) != 0 && is_directory(&old))))
		note_directory_change(ns);
	return r;
}
