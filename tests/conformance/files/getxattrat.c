/* getxattrat(2). */
#include "xattr-common.h"

static char value[16];

static long sized(int dir, const char *path, int at_flags, const char *name, const void *args, size_t size)
{
	return syscall(SYS_getxattrat, dir, path, at_flags, name, args, size);
}

static long at(int dir, const char *path, int at_flags)
{
	struct xattr_at_args args = {(uintptr_t)value, sizeof(value), 0};

	return sized(dir, path, at_flags, "user.one", &args, sizeof(args));
}

static long call(const char *path, const char *name, void *to, size_t size)
{
	struct xattr_at_args args = {(uintptr_t)to, (uint32_t)size, 0};

	return sized(AT_FDCWD, path, 0, name, &args, sizeof(args));
}

int main(int argc, char **argv)
{
	struct xattr_at_args args = {(uintptr_t)value, sizeof(value), 1};
	struct xattr_calls calls = {.get = call};
	int d, f;

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	if (at(AT_FDCWD, "f", 0) == -1 && errno == ENOSYS) {
		check_skip("getxattrat", "the kernel does not have it");
		return check_end();
	}
	xattr_get(&calls);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	NEED(setxattr("d/inside", "user.one", "inner", 5, 0) == 0);
	CHECK_EQUAL(at(d, "inside", 0), 5, "in a directory");
	CHECK(memcmp(value, "inner", 5) == 0, "its value");
	CHECK_EQUAL(at(AT_FDCWD, "link", 0), 5, "follows a link");
	CHECK_ERRNO(at(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW), ENODATA, "AT_SYMLINK_NOFOLLOW: a link");
	CHECK_EQUAL(at(f, "", AT_EMPTY_PATH), 5, "AT_EMPTY_PATH: a descriptor");
	CHECK_ERRNO(at(f, "", 0), ENOENT, "an empty path");
	CHECK_ERRNO(at(f, "x", 0), ENOTDIR, "in a file");
	CHECK_ERRNO(at(-1, "x", 0), EBADF, "in nothing");
	CHECK_ERRNO(at(AT_FDCWD, "nothing", 0x20000), EINVAL, "an unknown flag");
	CHECK_ERRNO(sized(AT_FDCWD, "f", 0, "user.one", &args, sizeof(args)), EINVAL, "flags that only setting takes");
	CHECK_ERRNO(sized(AT_FDCWD, "f", 0, "user.one", &args, 8), EINVAL, "a struct smaller than the first version");
	return check_end();
}
