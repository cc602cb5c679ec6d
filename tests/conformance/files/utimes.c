/* utimes(2). */
#include "utime-common.h"

#include <sys/time.h>

static int call(const char *path, const time_t *s)
{
	struct timeval t[2];

	if (s == NULL || s == (const time_t *)8)
		return (int)syscall(SYS_utimes, path, s);
	t[0] = (struct timeval){.tv_sec = s[0]};
	t[1] = (struct timeval){.tv_sec = s[1]};
	return (int)syscall(SYS_utimes, path, t);
}

int main(int argc, char **argv)
{
	struct timeval t[2] = {{1, 999999}, {2, 1}};
	struct stat st;

	check_begin(argc, argv);
	utime_common(call);
	utime_paths(call);
	CHECK_OK(syscall(SYS_utimes, "f", t), "with microseconds");
	CHECK(stat("f", &st) == 0 && st.st_atim.tv_nsec == 999999000 && st.st_mtim.tv_nsec == 1000, "they are kept");
	t[0].tv_usec = 1000000;
	CHECK_ERRNO(syscall(SYS_utimes, "f", t), EINVAL, "a million of them");
	t[0].tv_usec = -1;
	CHECK_ERRNO(syscall(SYS_utimes, "f", t), EINVAL, "less than none");
	CHECK_ERRNO(syscall(SYS_utimes, "nothing", t), EINVAL, "comes before the path");
	return check_end();
}
