/* linkat(2). */
#include "link-common.h"

static long flagged(int from_dir, const char *from, int to_dir, const char *to, int flags)
{
	return syscall(SYS_linkat, from_dir, from, to_dir, to, flags);
}

static int call(const char *from, const char *to)
{
	return (int)flagged(AT_FDCWD, from, AT_FDCWD, to, 0);
}

static void as_user(void *arg)
{
	int fd = *(int *)arg;

	CHECK_ERRNO(flagged(fd, "", AT_FDCWD, "open/stolen", AT_EMPTY_PATH), ENOENT,
		    "AT_EMPTY_PATH: a user may not with what root opened");
	CHECK_ERRNO(flagged(-1, "", AT_FDCWD, "open/stolen", AT_EMPTY_PATH), EBADF, "nor with nothing");
	CHECK_ERRNO(flagged(AT_FDCWD, "", AT_FDCWD, "d", AT_EMPTY_PATH), EEXIST,
		    "but with the current directory, which meets what is wrong with the new name");
}

int main(int argc, char **argv)
{
	char path[64];
	int d, f;

	check_begin(argc, argv);
	link_common(call);
	d = open("d", O_PATH);
	f = open("f", O_RDONLY);
	CHECK_OK(flagged(d, "second", d, "third", 0), "from and to a directory");
	CHECK(link_same("f", "d/third"), "the same file");
	CHECK_OK(flagged(AT_FDCWD, "link", d, "followed", AT_SYMLINK_FOLLOW), "AT_SYMLINK_FOLLOW");
	CHECK(link_same("f", "d/followed"), "follows a link");
	CHECK_ERRNO(flagged(AT_FDCWD, "dangling", d, "x", AT_SYMLINK_FOLLOW), ENOENT,
		    "AT_SYMLINK_FOLLOW: a dangling one");
	CHECK_OK(flagged(f, "", d, "empty", AT_EMPTY_PATH), "AT_EMPTY_PATH");
	CHECK(link_same("f", "d/empty"), "links the descriptor");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", f);
	CHECK_OK(flagged(AT_FDCWD, path, d, "magic", AT_SYMLINK_FOLLOW), "through a magic link");
	CHECK(link_same("f", "d/magic"), "the same file");
	CHECK_ERRNO(flagged(AT_FDCWD, path, d, "x", 0), EXDEV, "a magic link itself is in /proc");
	CHECK_ERRNO(flagged(f, "", d, "x", 0), ENOENT, "an empty path");
	CHECK_ERRNO(flagged(d, "", AT_FDCWD, "x", AT_EMPTY_PATH), EPERM, "AT_EMPTY_PATH: a directory");
	CHECK_ERRNO(flagged(f, "x", d, "x", 0), ENOTDIR, "from a file");
	CHECK_ERRNO(flagged(-1, "x", d, "x", 0), EBADF, "from nothing");
	CHECK_ERRNO(flagged(-1, "", AT_FDCWD, "nothing/x", AT_EMPTY_PATH), EBADF,
		    "AT_EMPTY_PATH: from nothing, before what is wrong with the new name");
	CHECK_ERRNO(flagged(AT_FDCWD, "f", -1, "x", 0), EBADF, "to nothing");
	CHECK_ERRNO(flagged(AT_FDCWD, "f", f, "x", 0), ENOTDIR, "to a file");
	CHECK_ERRNO(flagged(AT_FDCWD, "nothing", d, "x", 0x20000), EINVAL, "an unknown flag");
	NEED(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0);
	check_as_user(as_user, &f);
	return check_end();
}
