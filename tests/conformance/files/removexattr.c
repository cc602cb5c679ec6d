/* removexattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name)
{
	return syscall(SYS_removexattr, path, name);
}

static void links(void)
{
	CHECK_OK(call("link", "user.one"), "follows a link");
	CHECK(getxattr("f", "user.one", NULL, 0) == -1, "to its target");
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
