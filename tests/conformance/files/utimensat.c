/* utimensat(2). */
#include "utime-common.h"

static long flagged(int dir, const char *path, const struct timespec *t, int flags)
{
	return syscall(SYS_utimensat, dir, path, t, flags);
}

static int call(const char *path, const time_t *s)
{
	struct timespec t[2];

	if (s == NULL || s == (const time_t *)8)
		return (int)syscall(SYS_utimensat, AT_FDCWD, path, s, 0);
	t[0] = (struct timespec){.tv_sec = s[0]};
	t[1] = (struct timespec){.tv_sec = s[1]};
	return (int)flagged(AT_FDCWD, path, t, 0);
}

static void parts(void)
{
	struct timespec t[2] = {{7, 123456789}, {8, UTIME_OMIT}};
	struct stat st;

	NEED(call("f", utime_some) == 0);
	CHECK_OK(flagged(AT_FDCWD, "f", t, 0), "one only");
	CHECK(stat("f", &st) == 0 && st.st_atim.tv_sec == 7 && st.st_atim.tv_nsec == 123456789, "is set");
	CHECK(st.st_mtim.tv_sec == 1100000000, "the other stays");
	t[0].tv_nsec = UTIME_NOW;
	t[1] = (struct timespec){9, 0};
	CHECK_OK(flagged(AT_FDCWD, "f", t, 0), "one to now");
	CHECK(stat("f", &st) == 0 && st.st_atime > 1500000000 && st.st_mtime == 9, "and one not");
	t[1].tv_nsec = UTIME_NOW;
	CHECK_OK(flagged(AT_FDCWD, "f", t, 0), "both to now");
	CHECK(utime_now("f"), "is about now");
	t[0].tv_nsec = t[1].tv_nsec = UTIME_OMIT;
	CHECK_OK(flagged(AT_FDCWD, "nothing", t, 0), "none: the path is not looked at");
	t[0].tv_nsec = 1000000000;
	CHECK_ERRNO(flagged(AT_FDCWD, "f", t, 0), EINVAL, "too many nanoseconds");
	t[0].tv_nsec = -1;
	CHECK_ERRNO(flagged(AT_FDCWD, "f", t, 0), EINVAL, "less than none");
}

static void objects(void)
{
	struct timespec t[2] = {{11, 0}, {12, 0}};
	int d, f, link, p;

	check_write_file("d/inside", "");
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	p = open("f", O_PATH);
	link = open("link", O_PATH | O_NOFOLLOW);
	CHECK_OK(flagged(d, "inside", t, 0), "in a directory");
	utime_is("d/inside", 11, 12, "is what stat tells");
	CHECK_OK(flagged(AT_FDCWD, "link", t, AT_SYMLINK_NOFOLLOW), "AT_SYMLINK_NOFOLLOW: a link");
	utime_is("link", 11, 12, "is what lstat tells");
	CHECK_OK(flagged(AT_FDCWD, "dangling", t, AT_SYMLINK_NOFOLLOW), "AT_SYMLINK_NOFOLLOW: a dangling one");
	CHECK_OK(flagged(f, NULL, t, 0), "no path: the descriptor");
	utime_is("f", 11, 12, "is what stat tells");
	t[0].tv_sec = 13;
	CHECK_OK(flagged(p, "", t, AT_EMPTY_PATH), "AT_EMPTY_PATH: an O_PATH descriptor");
	utime_is("f", 13, 12, "is what stat tells");
	CHECK_OK(flagged(link, "", t, AT_EMPTY_PATH), "AT_EMPTY_PATH: of a link");
	utime_is("link", 13, 12, "is what lstat tells");
	CHECK_ERRNO(flagged(p, NULL, t, 0), EBADF, "no path: an O_PATH descriptor");
	CHECK_ERRNO(flagged(f, NULL, t, AT_SYMLINK_NOFOLLOW), EINVAL, "no path takes no flags");
	CHECK_ERRNO(flagged(AT_FDCWD, NULL, t, 0), EFAULT, "no path and the current directory");
	CHECK_ERRNO(flagged(f, "", t, 0), ENOENT, "an empty path");
	CHECK_ERRNO(flagged(f, "x", t, 0), ENOTDIR, "in a file");
	CHECK_ERRNO(flagged(-1, "x", t, 0), EBADF, "in nothing");
	CHECK_ERRNO(flagged(AT_FDCWD, "nothing", t, 0x20000), EINVAL, "an unknown flag");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	utime_common(call);
	utime_paths(call);
	parts();
	objects();
	return check_end();
}
