/* ppoll(2) with a mask. */
#include "mask-common.h"

#include <poll.h>

static long call(const void *mask, size_t size, int milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000l};

	return syscall(SYS_ppoll, NULL, 0, &t, mask, size);
}

int main(int argc, char **argv)
{
	sigset_t none = set_of(0, 0);
	struct timespec left = {.tv_sec = 5};
	struct pollfd p[2] = {{.events = POLLIN}, {.events = POLLIN}};
	int ends[2];

	check_begin(argc, argv);
	check_mask(call, true, true);

	NEED(pipe(ends) == 0);
	p[0].fd = ends[0];
	p[1].fd = 4000;
	CHECK_EQUAL(syscall(SYS_ppoll, p, 2, &left, &none, MASK_SIZE), 1, "a descriptor that is not open is an event");
	CHECK(p[0].revents == 0 && p[1].revents == POLLNVAL, "of its own kind");
	NEED(write(ends[1], "x", 1) == 1);
	CHECK_EQUAL(syscall(SYS_ppoll, p, 1, NULL, &none, MASK_SIZE), 1, "without a time: what can be read");
	CHECK_EQUAL(p[0].revents, POLLIN, "is said");
	NEED(read(ends[0], &(char){0}, 1) == 1);
	left = (struct timespec){.tv_sec = 5};
	send_soon(SIGUSR1);
	CHECK_ERRNO(syscall(SYS_ppoll, p, 1, &left, &none, MASK_SIZE), EINTR, "interrupted");
	CHECK(left.tv_sec < 5 && left.tv_sec >= 3, "the time that is left is said");
	wait(NULL);
	CHECK_ERRNO(syscall(SYS_ppoll, p, 1, &(struct timespec){.tv_nsec = -1}, &none, MASK_SIZE), EINVAL, "no time");
	return check_end();
}
