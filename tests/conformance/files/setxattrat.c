/* setxattrat(2). */
#include "xattr-common.h"

static long sized(int dir, const char *path, int at_flags, const char *name, const void *args, size_t size)
{
	return syscall(SYS_setxattrat, dir, path, at_flags, name, args, size);
}

static long at(int dir, const char *path, int at_flags)
{
	struct xattr_at_args args = {(uintptr_t) "v", 1, 0};

	return sized(dir, path, at_flags, "user.at", &args, sizeof(args));
}

static long call(const char *path, const char *name, const void *value, size_t size, int flags)
{
	struct xattr_at_args args = {(uintptr_t)value, (uint32_t)size, (uint32_t)flags};

	return sized(AT_FDCWD, path, 0, name, &args, sizeof(args));
}

static void sizes(void)
{
	struct {
		struct xattr_at_args args;
		uint64_t more;
	} big = {.args = {(uintptr_t) "v", 1, 0}};

	CHECK_ERRNO(sized(AT_FDCWD, "f", 0, "user.s", &big, 8), EINVAL, "a struct smaller than the first version");
	CHECK_OK(sized(AT_FDCWD, "f", 0, "user.s", &big, sizeof(big)), "a larger one with zeroes");
	big.more = 1;
	CHECK_ERRNO(sized(AT_FDCWD, "f", 0, "user.s", &big, sizeof(big)), E2BIG, "one that asks for more");
	CHECK_ERRNO(sized(AT_FDCWD, "f", 0, "user.s", &big, 5000), E2BIG, "larger than a page");
	CHECK_ERRNO(sized(AT_FDCWD, "f", 0, "user.s", (void *)8, 16), EFAULT, "one that is not there");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.set = call};
	int d, f, p;

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	if (at(AT_FDCWD, "f", 0) == -1 && errno == ENOSYS) {
		check_skip("setxattrat", "the kernel does not have it");
		return check_end();
	}
	xattr_set(&calls);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	p = open("f", O_PATH);
	CHECK_OK(at(d, "inside", 0), "in a directory");
	CHECK(xattr_is("d/inside", "user.at", "v"), "it is there");
	CHECK_OK(at(AT_FDCWD, "link", 0), "follows a link");
	CHECK_ERRNO(at(AT_FDCWD, "link", AT_SYMLINK_NOFOLLOW), EPERM, "AT_SYMLINK_NOFOLLOW: a link");
	CHECK_OK(at(f, "", AT_EMPTY_PATH), "AT_EMPTY_PATH: a descriptor");
	CHECK_ERRNO(at(p, "", AT_EMPTY_PATH), EBADF, "AT_EMPTY_PATH: an O_PATH descriptor");
	CHECK_ERRNO(at(f, "", 0), ENOENT, "an empty path");
	CHECK_ERRNO(at(f, "x", 0), ENOTDIR, "in a file");
	CHECK_ERRNO(at(-1, "x", 0), EBADF, "in nothing");
	CHECK_ERRNO(at(AT_FDCWD, "nothing", 0x20000), EINVAL, "an unknown flag");
	sizes();
	return check_end();
}
