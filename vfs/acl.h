/*
 * POSIX access control lists of the distribution's own files (acl(5)): kept as attributes of ours, since the host would act on
 * them, with guests' ids. Private to vfs/.
 *
 * Which lists a file has is in what is kept of its owner (struct owner.acl), so that files without any cost no call. What an
 * access list says of the owner, the mask and others is the mode's business: the value's own entries for these count for nothing
 * once it is set, and so chmod(2) needs to know nothing of lists. A list that says no more than a mode is not kept.
 */
#ifndef LX_VFS_ACL_H
#define LX_VFS_ACL_H

#include "vfs/owner.h"

/* system.posix_acl_access, system.posix_acl_default. */
bool acl_is_name(const char *name);

/*
 * posix_acl_permission(): what o's access list says to the caller, who is not the owner. 0, -EACCES, or 1 where there is none
 * and the mode decides. fd (O_PATH too) or AT_FDCWD is what o is of.
 */
MUST_CHECK int acl_permission(const struct vfs_ns *ns, int fd, const struct owner *o, int mode);

/*
 * What is new in a directory with a default list gets its mode and lists from there, and the umask does not count: dir and path as
 * in owner_of_new(), new->mode what was asked for.
 */
void acl_of_new(const struct vfs_ns *ns, int dir, const char *path, struct owner *new);
/* The lists of new are given to what has been made, before its owner is set: fd may be O_PATH. */
MUST_CHECK int acl_give(const struct vfs_ns *ns, int fd, struct owner *new);

/* The calls on attributes. The object is not the host's: its tree is TREE_GUEST. */
MUST_CHECK int acl_set(const struct vfs_ns *ns, const struct object *o, const char *name, const void *value,
		       size_t size);
MUST_CHECK ssize_t acl_get(const struct vfs_ns *ns, const struct object *o, const char *name, void *value, size_t size);
MUST_CHECK int acl_remove(const struct vfs_ns *ns, const struct object *o, const char *name);

#endif
