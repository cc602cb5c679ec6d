/*
 * Guest memory and descriptors for a call that runs in the guest's own process: addresses are ours, a fault in the copy
 * loop is caught by its pc (signal.c) and becomes -EFAULT; descriptors are the same numbers.
 */
#include <errno.h>

#include "base/host.h"
#include "translator/state.h"

static int local_read(struct tr_call *c, void *to, uint64_t from, size_t n)
{
	(void)c;
	return tr_copy(to, (const void *)(uintptr_t)from, n);
}

static int local_write(struct tr_call *c, uint64_t to, const void *from, size_t n)
{
	(void)c;
	return tr_copy((void *)(uintptr_t)to, from, n);
}

static long local_read_string(struct tr_call *c, char *to, uint64_t from, size_t size)
{
	long n = tr_copy_string(to, (const char *)(uintptr_t)from, size);

	(void)c;
	return n == (long)size ? -ENAMETOOLONG : n;
}

static int local_borrow_fd(struct tr_call *c, int guest_fd)
{
	(void)c;
	if (guest_fd == RESERVED_FD || (guest_fd < 0 && guest_fd != AT_FDCWD))
		return -EBADF;
	return guest_fd;
}

static int local_give_fd(struct tr_call *c, int fd, bool cloexec)
{
	(void)c;
	(void)cloexec;
	return fd;
}

const struct tr_port tr_local_port = {
	.read = local_read,
	.write = local_write,
	.read_string = local_read_string,
	.borrow_fd = local_borrow_fd,
	.give_fd = local_give_fd,
};
