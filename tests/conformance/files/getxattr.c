/* getxattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name, void *value, size_t size)
{
	return syscall(SYS_getxattr, path, name, value, size);
}

static void links(void)
{
	char value[8];

	CHECK_EQUAL(call("link", "user.one", value, sizeof(value)), 5, "follows a link");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.get = call};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	links();
	xattr_get(&calls);
	return check_end();
}
