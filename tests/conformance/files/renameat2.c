/* renameat2(2). */
#include "rename-common.h"

#include <sys/sysmacros.h>

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#define RENAME_EXCHANGE  2
#define RENAME_WHITEOUT  4
#endif

static long flagged(const char *from, const char *to, unsigned flags)
{
	return syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, flags);
}

static int call(const char *from, const char *to)
{
	return (int)flagged(from, to, 0);
}

static void not_replacing(void)
{
	ino_t a = rename_inode("a");

	CHECK_ERRNO(flagged("a", "b", RENAME_NOREPLACE), EEXIST, "RENAME_NOREPLACE: a name that is taken");
	CHECK_ERRNO(flagged("a", "dangling", RENAME_NOREPLACE), EEXIST, "RENAME_NOREPLACE: by a dangling link");
	CHECK_ERRNO(flagged("a", ".", RENAME_NOREPLACE), EEXIST, "RENAME_NOREPLACE: to .");
	CHECK_OK(flagged("a", "free", RENAME_NOREPLACE), "RENAME_NOREPLACE: a free name");
	CHECK(rename_inode("free") == a && rename_inode("a") == 0, "is taken");
	CHECK_OK(flagged("free", "a", RENAME_NOREPLACE), "RENAME_NOREPLACE: back");
}

static void exchanging(void)
{
	ino_t a = rename_inode("a"), b = rename_inode("b"), d = rename_inode("dir");

	CHECK_OK(flagged("a", "b", RENAME_EXCHANGE), "RENAME_EXCHANGE: two files");
	CHECK(rename_inode("a") == b && rename_inode("b") == a, "are exchanged");
	CHECK_OK(flagged("a", "dir", RENAME_EXCHANGE), "RENAME_EXCHANGE: a file and a directory");
	CHECK(rename_inode("a") == d && rename_inode("dir") == b, "are exchanged");
	CHECK_OK(access("a/below", F_OK), "with what is in it");
	CHECK_OK(flagged("a", "dir", RENAME_EXCHANGE), "RENAME_EXCHANGE: back");
	CHECK_OK(flagged("dangling", "b", RENAME_EXCHANGE), "RENAME_EXCHANGE: a link and a file");
	CHECK(rename_inode("dangling") == a, "the link is not followed");
	CHECK_ERRNO(flagged("a", "nothing", RENAME_EXCHANGE), ENOENT, "RENAME_EXCHANGE: with nothing");
	CHECK_ERRNO(flagged("dir", "dir/below", RENAME_EXCHANGE), EINVAL, "RENAME_EXCHANGE: with what is in it");
	CHECK_ERRNO(flagged("dir/below", "dir", RENAME_EXCHANGE), EINVAL, "RENAME_EXCHANGE: with what it is in");
}

static void whiteouts(void)
{
	struct stat st;
	long r = flagged("b", "moved", RENAME_WHITEOUT);

	if (r == -1 && errno == EINVAL) {
		check_skip("RENAME_WHITEOUT", "the file system does not have it");
		return;
	}
	CHECK_OK(r, "RENAME_WHITEOUT");
	CHECK(lstat("b", &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(0, 0), "leaves a whiteout");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	rename_common(call);
	check_write_file("a", "a");
	check_write_file("b", "b");
	NEED(symlink("nowhere", "dangling") == 0 && mkdir("dir", 0755) == 0 && mkdir("dir/below", 0755) == 0);
	not_replacing();
	exchanging();
	whiteouts();
	CHECK_ERRNO(flagged("nothing", "x", 8), EINVAL, "an unknown flag");
	CHECK_ERRNO(flagged("a", "x", RENAME_EXCHANGE | RENAME_NOREPLACE), EINVAL,
		    "RENAME_EXCHANGE and RENAME_NOREPLACE");
	CHECK_ERRNO(flagged("a", "x", RENAME_EXCHANGE | RENAME_WHITEOUT), EINVAL,
		    "RENAME_EXCHANGE and RENAME_WHITEOUT");
	return check_end();
}
