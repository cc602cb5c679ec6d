/* fgetxattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name, void *value, size_t size)
{
	int fd = open(path, O_RDONLY);
	long r;
	int e;

	NEED(fd >= 0);
	r = syscall(SYS_fgetxattr, fd, name, value, size);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static long on(int fd)
{
	return syscall(SYS_fgetxattr, fd, "user.one", NULL, 0);
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.get = call, .by_descriptor = true};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	xattr_get(&calls);
	xattr_bad_descriptors(on);
	return check_end();
}
