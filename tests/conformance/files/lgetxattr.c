/* lgetxattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name, void *value, size_t size)
{
	return syscall(SYS_lgetxattr, path, name, value, size);
}

static void links(void)
{
	char value[8];

	CHECK_ERRNO(call("link", "user.one", value, sizeof(value)), ENODATA, "a link itself has no user attributes");
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
