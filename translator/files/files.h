/* What the handlers of files share. Private to translator/files/. */
#ifndef LX_TRANSLATOR_FILES_FILES_H
#define LX_TRANSLATOR_FILES_FILES_H

#include <errno.h>
#include <fcntl.h>

#include "translator/args.h"

/* What Linux 6.11 and later allow: with AT_EMPTY_PATH no path at all is as good as an empty one. */
static inline MUST_CHECK int files_maybe_null(struct vfs_at *at, int flags)
{
	if (at->path != NULL)
		return 0;
	if ((flags & AT_EMPTY_PATH) == 0)
		return -EFAULT;
	at->path = "";
	return 0;
}

/* The AT_* flags that say how a path is looked up, in the vfs's terms. */
static inline int files_lookup(int at_flags)
{
	return ((at_flags & AT_SYMLINK_NOFOLLOW) != 0 ? VFS_NOFOLLOW : 0) |
	       ((at_flags & AT_EMPTY_PATH) != 0 ? VFS_EMPTY : 0);
}

/* A descriptor argument, ready for the vfs: >= 0 or -EBADF. AT_FDCWD is none. */
static inline MUST_CHECK int files_fd(struct tr_call *c, int guest_fd)
{
	int fd = guest_fd < 0 ? -EBADF : tr_borrow_fd(c, guest_fd);

	return fd < 0 ? -EBADF : fd;
}

/* The object that a descriptor stands for, as a path argument. */
static inline struct vfs_at files_self(int fd)
{
	return (struct vfs_at){.dir = fd};
}

/*
 * Copies a struct of the kind that grows with the kernel (openat2(2), "Extensibility") from a guest's of guest_size
 * bytes: what the guest's lacks is 0, what it has more must be 0. smallest: the first version's size.
 * -EINVAL if it is smaller than that, -E2BIG if it asks for more than is known, -EFAULT.
 */
MUST_CHECK int files_read_struct(struct tr_call *c, void *to, size_t size, size_t smallest, uint64_t from,
				 uint64_t guest_size);

/* Directories of views are around from now on: relative paths of this process look before they go. */
void files_view_seen(struct tr_call *c);

#endif
