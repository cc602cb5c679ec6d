/* listxattrat(2). */
#include "xattr-common.h"

static char names[1024];

static long at(int dir, const char *path, int at_flags)
{
	return syscall(SYS_listxattrat, dir, path, at_flags, names, sizeof(names));
}

static long call(const char *path, char *to, size_t size)
{
	return syscall(SYS_listxattrat, AT_FDCWD, path, 0, to, size);
}

static bool lists(long n)
{
	return n > 0 && xattr_listed(names, n, "user.one");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.list = call};
	int d, f;

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	if (at(AT_FDCWD, "f", 0) == -1 && errno == ENOSYS) {
		check_skip("listxattrat", "the kernel does not have it");
		return check_end();
	}
	xattr_list(&calls);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	NEED(setxattr("d/inside", "user.one", "inner", 5, 0) == 0);
	CHECK(lists(at(d, "inside", 0)), "in a directory");
	CHECK(lists(at(AT_FDCWD, "link", 0)), "follows a link");
	CHECK(!lists(at(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW)), "AT_SYMLINK_NOFOLLOW: a link");
	CHECK(lists(at(f, "", AT_EMPTY_PATH)), "AT_EMPTY_PATH: a descriptor");
	CHECK_ERRNO(at(f, "", 0), ENOENT, "an empty path");
	CHECK_ERRNO(at(f, "x", 0), ENOTDIR, "in a file");
	CHECK_ERRNO(at(-1, "x", 0), EBADF, "in nothing");
	CHECK_ERRNO(at(AT_FDCWD, "nothing", 0x20000), EINVAL, "an unknown flag");
	return check_end();
}
