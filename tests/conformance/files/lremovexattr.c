/* lremovexattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name)
{
	return syscall(SYS_lremovexattr, path, name);
}

static void links(void)
{
	CHECK_ERRNO(call("link", "user.one"), EPERM, "a link itself has no user attributes");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.drop = call};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	xattr_drop(&calls);
	NEED(setxattr("f", "user.one", "first", 5, 0) == 0);
	links();
	return check_end();
}
