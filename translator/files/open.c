/* open(2), creat(2), openat(2), openat2(2). */
#include <linux/openat2.h>

#include "base/host.h"
#include "translator/files/files.h"

/* The kernel sets it for every open of a 64-bit program; the libc's name for it is 0 there. */
#define LARGEFILE 0100000
/* O_TMPFILE without the O_DIRECTORY in it. */
#define TMPFILE_ALONE (O_TMPFILE & ~O_DIRECTORY)

#define KNOWN_FLAGS                                                                                                \
	((uint64_t)(O_ACCMODE | O_CREAT | O_EXCL | O_NOCTTY | O_TRUNC | O_APPEND | O_NONBLOCK | O_SYNC | O_DSYNC | \
		    O_ASYNC | O_DIRECT | LARGEFILE | O_DIRECTORY | O_NOFOLLOW | O_NOATIME | O_CLOEXEC | O_PATH |   \
		    O_TMPFILE))
#define PATH_FLAGS ((uint64_t)(O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC))
#define KNOWN_RESOLVE                                                                                 \
	((uint64_t)(RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS | RESOLVE_BENEATH | \
		    RESOLVE_IN_ROOT | RESOLVE_CACHED))
#define MODE_BITS 07777u

static bool creates(uint64_t flags)
{
	return (flags & (O_CREAT | TMPFILE_ALONE)) != 0;
}

/* openat(2) ignores what it does not know where openat2(2) refuses it. */
static struct open_how lenient(int flags, mode_t mode)
{
	struct open_how how = {.flags = (uint32_t)flags & KNOWN_FLAGS & ~(uint64_t)LARGEFILE};

	if ((how.flags & O_PATH) != 0)
		how.flags &= PATH_FLAGS;
	if (creates(how.flags))
		how.mode = mode & MODE_BITS;
	return how;
}

/* build_open_flags() in the kernel's fs/open.c: what is refused before the path is looked at. */
static int check(const struct open_how *how)
{
	uint64_t flags = how->flags;

	if ((flags & ~KNOWN_FLAGS) != 0 || (how->resolve & ~KNOWN_RESOLVE) != 0)
		return -EINVAL;
	if ((how->resolve & RESOLVE_BENEATH) != 0 && (how->resolve & RESOLVE_IN_ROOT) != 0)
		return -EINVAL;
	if ((how->mode & ~(uint64_t)(creates(flags) ? MODE_BITS : 0)) != 0)
		return -EINVAL;
	if ((flags & O_DIRECTORY) != 0 && (flags & O_CREAT) != 0)
		return -EINVAL;
	if ((flags & TMPFILE_ALONE) != 0 && ((flags & O_DIRECTORY) == 0 || (flags & O_ACCMODE) == O_RDONLY))
		return -EINVAL;
	if ((flags & O_PATH) != 0 && (flags & ~PATH_FLAGS) != 0)
		return -EINVAL;
	if ((how->resolve & RESOLVE_CACHED) != 0 && (flags & (O_TRUNC | O_CREAT | TMPFILE_ALONE)) != 0)
		return -EAGAIN;
	return 0;
}

/* Whether the open itself can wait: for the other end of a FIFO, a device, the holder of a lease. */
static bool may_wait(uint64_t flags)
{
	if ((flags & (O_PATH | O_DIRECTORY | O_NONBLOCK)) != 0)
		return false;
	return (flags & (O_CREAT | O_EXCL)) != (O_CREAT | O_EXCL);
}

static long open_interruptibly(void *arg, long nr, const uint64_t a[6])
{
	return tr_blocking_call(arg, nr, a);
}

static long open_file(struct tr_call *c, struct vfs_at at, const struct open_how *how)
{
	bool view_seen = false;
	int r = check(how);

	if (r < 0)
		return r;
	if (c->frame != NULL && may_wait(how->flags)) {
		c->ns.open_call = open_interruptibly;
		c->ns.open_call_arg = c;
	}
	c->ns.ret_view_dirs = &view_seen;
	r = vfs_open(&c->ns, at, (int)how->flags, (mode_t)how->mode, how->resolve);
	c->ns.ret_view_dirs = NULL;
	if (view_seen)
		files_view_seen(c);
	return tr_give_fd(c, r, (how->flags & O_CLOEXEC) != 0);
}

long sys_openat(struct tr_call *c, const struct openat_args *a)
{
	struct open_how how = lenient(a->flags, a->mode);

	return open_file(c, a->at, &how);
}

long sys_open(struct tr_call *c, const struct open_args *a)
{
	return sys_openat(c, &(struct openat_args){a->at, a->flags, a->mode});
}

long sys_creat(struct tr_call *c, const struct creat_args *a)
{
	return sys_openat(c, &(struct openat_args){a->at, O_CREAT | O_WRONLY | O_TRUNC, a->mode});
}

long sys_openat2(struct tr_call *c, const struct openat2_args *a)
{
	struct open_how how;
	int r = files_read_struct(c, &how, sizeof(how), sizeof(how), a->how, a->size);

	return r < 0 ? r : open_file(c, a->at, &how);
}
