/* fremovexattr(2). */
#include "xattr-common.h"

static long call(const char *path, const char *name)
{
	int fd = open(path, O_RDONLY);
	long r;
	int e;

	NEED(fd >= 0);
	r = syscall(SYS_fremovexattr, fd, name);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static long on(int fd)
{
	return syscall(SYS_fremovexattr, fd, "user.one");
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.drop = call, .by_descriptor = true};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	xattr_drop(&calls);
	xattr_bad_descriptors(on);
	return check_end();
}
