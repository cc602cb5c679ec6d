/*
 * What the instance's sidecar keeps (base/sidecar.h): owners and modes of links, FIFOs and sockets, and of everything on a file
 * system that takes no user attributes. Private to vfs/.
 *
 * Reading is a look into the instance's memory; the host is asked only about an inode that something may be kept of, for its
 * time of birth. Writing is an instance call, by ns->sidecar.
 */
#ifndef LX_VFS_KEPT_H
#define LX_VFS_KEPT_H

#include "vfs/owner.h"

/* There is a sidecar that can be written to. */
static inline bool kept_is_possible(const struct vfs_ns *ns)
{
	return (ns->in->features & INSTANCE_SIDECAR) != 0 && ns->sidecar != NULL;
}

/* Links, FIFOs and sockets: what has no attributes on any file system. */
static inline bool is_special(mode_t mode)
{
	return S_ISLNK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode);
}

/* False: nothing is kept of the inode. st: its host stat. No system call. */
bool kept_may_be(const struct vfs_ns *ns, const struct stat *st);
bool kept_has_owner(const struct vfs_ns *ns, const struct stat *st);
/* It has attributes in the sidecar. No system call. */
bool kept_has_attributes(const struct vfs_ns *ns, const struct stat *st);
/* fd: any kind, O_PATH too, or AT_FDCWD. False, and *ret as it was: no owner is kept. */
bool kept_get(const struct vfs_ns *ns, int fd, const struct stat *st, struct owner *ret);
/* -EOPNOTSUPP: there is no sidecar. */
MUST_CHECK int kept_set(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *want);
/* Nothing is kept of the inode any more. */
void kept_forget(const struct vfs_ns *ns, const struct stat *st);
/* The host says what `want` says: no owner has to be kept any more. */
void kept_forget_owner(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *want);

/* An attribute under the guest's name; name NULL: all names, each with a NUL. As getxattr(2) and listxattr(2). */
MUST_CHECK ssize_t kept_attribute(const struct vfs_ns *ns, int fd, const struct stat *st, const char *name, void *buf,
				  size_t size);
/* value NULL: removes it; flags as setxattr(2)'s. -EOPNOTSUPP: there is no sidecar. */
MUST_CHECK int kept_set_attribute(const struct vfs_ns *ns, int fd, const struct stat *st, const char *name,
				  const void *value, size_t size, int flags);

/*
 * A name that is about to be removed or replaced, p->name in p->dir: what is kept of its inode goes with its last name. Begin,
 * the call, and end with what became of it; costs nothing as long as nothing at all is kept.
 */
struct kept_name {
	int fd; /* of the inode, so that its number is not used again; -1: nothing is kept of it */
};
void kept_name_begin(const struct vfs_ns *ns, const struct parent *p, struct kept_name *ret);
void kept_name_end(const struct vfs_ns *ns, struct kept_name *k, bool done);

#endif
