#include "translator/supervisor/notify_port.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"

#ifndef SECCOMP_ADDFD_FLAG_SEND
#define SECCOMP_ADDFD_FLAG_SEND (1ul << 1)
#endif

static struct notify_request *request_of(struct tr_call *c)
{
	return (struct notify_request *)(void *)c;
}

bool notify_request_valid(const struct notify_request *r)
{
	return ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &r->id) == 0;
}

static ssize_t copy_in(struct notify_request *r, void *to, uint64_t from, size_t n)
{
	struct iovec local = {.iov_base = to, .iov_len = n};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)from, .iov_len = n};
	ssize_t got = process_vm_readv(r->tid, &local, 1, &remote, 1, 0);

	/* The number may belong to another process by now; then what was read is nobody's business. */
	return got < 0 || !notify_request_valid(r) ? -EFAULT : got;
}

static int read_memory(struct tr_call *c, void *to, uint64_t from, size_t n)
{
	return n == 0 || copy_in(request_of(c), to, from, n) == (ssize_t)n ? 0 : -EFAULT;
}

static int write_memory(struct tr_call *c, uint64_t to, const void *from, size_t n)
{
	struct notify_request *r = request_of(c);
	struct iovec local = {.iov_base = (void *)(uintptr_t)from, .iov_len = n};
	struct iovec remote = {.iov_base = (void *)(uintptr_t)to, .iov_len = n};

	if (n == 0)
		return 0;
	if (!notify_request_valid(r))
		return -EFAULT;
	return process_vm_writev(r->tid, &local, 1, &remote, 1, 0) == (ssize_t)n ? 0 : -EFAULT;
}

/* Page by page: a string may end just in front of memory that is not there. */
static long read_string(struct tr_call *c, char *to, uint64_t from, size_t size)
{
	const uint64_t page = 4096;
	size_t done = 0;

	while (done < size) {
		size_t n = (size_t)(page - (from + done) % page);
		ssize_t got;
		char *end;

		if (n > size - done)
			n = size - done;
		got = copy_in(request_of(c), to + done, from + done, n);
		if (got <= 0)
			return -EFAULT;
		end = memchr(to + done, '\0', (size_t)got);
		if (end != NULL)
			return end - to;
		done += (size_t)got;
	}
	return -ENAMETOOLONG;
}

static int open_cwd(pid_t tid)
{
	char link[32];

	snprintf(link, sizeof(link), "/proc/%d/cwd", tid);
	return open(link, O_PATH | O_CLOEXEC);
}

/* The very descriptor where the kernel can copy it (5.6), else another for the same object. */
static int copy_fd(const struct notify_request *r, int guest_fd)
{
	int pidfd CLEANUP(host_close_at) = (int)syscall(SYS_pidfd_open, r->call.process->pid, 0);
	char link[64];
	int fd = -1;

	if (pidfd >= 0)
		fd = (int)syscall(SYS_pidfd_getfd, pidfd, guest_fd, 0);
	if (fd >= 0 || errno == EBADF)
		return fd;
	snprintf(link, sizeof(link), "/proc/%d/fd/%d", r->tid, guest_fd);
	return open(link, O_PATH | O_CLOEXEC);
}

static int borrow_fd(struct tr_call *c, int guest_fd)
{
	struct notify_request *r = request_of(c);
	int fd;

	if (r->borrowed_count == NOTIFY_BORROWED_MAX)
		return -EMFILE;
	if (guest_fd == RESERVED_FD || (guest_fd < 0 && guest_fd != AT_FDCWD))
		return -EBADF;
	fd = guest_fd == AT_FDCWD ? open_cwd(r->tid) : copy_fd(r, guest_fd);
	if (fd < 0)
		return -EBADF;
	if (!notify_request_valid(r)) {
		close(fd);
		return -EBADF;
	}
	r->borrowed[r->borrowed_count++] = fd;
	return fd;
}

/*
 * Not with SECCOMP_ADDFD_FLAG_SEND: the guest would go on while the file is open here as well, and find it busy when it has
 * written and closed a program.
 */
static int give_fd(struct tr_call *c, int fd, bool cloexec)
{
	struct notify_request *r = request_of(c);
	struct seccomp_notif_addfd add = {
		.id = r->id,
		.srcfd = (uint32_t)fd,
		.newfd_flags = cloexec ? O_CLOEXEC : 0,
	};
	int got = ioctl(r->listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);

	got = got < 0 ? -errno : got;
	close(fd);
	return got;
}

void notify_port_done(struct notify_request *r)
{
	while (r->borrowed_count > 0)
		close(r->borrowed[--r->borrowed_count]);
}

const struct tr_port notify_port = {
	.read = read_memory,
	.write = write_memory,
	.read_string = read_string,
	.borrow_fd = borrow_fd,
	.give_fd = give_fd,
};
