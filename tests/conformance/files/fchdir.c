/* fchdir(2). */
#include "../check.h"

static int call(int fd)
{
	return (int)syscall(SYS_fchdir, fd);
}

static void as_user(void *arg)
{
	CHECK_ERRNO(call(*(int *)arg), EACCES, "a user may not into a directory that may not be searched");
}

int main(int argc, char **argv)
{
	char buf[PATH_MAX];
	int d, p, f, closed, proc, top;

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("closed", 0700) == 0);
	check_write_file("top", "");
	check_write_file("d/in", "");
	d = open("d", O_RDONLY);
	p = open("d", O_PATH);
	f = open("top", O_RDONLY);
	top = open(".", O_RDONLY);
	closed = open("closed", O_RDONLY);
	proc = open("/proc/self", O_RDONLY);
	check_as_user(as_user, &closed);
	CHECK_OK(call(d), "a directory");
	CHECK_OK(access("in", F_OK), "is where relative paths begin");
	CHECK_OK(call(top), "back");
	CHECK_OK(access("top", F_OK), "is here");
	CHECK_OK(call(p), "an O_PATH descriptor");
	CHECK_OK(access("in", F_OK), "is there");
	CHECK_ERRNO(call(f), ENOTDIR, "a file");
	CHECK_ERRNO(call(-1), EBADF, "no descriptor");
	CHECK_ERRNO(call(AT_FDCWD), EBADF, "AT_FDCWD is none");
	CHECK_OK(call(proc), "into /proc");
	CHECK_OK(access("status", F_OK), "where relative paths work");
	NEED(call(d) == 0 && unlink("in") == 0 && rmdir("../d") == 0);
	CHECK_OK(call(d), "a removed directory");
	CHECK(getcwd(buf, sizeof(buf)) == NULL && errno == ENOENT, "has no path");
	CHECK_OK(call(top), "and out of it");
	return check_end();
}
