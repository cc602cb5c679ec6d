/* faccessat(2): the system call, which takes no flags. */
#include "access-common.h"

static int call(const char *path, int mode)
{
	return (int)syscall(SYS_faccessat, AT_FDCWD, path, mode);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	access_common(call);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	CHECK_OK(syscall(SYS_faccessat, d, "e", R_OK), "from a directory");
	CHECK_OK(syscall(SYS_faccessat, d, "../f", R_OK), "out of it");
	CHECK_OK(syscall(SYS_faccessat, -1, "/", R_OK), "an absolute path needs no directory");
	CHECK_ERRNO(syscall(SYS_faccessat, f, "e", R_OK), ENOTDIR, "from a file");
	CHECK_ERRNO(syscall(SYS_faccessat, -1, "e", R_OK), EBADF, "from nothing");
	return check_end();
}
