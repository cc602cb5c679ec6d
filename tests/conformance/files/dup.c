/* dup(2). */
#include "../check.h"

static int call(int fd)
{
	return (int)syscall(SYS_dup, fd);
}

int main(int argc, char **argv)
{
	struct stat a, b;
	int fd, copy, found = 0;

	for (int i = 3; i < 1024; i++)
		close(i);
	check_begin(argc, argv);
	fd = open(".", O_RDONLY | O_CLOEXEC);
	copy = (int)CHECK_OK(call(fd), "an open descriptor");
	CHECK_EQUAL(copy, fd + 1, "gets the lowest free number");
	CHECK_EQUAL(fcntl(copy, F_GETFD), 0, "that is not closed by exec");
	CHECK(fstat(fd, &a) == 0 && fstat(copy, &b) == 0 && check_same(&a, &b), "and is the same file");
	CHECK_ERRNO(call(-1), EBADF, "no descriptor");
	/* Every number that nobody has opened, 241 among them. */
	for (int i = copy + 1; i < 1024; i++)
		found += call(i) != -1 || errno != EBADF;
	CHECK_EQUAL(found, 0, "none of the others is open");
	return check_end();
}
