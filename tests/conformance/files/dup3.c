/* dup3(2). */
#include "../check.h"

static int call(int from, int to, int flags)
{
	return (int)syscall(SYS_dup3, from, to, flags);
}

int main(int argc, char **argv)
{
	int fd;

	check_begin(argc, argv);
	fd = open(".", O_RDONLY);
	CHECK_EQUAL(call(fd, 200, 0), 200, "to a free number");
	CHECK_EQUAL(fcntl(200, F_GETFD), 0, "that is not closed by exec");
	CHECK_EQUAL(call(fd, 200, O_CLOEXEC), 200, "O_CLOEXEC");
	CHECK_EQUAL(fcntl(200, F_GETFD), FD_CLOEXEC, "is closed by exec");
	CHECK_ERRNO(call(fd, fd, 0), EINVAL, "to itself");
	CHECK_ERRNO(call(fd, 201, O_NONBLOCK), EINVAL, "an unknown flag");
	CHECK_ERRNO(call(900, 5, 0), EBADF, "a closed descriptor");
	CHECK_ERRNO(call(900, 900, 0), EINVAL, "to itself comes first");
	CHECK_ERRNO(call(fd, -1, 0), EBADF, "to no number");
	return check_end();
}
