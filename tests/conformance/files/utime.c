/* utime(2). */
#include "utime-common.h"

#include <utime.h>

static int call(const char *path, const time_t *s)
{
	struct utimbuf t;

	if (s == NULL || s == (const time_t *)8)
		return (int)syscall(SYS_utime, path, s);
	t = (struct utimbuf){.actime = s[0], .modtime = s[1]};
	return (int)syscall(SYS_utime, path, &t);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	utime_common(call);
	utime_paths(call);
	return check_end();
}
