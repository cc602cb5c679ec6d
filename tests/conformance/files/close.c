/* close(2). */
#include "../check.h"

static int call(int fd)
{
	return (int)syscall(SYS_close, fd);
}

int main(int argc, char **argv)
{
	int fd, again;

	check_begin(argc, argv);
	fd = open(".", O_RDONLY);
	CHECK_OK(call(fd), "an open descriptor");
	CHECK_ERRNO(fcntl(fd, F_GETFD), EBADF, "is closed");
	CHECK_ERRNO(call(fd), EBADF, "a closed descriptor");
	CHECK_ERRNO(call(-1), EBADF, "no descriptor");
	CHECK_ERRNO(call(1000000), EBADF, "a large number");
	again = open(".", O_RDONLY);
	CHECK_EQUAL(again, fd, "the number is free again");
	/* Programs that close all they know of, and then go on. */
	for (int i = 3; i < 1024; i++)
		call(i);
	CHECK_OK(access(".", F_OK), "after all numbers were closed, paths work");
	CHECK_OK(access("/proc/self/fd/1", F_OK), "absolute ones too");
	fd = open("/", O_RDONLY);
	CHECK_EQUAL(fd, 3, "and the first number is free");
	return check_end();
}
