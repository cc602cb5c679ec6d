/* removexattrat(2). */
#include "xattr-common.h"

static long at(int dir, const char *path, int at_flags)
{
	return syscall(SYS_removexattrat, dir, path, at_flags, "user.at");
}

static long call(const char *path, const char *name)
{
	return syscall(SYS_removexattrat, AT_FDCWD, path, 0, name);
}

static void give(const char *path)
{
	NEED(setxattr(path, "user.at", "v", 1, 0) == 0);
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.drop = call};
	int d, f;

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	if (at(AT_FDCWD, "f", 0) == -1 && errno == ENOSYS) {
		check_skip("removexattrat", "the kernel does not have it");
		return check_end();
	}
	xattr_drop(&calls);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	give("d/inside");
	CHECK_OK(at(d, "inside", 0), "in a directory");
	CHECK(getxattr("d/inside", "user.at", NULL, 0) == -1, "it is gone");
	give("f");
	CHECK_ERRNO(at(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW), EPERM, "AT_SYMLINK_NOFOLLOW: a link");
	CHECK_OK(at(AT_FDCWD, "link", 0), "follows a link");
	give("f");
	CHECK_OK(at(f, "", AT_EMPTY_PATH), "AT_EMPTY_PATH: a descriptor");
	CHECK_ERRNO(at(f, "", 0), ENOENT, "an empty path");
	CHECK_ERRNO(at(f, "x", 0), ENOTDIR, "in a file");
	CHECK_ERRNO(at(-1, "x", 0), EBADF, "in nothing");
	CHECK_ERRNO(at(AT_FDCWD, "nothing", 0x20000), EINVAL, "an unknown flag");
	return check_end();
}
