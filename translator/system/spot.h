/* What a path of a call means to the mount table. */
#ifndef LX_TRANSLATOR_SYSTEM_SPOT_H
#define LX_TRANSLATOR_SYSTEM_SPOT_H

#include <linux/limits.h>
#include <stdbool.h>

#include "base/attr.h"
#include "vfs/vfs.h"

/* Where something is mounted or was mounted from: its path in the instance ("" for its root), and what is there now. */
struct spot {
	char path[PATH_MAX];
	bool directory;
};

/* lookup: VFS_NOFOLLOW, VFS_DIRECTORY. */
MUST_CHECK int spot_find(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct spot *ret);

#endif
