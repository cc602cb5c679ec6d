/* What all calls of the stat family have in common. Each program says how its call is made. */
#ifndef LX_TESTS_CONFORMANCE_STAT_COMMON_H
#define LX_TESTS_CONFORMANCE_STAT_COMMON_H

#include "../check.h"

#include <sys/sysmacros.h>
#include <time.h>

/* The call under test with a path from the current directory: 0, or -1 and errno. */
typedef int stat_call(const char *path, struct stat *ret);

CHECK_UNUSED static void stat_prepare(void)
{
	check_write_file("f", "content");
	NEED(mkdir("d", 0750) == 0 && mkdir("d/e", 0755) == 0);
	NEED(symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0 && symlink("loop", "loop") == 0);
	NEED(symlink("d", "dlink") == 0);
	NEED(mkfifo("fifo", 0640) == 0);
	NEED(chmod("f", 04755) == 0);
}

CHECK_UNUSED static void stat_kinds(stat_call *call)
{
	struct timespec times[2] = {{1000000000, 123456789}, {1100000000, 987654321}};
	struct stat st, other;

	CHECK_OK(call("f", &st), "a file");
	CHECK_EQUAL(st.st_mode, S_IFREG | 04755, "its mode");
	CHECK_EQUAL(st.st_size, 7, "its size");
	CHECK_EQUAL(st.st_nlink, 1, "its links");
	CHECK(st.st_uid == 0 && st.st_gid == 0, "its owner");
	CHECK(st.st_blksize > 0, "its block size");
	NEED(utimensat(AT_FDCWD, "f", times, 0) == 0 && link("f", "f2") == 0);
	CHECK_OK(call("f", &st), "again");
	CHECK(st.st_atim.tv_sec == 1000000000 && st.st_atim.tv_nsec == 123456789, "when it was read");
	CHECK(st.st_mtim.tv_sec == 1100000000 && st.st_mtim.tv_nsec == 987654321, "when it was written");
	CHECK_EQUAL(st.st_nlink, 2, "two links now");
	CHECK(call("f2", &other) == 0 && check_same(&st, &other), "both are one file");
	NEED(unlink("f2") == 0);
	CHECK_OK(call("d", &st), "a directory");
	CHECK_EQUAL(st.st_mode, S_IFDIR | 0750, "its mode");
	CHECK(call("d/", &other) == 0 && check_same(&st, &other), "with a slash behind it");
	CHECK(call("d/e/..", &other) == 0 && check_same(&st, &other), "by its child's ..");
	CHECK(call("dlink/", &other) == 0 && check_same(&st, &other), "by a link and a slash");
	CHECK(call("dlink/.", &other) == 0 && check_same(&st, &other), "by a link and a dot");
	CHECK(call("fifo", &st) == 0 && st.st_mode == (S_IFIFO | 0640), "a FIFO");
	CHECK(call("/", &st) == 0 && call("/..", &other) == 0 && check_same(&st, &other), "the root's .. is the root");
	CHECK(call("/dev/null", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3), "/dev/null");
	CHECK(call("/proc/self/status", &st) == 0 && S_ISREG(st.st_mode), "a file in /proc");
}

CHECK_UNUSED static void stat_refused(stat_call *call)
{
	struct stat st;

	CHECK_ERRNO(call("nothing", &st), ENOENT, "no such file");
	CHECK_ERRNO(call("", &st), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/g", &st), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call("f/", &st), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("f/..", &st), ENOTDIR, ".. behind a file");
	CHECK_ERRNO(call("nothing/..", &st), ENOENT, ".. behind nothing");
	CHECK_ERRNO(call("loop/f", &st), ELOOP, "a link to itself in the middle");
	CHECK_ERRNO(call("dangling/f", &st), ENOENT, "a dangling link in the middle");
	CHECK_ERRNO(call((const char *)8, &st), EFAULT, "a path that is not there");
	CHECK_ERRNO(call("f", (struct stat *)8), EFAULT, "a buffer that is not there");
	CHECK_ERRNO(call("nothing", (struct stat *)8), ENOENT, "the path comes before the buffer");
}

static stat_call *stat_user_call;

CHECK_UNUSED static void stat_user(void *arg)
{
	struct stat st;

	(void)arg;
	CHECK_OK(stat_user_call("f", &st), "a user may look at another's file");
	CHECK_ERRNO(stat_user_call("d/e", &st), EACCES, "but not in a directory that may not be searched");
	CHECK_ERRNO(stat_user_call("d/nothing", &st), EACCES, "nor learn what is not in it");
	CHECK_OK(stat_user_call("d", &st), "the directory itself is no secret");
}

CHECK_UNUSED static void stat_common(stat_call *call)
{
	stat_prepare();
	stat_kinds(call);
	stat_refused(call);
	stat_user_call = call;
	check_as_user(stat_user, NULL);
}

/* For calls that follow a last link: what they answer for each. */
CHECK_UNUSED static void stat_follows(stat_call *call)
{
	struct stat a, b;

	CHECK(call("link", &a) == 0 && call("f", &b) == 0 && check_same(&a, &b), "follows a link");
	CHECK_ERRNO(call("dangling", &a), ENOENT, "a dangling link");
	CHECK_ERRNO(call("loop", &a), ELOOP, "a link to itself");
	CHECK(call("/proc/self/cwd", &a) == 0 && call(".", &b) == 0 && check_same(&a, &b), "follows a magic link");
}

/* And for those that do not. */
CHECK_UNUSED static void stat_sees_links(stat_call *call)
{
	struct stat st;

	CHECK_OK(call("link", &st), "a link itself");
	CHECK_EQUAL(st.st_mode, S_IFLNK | 0777, "its mode");
	CHECK_EQUAL(st.st_size, 1, "its size is its text's");
	CHECK(call("dangling", &st) == 0 && S_ISLNK(st.st_mode), "a dangling link");
	CHECK(call("loop", &st) == 0 && S_ISLNK(st.st_mode), "a link to itself");
	CHECK(call("/proc/self/cwd", &st) == 0 && S_ISLNK(st.st_mode), "a magic link");
	CHECK(call("/proc/self", &st) == 0 && S_ISLNK(st.st_mode), "/proc/self");
}

#endif
