/* mknodat(2). */
#include "mknod-common.h"

static int call(const char *path, mode_t mode, dev_t device)
{
	return (int)syscall(SYS_mknodat, AT_FDCWD, path, mode, device);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	mknod_common(call);
	NEED(mkdir("d", 0755) == 0);
	d = open("d", O_RDONLY);
	f = open("file", O_RDONLY);
	CHECK_OK(syscall(SYS_mknodat, d, "fifo", S_IFIFO | 0600, 0), "in a directory");
	mknod_is("d/fifo", S_IFIFO | 0600, 0, "in a directory");
	CHECK_ERRNO(syscall(SYS_mknodat, f, "fifo", S_IFIFO | 0600, 0), ENOTDIR, "in a file");
	CHECK_ERRNO(syscall(SYS_mknodat, -1, "fifo", S_IFIFO | 0600, 0), EBADF, "in nothing");
	return check_end();
}
