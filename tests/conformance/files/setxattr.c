/* setxattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name, const void *value, size_t size, int flags)
{
	return syscall(SYS_setxattr, path, name, value, size, flags);
}

static void links(void)
{
	CHECK_OK(call("link", "user.link", "l", 1, 0), "follows a link");
	CHECK(xattr_is("f", "user.link", "l"), "to its target");
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
