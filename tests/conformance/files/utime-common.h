/* What the calls that set times have in common. */
#ifndef LX_TESTS_CONFORMANCE_UTIME_COMMON_H
#define LX_TESTS_CONFORMANCE_UTIME_COMMON_H

#include "../check.h"

#include <time.h>

/* Sets both times, in whole seconds; with times of NULL to now. */
typedef int utime_call(const char *path, const time_t *seconds);

CHECK_UNUSED static void utime_is(const char *path, time_t read, time_t written, const char *what)
{
	struct stat st;

	CHECK(lstat(path, &st) == 0 && st.st_atime == read && st.st_mtime == written, "%s", what);
}

/* Within some seconds of now; file systems take a coarse clock. */
CHECK_UNUSED static bool utime_now(const char *path)
{
	time_t now = time(NULL);
	struct stat st;

	NEED(lstat(path, &st) == 0);
	return st.st_atime > now - 10 && st.st_atime < now + 10 && st.st_mtime > now - 10 && st.st_mtime < now + 10;
}

static utime_call *utime_user_call;
static const time_t utime_some[2] = {1000000000, 1100000000};

CHECK_UNUSED static void utime_user(void *arg)
{
	utime_call *call = utime_user_call;

	(void)arg;
	CHECK_ERRNO(call("f", utime_some), EPERM, "a user may not set the times of another's file");
	CHECK_ERRNO(call("f", NULL), EACCES, "nor to now where writing is forbidden");
	CHECK_OK(call("writable", NULL), "but to now where it is not");
	CHECK_ERRNO(call("writable", utime_some), EPERM, "only to now");
	CHECK_OK(call("mine", utime_some), "and as one likes for one's own");
	utime_is("mine", 1000000000, 1100000000, "they are what stat tells");
}

CHECK_UNUSED static void utime_common(utime_call *call)
{
	static const time_t early[2] = {-1, 0};

	check_write_file("f", "");
	check_write_file("mine", "");
	check_write_file("writable", "");
	NEED(chmod("writable", 0666) == 0 && chmod("mine", 0400) == 0 && chown("mine", CHECK_USER, CHECK_USER) == 0);
	NEED(mkdir("d", 0755) == 0 && symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
	CHECK_OK(call("f", utime_some), "a file");
	utime_is("f", 1000000000, 1100000000, "is what stat tells");
	CHECK_OK(call("f", NULL), "now");
	CHECK(utime_now("f"), "is about now");
	CHECK_OK(call("d", utime_some), "a directory");
	utime_is("d", 1000000000, 1100000000, "is what stat tells");
	CHECK_OK(call("f", early), "before 1970");
	utime_is("f", -1, 0, "is what stat tells");
	utime_user_call = call;
	check_as_user(utime_user, NULL);
}

CHECK_UNUSED static void utime_paths(utime_call *call)
{
	CHECK_OK(call("link", utime_some), "follows a link");
	utime_is("f", 1000000000, 1100000000, "to its target");
	CHECK_ERRNO(call("dangling", utime_some), ENOENT, "a dangling link");
	CHECK_ERRNO(call("nothing", NULL), ENOENT, "nothing");
	CHECK_ERRNO(call("", utime_some), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", utime_some), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call((const char *)8, utime_some), EFAULT, "a path that is not there");
	CHECK_ERRNO(call("f", (const time_t *)8), EFAULT, "times that are not there");
}

#endif
