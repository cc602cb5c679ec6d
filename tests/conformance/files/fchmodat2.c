/* fchmodat2(2). */
#include "chmod-common.h"

static long flagged(int dir, const char *path, mode_t mode, int flags)
{
	return syscall(SYS_fchmodat2, dir, path, mode, flags);
}

static int call(const char *path, mode_t mode)
{
	return (int)flagged(AT_FDCWD, path, mode, 0);
}

int main(int argc, char **argv)
{
	int d, f;

	check_begin(argc, argv);
	if (call(".", 0755) == -1 && errno == ENOSYS) {
		check_skip("fchmodat2", "the kernel does not have it");
		return check_end();
	}
	chmod_common(call);
	chmod_paths(call);
	d = open("d", O_PATH);
	f = open("f", O_PATH);
	CHECK_OK(flagged(d, "inside", 0604, 0), "in a directory");
	CHECK_EQUAL(chmod_mode("d/inside"), S_IFREG | 0604, "is what stat tells");
	CHECK_OK(flagged(d, "inside", 0640, AT_SYMLINK_NOFOLLOW), "AT_SYMLINK_NOFOLLOW: a file");
	CHECK_EQUAL(chmod_mode("d/inside"), S_IFREG | 0640, "is what stat tells");
	CHECK_ERRNO(flagged(AT_FDCWD, "link", 0600, AT_SYMLINK_NOFOLLOW), EOPNOTSUPP, "AT_SYMLINK_NOFOLLOW: a link");
	CHECK_OK(flagged(f, "", 0604, AT_EMPTY_PATH), "AT_EMPTY_PATH: an O_PATH descriptor");
	CHECK_EQUAL(chmod_mode("f"), S_IFREG | 0604, "is what stat tells");
	CHECK_ERRNO(flagged(f, "", 0604, 0), ENOENT, "an empty path");
	CHECK_ERRNO(flagged(-1, "", 0604, AT_EMPTY_PATH), EBADF, "AT_EMPTY_PATH: nothing");
	CHECK_ERRNO(flagged(AT_FDCWD, "f", 0604, 0x20000), EINVAL, "an unknown flag");
	return check_end();
}
