/* unlinkat(2). */
#include "unlink-common.h"

static int call(const char *path)
{
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	unlink_common(call);
	check_write_file("d/f", "");
	NEED(mkdir("d/e", 0755) == 0 && mkdir("d/e/full", 0755) == 0);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	CHECK_OK(syscall(SYS_unlinkat, d, "f", 0), "in a directory");
	CHECK_ERRNO(access("d/f", F_OK), ENOENT, "it is gone");
	CHECK_ERRNO(syscall(SYS_unlinkat, d, "e", 0), EISDIR, "a directory");
	CHECK_ERRNO(syscall(SYS_unlinkat, d, "e", AT_REMOVEDIR), ENOTEMPTY, "AT_REMOVEDIR: one that is not empty");
	CHECK_OK(syscall(SYS_unlinkat, d, "e/full", AT_REMOVEDIR), "AT_REMOVEDIR: an empty one");
	CHECK_OK(syscall(SYS_unlinkat, d, "../d/e/", AT_REMOVEDIR), "AT_REMOVEDIR: by a longer path");
	CHECK_ERRNO(syscall(SYS_unlinkat, AT_FDCWD, "f", AT_REMOVEDIR), ENOTDIR, "AT_REMOVEDIR: a file");
	CHECK_ERRNO(syscall(SYS_unlinkat, d, ".", AT_REMOVEDIR), EINVAL, "AT_REMOVEDIR: .");
	CHECK_ERRNO(syscall(SYS_unlinkat, d, "..", AT_REMOVEDIR), ENOTEMPTY, "AT_REMOVEDIR: ..");
	CHECK_ERRNO(syscall(SYS_unlinkat, f, "x", 0), ENOTDIR, "in a file");
	CHECK_ERRNO(syscall(SYS_unlinkat, -1, "x", 0), EBADF, "in nothing");
	CHECK_ERRNO(syscall(SYS_unlinkat, d, "x", AT_SYMLINK_NOFOLLOW), EINVAL, "an unknown flag");
	return check_end();
}
