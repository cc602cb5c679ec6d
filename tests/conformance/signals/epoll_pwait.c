/* epoll_pwait(2) and epoll_pwait2(2) with a mask. conformance: calls epoll_pwait2 */
#include "mask-common.h"

#include <sys/epoll.h>

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

static int ep;

static long call(const void *mask, size_t size, int milliseconds)
{
	struct epoll_event event;

	return syscall(SYS_epoll_pwait, ep, &event, 1, milliseconds, mask, size);
}

static long call2(const void *mask, size_t size, int milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000l};
	struct epoll_event event;

	return syscall(SYS_epoll_pwait2, ep, &event, 1, &t, mask, size);
}

static void second(void *unused)
{
	(void)unused;
	if (call2(NULL, MASK_SIZE, 0) < 0 && errno == ENOSYS) {
		check_skip("epoll_pwait2", "the kernel does not have it");
		return;
	}
	check_mask(call2, true, true);
}

int main(int argc, char **argv)
{
	sigset_t all;
	struct epoll_event event = {.events = EPOLLIN, .data.u64 = 77}, got = {0};
	int ends[2];

	check_begin(argc, argv);
	ep = epoll_create1(EPOLL_CLOEXEC);
	NEED(ep >= 0 && pipe(ends) == 0);
	check_in_child(second, NULL);
	check_mask(call, true, true);

	sigfillset(&all);
	NEED(epoll_ctl(ep, EPOLL_CTL_ADD, ends[0], &event) == 0 && write(ends[1], "x", 1) == 1);
	CHECK_EQUAL(syscall(SYS_epoll_pwait, ep, &got, 1, -1, &all, MASK_SIZE), 1, "an event");
	CHECK(got.events == EPOLLIN && got.data.u64 == 77, "the right one");
	CHECK_ERRNO(syscall(SYS_epoll_pwait, ep, &got, 0, -1, &all, MASK_SIZE), EINVAL, "room for no event");
	CHECK_ERRNO(syscall(SYS_epoll_pwait, ends[0], &got, 1, 0, &all, MASK_SIZE), EINVAL,
		    "a descriptor of another kind");
	CHECK_ERRNO(syscall(SYS_epoll_pwait, 4000, &got, 1, 0, &all, MASK_SIZE), EBADF, "one that is not open");
	return check_end();
}
