/* listxattr(2). */
#include "xattr-common.h"

static long call(const char *path, char *names, size_t size)
{
	return syscall(SYS_listxattr, path, names, size);
}

static void links(void)
{
	char names[1024];
	long n = call("link", names, sizeof(names));

	CHECK(n > 0 && xattr_listed(names, n, "user.one"), "follows a link");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.list = call};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	links();
	xattr_list(&calls);
	return check_end();
}
