/* renameat(2). */
#include "rename-common.h"

static int call(const char *from, const char *to)
{
	return (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	rename_common(call);
	d = open("e", O_PATH);
	f = open("new", O_RDONLY);
	CHECK_OK(syscall(SYS_renameat, AT_FDCWD, "new", d, "in"), "into a directory");
	CHECK_OK(access("e/in", F_OK), "there it is");
	CHECK_OK(syscall(SYS_renameat, d, "in", AT_FDCWD, "out"), "out of it");
	CHECK_OK(access("out", F_OK), "here it is");
	CHECK_ERRNO(syscall(SYS_renameat, f, "x", d, "y"), ENOTDIR, "from a file");
	CHECK_ERRNO(syscall(SYS_renameat, -1, "x", d, "y"), EBADF, "from nothing");
	CHECK_ERRNO(syscall(SYS_renameat, AT_FDCWD, "out", -1, "y"), EBADF, "to nothing");
	CHECK_ERRNO(syscall(SYS_renameat, -1, "x", d, "nothing/y"), EBADF, "from nothing to no such directory");
	CHECK_ERRNO(syscall(SYS_renameat, f, "x", d, ""), ENOTDIR, "from a file to an empty path");
	return check_end();
}
