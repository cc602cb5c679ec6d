/* dup2(2). */
#include "../check.h"

#include <sys/resource.h>

static int call(int from, int to)
{
	return (int)syscall(SYS_dup2, from, to);
}

static bool same(int a, int b)
{
	struct stat sa, sb;

	return fstat(a, &sa) == 0 && fstat(b, &sb) == 0 && check_same(&sa, &sb);
}

static void limited(void *arg)
{
	struct rlimit limit = {500, 500};
	int fd = *(int *)arg;

	NEED(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK_EQUAL(call(fd, 499), 499, "the last number below the limit");
	CHECK_ERRNO(call(fd, 500), EBADF, "the first beyond it");
}

int main(int argc, char **argv)
{
	int fd, other;

	check_begin(argc, argv);
	check_write_file("f", "");
	fd = open("f", O_RDONLY | O_CLOEXEC);
	other = open("/", O_RDONLY);
	CHECK_EQUAL(call(fd, 200), 200, "to a free number");
	CHECK(same(fd, 200), "is the same file");
	CHECK_EQUAL(fcntl(200, F_GETFD), 0, "that is not closed by exec");
	CHECK_EQUAL(call(fd, other), other, "to a number in use");
	CHECK(same(fd, other), "replaces it");
	CHECK_EQUAL(call(fd, fd), fd, "to itself");
	CHECK_EQUAL(fcntl(fd, F_GETFD), FD_CLOEXEC, "changes nothing");
	CHECK_EQUAL(call(fd, 1000), 1000, "to a high number");
	CHECK(same(fd, 1000), "is the same file");
	CHECK_ERRNO(call(900, 5), EBADF, "a closed descriptor");
	CHECK_ERRNO(call(900, 900), EBADF, "to itself");
	CHECK_ERRNO(call(-1, 5), EBADF, "no descriptor");
	CHECK_ERRNO(call(fd, -1), EBADF, "to no number");
	check_in_child(limited, &fd);
	return check_end();
}
