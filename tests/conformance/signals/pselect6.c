/* pselect6(2) with a mask. */
#include "mask-common.h"

#include <sys/select.h>

struct packed {
	const void *mask;
	size_t size;
};

static long call(const void *mask, size_t size, int milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000l};
	struct packed p = {mask, size};

	return syscall(SYS_pselect6, 0, NULL, NULL, NULL, &t, &p);
}

int main(int argc, char **argv)
{
	sigset_t none = set_of(0, 0);
	struct packed packed = {&none, MASK_SIZE};
	struct timespec left = {.tv_sec = 5}, no_time = {0};
	fd_set set;
	int ends[2];

	check_begin(argc, argv);
	check_mask(call, true, true);

	CHECK_EQUAL(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &no_time, NULL), 0, "without a sixth argument");
	CHECK_ERRNO(syscall(SYS_pselect6, 0, NULL, NULL, NULL, &no_time, (void *)8), EFAULT, "one that is not there");
	NEED(pipe(ends) == 0);
	FD_ZERO(&set);
	FD_SET(ends[0], &set);
	CHECK_EQUAL(syscall(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, &no_time, &packed), 0, "nothing to read");
	CHECK(!FD_ISSET(ends[0], &set), "its bit is cleared");
	NEED(write(ends[1], "x", 1) == 1);
	FD_SET(ends[0], &set);
	CHECK_EQUAL(syscall(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, NULL, &packed), 1, "something to read");
	CHECK(FD_ISSET(ends[0], &set), "its bit stays");
	NEED(read(ends[0], &(char){0}, 1) == 1);
	send_soon(SIGUSR1);
	CHECK_ERRNO(syscall(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, &left, &packed), EINTR, "interrupted");
	CHECK(left.tv_sec < 5 && left.tv_sec >= 3, "the time that is left is said");
	CHECK(FD_ISSET(ends[0], &set), "the set stays as it was");
	wait(NULL);
	close(ends[0]);
	FD_SET(ends[0], &set);
	CHECK_ERRNO(syscall(SYS_pselect6, ends[0] + 1, &set, NULL, NULL, &no_time, &packed), EBADF,
		    "a closed descriptor");
	return check_end();
}
