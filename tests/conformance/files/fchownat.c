/* fchownat(2). */
#include "chown-common.h"

static long flagged(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return syscall(SYS_fchownat, dir, path, uid, gid, flags);
}

static int call(const char *path, uid_t uid, gid_t gid)
{
	return (int)flagged(AT_FDCWD, path, uid, gid, 0);
}

int main(int argc, char **argv)
{
	int d, f, link;

	check_begin(argc, argv);
	chown_common(call);
	chown_paths(call);
	check_write_file("d/inside", "");
	d = open("d", O_PATH);
	f = open("f", O_PATH);
	link = open("link", O_PATH | O_NOFOLLOW);
	CHECK_OK(flagged(d, "inside", 41, 42, 0), "in a directory");
	chown_is("d/inside", 41, 42, "is what stat tells");
	CHECK_OK(flagged(AT_FDCWD, "link", 43, 44, 0), "follows a link");
	chown_is("f", 43, 44, "to its target");
	CHECK_OK(flagged(AT_FDCWD, "link", 45, 46, AT_SYMLINK_NOFOLLOW), "AT_SYMLINK_NOFOLLOW: a link");
	chown_is("f", 43, 44, "its target stays");
	CHECK_OK(flagged(f, "", 47, 48, AT_EMPTY_PATH), "AT_EMPTY_PATH: an O_PATH descriptor");
	chown_is("f", 47, 48, "is what stat tells");
	CHECK_OK(flagged(link, "", 49, 50, AT_EMPTY_PATH), "AT_EMPTY_PATH: of a link");
	CHECK_ERRNO(flagged(f, "", 1, 1, 0), ENOENT, "an empty path");
	CHECK_ERRNO(flagged(-1, "", 1, 1, AT_EMPTY_PATH), EBADF, "AT_EMPTY_PATH: nothing");
	CHECK_ERRNO(flagged(f, "x", 1, 1, 0), ENOTDIR, "in a file");
	CHECK_ERRNO(flagged(AT_FDCWD, "nothing", 1, 1, 0x20000), EINVAL, "an unknown flag");
	return check_end();
}
