/*
 * Calls that could close, replace, copy or mark the reserved descriptor. For the guest it is a number that cannot be had: as a
 * source it is not open, as a target it is refused as one beyond the limit is, and a range goes around it.
 */
#include <fcntl.h>
#include <linux/close_range.h>

#include "base/host.h"
#include "translator/files/files.h"

long sys_close(struct tr_call *c, const struct close_args *a)
{
	return a->fd == RESERVED_FD ? -EBADF : tr_native(c);
}

long sys_dup(struct tr_call *c, const struct dup_args *a)
{
	return a->oldfd == RESERVED_FD ? -EBADF : tr_native(c);
}

/* Marked to be closed at exec it would be missing in the next program. */
long sys_fcntl(struct tr_call *c, const struct fcntl_args *a)
{
	return a->fd == RESERVED_FD ? -EBADF : tr_native(c);
}

long sys_dup2(struct tr_call *c, const struct dup2_args *a)
{
	return a->oldfd == RESERVED_FD || a->newfd == RESERVED_FD ? -EBADF : tr_native(c);
}

long sys_dup3(struct tr_call *c, const struct dup3_args *a)
{
	if ((a->flags & ~O_CLOEXEC) != 0 || a->oldfd == a->newfd)
		return -EINVAL;
	return a->oldfd == RESERVED_FD || a->newfd == RESERVED_FD ? -EBADF : tr_native(c);
}

static long close_part(uint32_t first, uint32_t last, uint32_t flags)
{
	return host_call(SYS_close_range, first, last, flags);
}

long sys_close_range(struct tr_call *c, const struct close_range_args *a)
{
	uint32_t flags = a->flags;
	long r = 0;

	if (a->first > a->last || a->first > RESERVED_FD || a->last < RESERVED_FD)
		return tr_native(c);
	if ((flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)) != 0)
		return -EINVAL;
	/* The table is unshared once, with whichever part comes first; a part that is empty lies beyond all descriptors. */
	if (a->first < RESERVED_FD)
		r = close_part(a->first, RESERVED_FD - 1, flags);
	else if ((flags & CLOSE_RANGE_UNSHARE) != 0)
		r = close_part(UINT32_MAX, UINT32_MAX, flags);
	if (r < 0 || a->last == RESERVED_FD)
		return r;
	return close_part(RESERVED_FD + 1, a->last, flags & ~CLOSE_RANGE_UNSHARE);
}
