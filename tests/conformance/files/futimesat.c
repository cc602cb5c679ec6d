/* futimesat(2). */
#include "utime-common.h"

#include <sys/time.h>

static long at(int dir, const char *path, const time_t *s)
{
	struct timeval t[2];

	if (s == NULL || s == (const time_t *)8)
		return syscall(SYS_futimesat, dir, path, s);
	t[0] = (struct timeval){.tv_sec = s[0]};
	t[1] = (struct timeval){.tv_sec = s[1]};
	return syscall(SYS_futimesat, dir, path, t);
}

static int call(const char *path, const time_t *s)
{
	return (int)at(AT_FDCWD, path, s);
}

int main(int argc, char **argv)
{
	static const time_t other[2] = {5, 6};
	int d, f;

	check_begin(argc, argv);
	utime_common(call);
	utime_paths(call);
	check_write_file("d/inside", "");
	d = open("d", O_RDONLY);
	f = open("f", O_RDONLY);
	CHECK_OK(at(d, "inside", other), "in a directory");
	utime_is("d/inside", 5, 6, "is what stat tells");
	CHECK_OK(at(f, NULL, other), "no path: the descriptor");
	utime_is("f", 5, 6, "is what stat tells");
	CHECK_ERRNO(at(f, "x", other), ENOTDIR, "in a file");
	CHECK_ERRNO(at(-1, "x", other), EBADF, "in nothing");
	CHECK_ERRNO(at(-1, NULL, other), EBADF, "no path and no descriptor");
	CHECK_ERRNO(at(AT_FDCWD, NULL, other), EFAULT, "no path and the current directory");
	return check_end();
}
