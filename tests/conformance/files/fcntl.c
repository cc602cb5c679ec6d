/* fcntl(2): descriptors, their flags, and copies. */
#include "../check.h"

static long call(int fd, int op, long arg)
{
	return syscall(SYS_fcntl, fd, op, arg);
}

static void flags(void)
{
	int fd = open("f", O_RDWR);

	CHECK_EQUAL(call(fd, F_GETFD, 0), 0, "F_GETFD");
	CHECK_EQUAL(call(fd, F_SETFD, FD_CLOEXEC), 0, "F_SETFD");
	CHECK_EQUAL(call(fd, F_GETFD, 0), FD_CLOEXEC, "is what F_GETFD tells");
	CHECK_EQUAL(call(fd, F_SETFL, O_APPEND | O_NONBLOCK), 0, "F_SETFL");
	CHECK_EQUAL(call(fd, F_GETFL, 0) & (O_ACCMODE | O_APPEND | O_NONBLOCK), O_RDWR | O_APPEND | O_NONBLOCK,
		    "is what F_GETFL tells");
	close(fd);
}

static void copies(void)
{
	struct stat a, b;
	int fd = open("f", O_RDONLY), copy;

	copy = (int)CHECK_OK(call(fd, F_DUPFD, 100), "F_DUPFD");
	CHECK_EQUAL(copy, 100, "gets the first free number from there");
	CHECK_EQUAL(call(fd, F_DUPFD_CLOEXEC, 100), 101, "F_DUPFD_CLOEXEC the next");
	CHECK_EQUAL(call(101, F_GETFD, 0), FD_CLOEXEC, "which is closed by exec");
	CHECK(fstat(fd, &a) == 0 && fstat(copy, &b) == 0 && check_same(&a, &b), "they are the same file");
	CHECK_ERRNO(call(fd, F_DUPFD, -1), EINVAL, "from no number");
	close(101);
	close(copy);
	close(fd);
}

/* Programs mark or look at all numbers there could be. */
static void all(void)
{
	int open_ones = 0, fd;

	for (int i = 3; i < 1024; i++) {
		if (call(i, F_SETFD, FD_CLOEXEC) == 0)
			open_ones++;
		else if (errno != EBADF)
			CHECK(false, "%d is closed", i);
	}
	CHECK_EQUAL(open_ones, 0, "nothing is open that was not opened");
	fd = open("/", O_RDONLY);
	CHECK_EQUAL(fd, 3, "after all numbers were marked, paths work");
	CHECK_ERRNO(call(-1, F_GETFD, 0), EBADF, "no descriptor");
	CHECK_ERRNO(call(fd, 9999, 0), EINVAL, "an unknown operation");
	close(fd);
	fflush(stdout);
	if (fork() == 0) {
		execl("/proc/self/exe", "fcntl", "--again", NULL);
		_exit(1);
	}
	NEED(wait(&fd) > 0);
	CHECK_EQUAL(fd, 0, "and so they do in the next program");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "--again") == 0)
		return access("/", F_OK) == 0 && access("f", F_OK) == 0 ? 0 : 1;
	check_begin(argc, argv);
	for (int i = 3; i < 1024; i++)
		close(i);
	check_write_file("f", "");
	flags();
	copies();
	all();
	return check_end();
}
