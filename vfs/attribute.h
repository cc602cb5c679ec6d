/*
 * Attributes that are kept for the distribution's own files, under names that are the guest's: with the host's inode, user.* as it
 * is and others as KEPT_PREFIX and the name; in the sidecar where the inode or its file system takes none. Private to vfs/.
 */
#ifndef LX_VFS_ATTRIBUTE_H
#define LX_VFS_ATTRIBUTE_H

#include "vfs/owner.h"

/* fd: any kind, O_PATH too, or AT_FDCWD. As getxattr(2), setxattr(2), removexattr(2). -ERANGE for a name that is too long. */
MUST_CHECK ssize_t attribute_get(const struct vfs_ns *ns, int fd, const char *name, void *value, size_t size);
MUST_CHECK int attribute_set(const struct vfs_ns *ns, int fd, const char *name, const void *value, size_t size,
			     int flags);
MUST_CHECK int attribute_remove(const struct vfs_ns *ns, int fd, const char *name);
/* The names of those in the sidecar, each with a NUL; 0 where there are none. As listxattr(2). */
MUST_CHECK ssize_t attribute_list_kept(const struct vfs_ns *ns, int fd, char *names, size_t size);

#endif
