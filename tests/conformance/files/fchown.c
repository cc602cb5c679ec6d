/* fchown(2). */
#include "chown-common.h"

static int call(const char *path, uid_t uid, gid_t gid)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK);
	int r, e;

	if (fd < 0)
		return -1;
	r = (int)syscall(SYS_fchown, fd, uid, gid);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd, path_only;

	check_begin(argc, argv);
	chown_common(call);
	fd = open("f", O_RDONLY);
	path_only = open("f", O_PATH);
	NEED(unlink("f") == 0);
	CHECK_OK(syscall(SYS_fchown, fd, 31, 32), "a removed file");
	CHECK(fstat(fd, &st) == 0 && st.st_uid == 31 && st.st_gid == 32, "is what fstat tells");
	CHECK_ERRNO(syscall(SYS_fchown, path_only, 1, 1), EBADF, "an O_PATH descriptor");
	CHECK_ERRNO(syscall(SYS_fchown, -1, 1, 1), EBADF, "no descriptor");
	return check_end();
}
