/* fchmodat(2): the system call, which takes no flags. */
#include "chmod-common.h"

static int call(const char *path, mode_t mode)
{
	return (int)syscall(SYS_fchmodat, AT_FDCWD, path, mode);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	chmod_common(call);
	chmod_paths(call);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	CHECK_OK(syscall(SYS_fchmodat, d, "inside", 0604), "in a directory");
	CHECK_EQUAL(chmod_mode("d/inside"), S_IFREG | 0604, "is what stat tells");
	CHECK_ERRNO(syscall(SYS_fchmodat, f, "x", 0604), ENOTDIR, "in a file");
	CHECK_ERRNO(syscall(SYS_fchmodat, -1, "x", 0604), EBADF, "in nothing");
	return check_end();
}
