/*
 * What a guest that is not all-powerful may do: fs/namei.c's rules, on the guest's ids and the owners and modes that the
 * guest sees. Private to vfs/. Results are 0 or -errno; nobody is asked where permission_matters() is false.
 */
#ifndef LX_VFS_PERMISSION_H
#define LX_VFS_PERMISSION_H

#include <linux/capability.h>
#include <unistd.h>

#include "vfs/owner.h"

/* False for callers that no rule here stops, as root is: they pay nothing for the rules. */
static inline bool permission_matters(const struct vfs_ns *ns)
{
	const uint64_t all =
		1ull << CAP_DAC_OVERRIDE | 1ull << CAP_DAC_READ_SEARCH | 1ull << CAP_FOWNER | 1ull << CAP_FSETID;

	return (ns->creds->cap_effective & all) != all;
}

/*
 * generic_permission(): mode is of R_OK, W_OK, X_OK. fd: what o is of (O_PATH too), or AT_FDCWD; -1 where it can have no access
 * control list.
 */
MUST_CHECK int permission_of(const struct vfs_ns *ns, int fd, const struct owner *o, int mode);
/* The object's host stat and whose it is, in what mode asks of it: fd may be O_PATH, or AT_FDCWD. */
MUST_CHECK int permission_owner(const struct vfs_ns *ns, int fd, enum tree tree, int mode, struct stat *st,
				struct owner *ret);
/* The same for a descriptor (O_PATH too) or AT_FDCWD. */
MUST_CHECK int permission_fd(const struct vfs_ns *ns, int fd, enum tree tree, int mode);
/* dir (a descriptor or AT_FDCWD) is a directory that names may be looked up in. */
MUST_CHECK int permission_search(const struct vfs_ns *ns, int dir, enum tree tree);
/* May read, may write: what is at o. -EPERM and -EACCES as object and mode say. */
MUST_CHECK int permission_object(const struct vfs_ns *ns, const struct object *o, int mode);

/* may_open(), for what is at w->place: fd, O_PATH. 0 where the host's answer comes first, which is never a descriptor. */
MUST_CHECK int permission_open(struct walk *w, int fd, int flags);
/* Nothing is there: may it be made? */
MUST_CHECK int permission_create(struct walk *w);

/* Fills p's permissions; -EACCES if nothing may be looked up in its directory. */
MUST_CHECK int permission_parent(const struct vfs_ns *ns, struct parent *p);
/* In a directory that was removed nothing is made: -ENOENT in the place of -EACCES. */
int permission_dead(int dir, int r);
/* may_create(), behind what a name that exists answers. directory: a slash behind the name is welcome. */
MUST_CHECK int permission_make(const struct parent *p, bool directory);
/* -EPERM for what may not be made or linked at p, or what is wrong with the name before that. */
MUST_CHECK int permission_denied(const struct parent *p);
/* may_delete(). directory: rmdir. */
MUST_CHECK int permission_remove(const struct vfs_ns *ns, const struct parent *p, bool directory);
MUST_CHECK int permission_rename(const struct vfs_ns *ns, const struct parent *from, const struct parent *to,
				 unsigned flags);
/* may_linkat(): fs.protected_hardlinks. */
MUST_CHECK int permission_link(const struct vfs_ns *ns, int fd, enum tree tree);
/*
 * may_follow_link(): fs.protected_symlinks, where path, which ends in a link, may be followed by anybody. Costs nothing as long as
 * nobody has made a link in another's directory.
 */
MUST_CHECK int permission_follow(const struct vfs_ns *ns, int dir, const char *path, enum tree tree);
/* may_create_in_sticky(): fs.protected_regular and fs.protected_fifos. dir is where fd was found. */
MUST_CHECK int permission_sticky(const struct vfs_ns *ns, int dir, const char *path, enum tree tree,
				 const struct owner *o);

#endif
