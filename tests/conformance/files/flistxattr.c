/* flistxattr(2). */
#include "xattr-common.h"

static long call(const char *path, char *names, size_t size)
{
	int fd = open(path, O_RDONLY);
	long r;
	int e;

	NEED(fd >= 0);
	r = syscall(SYS_flistxattr, fd, names, size);
	e = errno;
	close(fd);
	errno = e;
	return r;
}

static long on(int fd)
{
	return syscall(SYS_flistxattr, fd, NULL, 0);
}

int main(int argc, char **argv)
{
	struct xattr_calls calls = {.list = call, .by_descriptor = true};

	check_begin(argc, argv);
	if (!xattr_prepare())
		return check_end();
	xattr_list(&calls);
	xattr_bad_descriptors(on);
	return check_end();
}
