/* fchmod(2). */
#include "chmod-common.h"

static int call(const char *path, mode_t mode)
{
	/* A FIFO that nobody has open only opens without waiting like this. */
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	int r, e;

	/* One's own file of mode 0 was opened before. */
	if (fd < 0)
		return chmod(path, mode);
	r = (int)syscall(SYS_fchmod, fd, mode);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd, fds[2];

	check_begin(argc, argv);
	chmod_common(call);
	fd = open("f", O_RDONLY);
	NEED(unlink("f") == 0);
	CHECK_OK(syscall(SYS_fchmod, fd, 0604), "a removed file");
	CHECK(fstat(fd, &st) == 0 && st.st_mode == (S_IFREG | 0604), "is what fstat tells");
	NEED(pipe(fds) == 0);
	CHECK_OK(syscall(SYS_fchmod, fds[0], 0640), "a pipe");
	CHECK_ERRNO(syscall(SYS_fchmod, open("d", O_PATH), 0600), EBADF, "an O_PATH descriptor");
	CHECK_ERRNO(syscall(SYS_fchmod, -1, 0600), EBADF, "no descriptor");
	return check_end();
}
