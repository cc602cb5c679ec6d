/* mkdirat(2). */
#include "mkdir-common.h"

static int call(const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdirat, AT_FDCWD, path, mode);
}

int main(int argc, char **argv)
{
	int d, f, gone;

	check_begin(argc, argv);
	mkdir_common(call);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	CHECK_OK(syscall(SYS_mkdirat, d, "at", 0755), "in a directory");
	CHECK_OK(access("d/at", F_OK), "there it is");
	CHECK_OK(syscall(SYS_mkdirat, d, "../beside", 0755), "out of it");
	CHECK_ERRNO(syscall(SYS_mkdirat, f, "at", 0755), ENOTDIR, "in a file");
	CHECK_ERRNO(syscall(SYS_mkdirat, -1, "at", 0755), EBADF, "in nothing");
	NEED(mkdir("gone", 0755) == 0);
	gone = open("gone", O_RDONLY);
	NEED(rmdir("gone") == 0);
	CHECK_ERRNO(syscall(SYS_mkdirat, gone, "at", 0755), ENOENT, "in a removed directory");
	return check_end();
}
