/* newfstatat(2), which the libc calls fstatat. */
#include "stat-common.h"

static long call(int dir, const char *path, struct stat *ret, int flags)
{
	return syscall(SYS_newfstatat, dir, path, ret, flags);
}

static int following(const char *path, struct stat *ret)
{
	return (int)call(AT_FDCWD, path, ret, 0);
}

static int not_following(const char *path, struct stat *ret)
{
	return (int)call(AT_FDCWD, path, ret, AT_SYMLINK_NOFOLLOW);
}

static bool same(int dir, const char *path, int flags, const char *want)
{
	struct stat a, b;

	return call(dir, path, &a, flags) == 0 && lstat(want, &b) == 0 && check_same(&a, &b);
}

static void directories(void)
{
	struct stat st;
	int d = open("d", O_RDONLY), p = open("d", O_PATH), f = open("f", O_RDONLY);

	CHECK(same(d, "e", 0, "d/e"), "from a directory");
	CHECK(same(p, "e", 0, "d/e"), "from an O_PATH descriptor");
	CHECK(same(p, "../f", 0, "f"), "out of it");
	CHECK(same(-1, "/", 0, "/"), "an absolute path needs no directory");
	CHECK_ERRNO(call(f, "e", &st, 0), ENOTDIR, "from a file");
	CHECK_ERRNO(call(-1, "e", &st, 0), EBADF, "from nothing");
	CHECK_ERRNO(call(d, "", &st, 0), ENOENT, "an empty path");
	close(f);
	close(p);
	close(d);
}

static void empty_paths(void)
{
	int d = open("d", O_RDONLY), f = open("f", O_RDONLY), link = open("link", O_PATH | O_NOFOLLOW), fds[2];
	struct stat st;

	NEED(pipe(fds) == 0);
	CHECK(same(d, "", AT_EMPTY_PATH, "d"), "AT_EMPTY_PATH: a directory");
	CHECK(same(f, "", AT_EMPTY_PATH, "f"), "AT_EMPTY_PATH: a file");
	CHECK(same(link, "", AT_EMPTY_PATH, "link"), "AT_EMPTY_PATH: a link is not followed");
	CHECK(same(AT_FDCWD, "", AT_EMPTY_PATH, "."), "AT_EMPTY_PATH: the current directory");
	CHECK(same(d, "e", AT_EMPTY_PATH, "d/e"), "AT_EMPTY_PATH and a path");
	CHECK(call(fds[0], "", &st, AT_EMPTY_PATH) == 0 && S_ISFIFO(st.st_mode), "AT_EMPTY_PATH: a pipe");
	CHECK_ERRNO(call(-1, "", &st, AT_EMPTY_PATH), EBADF, "AT_EMPTY_PATH: nothing");
	CHECK_ERRNO(call(-1, "", &st, 0), ENOENT, "an empty path comes before a bad descriptor");
	CHECK_ERRNO(call(d, NULL, &st, 0), EFAULT, "no path");
	close(fds[0]);
	close(fds[1]);
	close(link);
	close(f);
	close(d);
}

int main(int argc, char **argv)
{
	struct stat st;

	check_begin(argc, argv);
	stat_common(following);
	stat_follows(following);
	stat_sees_links(not_following);
	directories();
	empty_paths();
	CHECK_ERRNO(call(AT_FDCWD, "f", &st, 0x20000), EINVAL, "an unknown flag");
	CHECK_ERRNO(call(AT_FDCWD, "nothing", &st, 0x20000), EINVAL, "comes before the path");
	CHECK_ERRNO(call(AT_FDCWD, "f", &st, AT_REMOVEDIR), EINVAL, "a flag of other calls");
	CHECK_OK(call(AT_FDCWD, "f", &st, AT_NO_AUTOMOUNT), "AT_NO_AUTOMOUNT");
	return check_end();
}
