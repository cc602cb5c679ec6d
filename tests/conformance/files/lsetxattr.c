/* lsetxattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return syscall(SYS_lsetxattr, path, name, value, size, flags);
}

static void links(void)
{
	CHECK_ERRNO(call("link", "user.link", "l", 1, 0), EPERM, "a link itself has no user attributes");
	CHECK_ERRNO(call("dangling", "user.link", "l", 1, 0), EPERM, "nor does a dangling one");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.set = call};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	links();
	xattr_set(&calls);
	return check_end();
}
