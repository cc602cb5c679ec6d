/* fstat(2): everything that a descriptor can be. */
#include "stat-common.h"

static long call(int fd, struct stat *ret)
{
	return syscall(SYS_fstat, fd, ret);
}

/* As the others of the family, by a descriptor of what the path names. */
static int by_path(const char *path, struct stat *ret)
{
	int fd = open(path, O_PATH);
	int r, e;

	if (fd < 0)
		return -1;
	r = (int)call(fd, ret);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

int main(int argc, char **argv)
{
	struct stat st, other;
	int fd, fds[2];

	check_begin(argc, argv);
	stat_common(by_path);
	stat_follows(by_path);

	fd = open("link", O_PATH | O_NOFOLLOW);
	CHECK(call(fd, &st) == 0 && st.st_mode == (S_IFLNK | 0777), "a link");
	close(fd);
	fd = open("f", O_RDONLY);
	NEED(unlink("f") == 0);
	CHECK(call(fd, &st) == 0 && st.st_nlink == 0 && st.st_size == 7, "a removed file");
	CHECK_EQUAL(st.st_mode, S_IFREG | 04755, "keeps its mode");
	close(fd);
	NEED(pipe(fds) == 0);
	CHECK(call(fds[0], &st) == 0 && S_ISFIFO(st.st_mode), "a pipe");
	CHECK(call(fds[1], &other) == 0 && check_same(&st, &other), "both ends are one");
	fd = open("/proc/self/status", O_RDONLY);
	CHECK(call(fd, &st) == 0 && stat("/proc/self/status", &other) == 0, "a file in /proc");
	CHECK_EQUAL(st.st_mode, other.st_mode, "it has the same mode by both ways");
	close(fd);
	fd = open("/dev/null", O_RDWR);
	CHECK(call(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3), "/dev/null");
	close(fd);
	CHECK_ERRNO(call(fd, &st), EBADF, "a closed descriptor");
	CHECK_ERRNO(call(-1, &st), EBADF, "no descriptor");
	CHECK_ERRNO(call(AT_FDCWD, &st), EBADF, "AT_FDCWD is none");
	CHECK_ERRNO(call(fds[0], (struct stat *)8), EFAULT, "a buffer that is not there");
	return check_end();
}
