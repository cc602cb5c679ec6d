/* What rename(2), renameat(2) and renameat2(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_RENAME_COMMON_H
#define LX_TESTS_CONFORMANCE_RENAME_COMMON_H

#include "../check.h"

typedef int rename_call(const char *from, const char *to);

CHECK_UNUSED static ino_t rename_inode(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 ? st.st_ino : 0;
}

CHECK_UNUSED static void rename_files(rename_call *call)
{
	ino_t f, g;

	check_write_file("f", "f");
	check_write_file("g", "g");
	NEED(chown("f", 5, 6) == 0 && chmod("f", 04711) == 0);
	f = rename_inode("f");
	CHECK_OK(call("f", "new"), "a file");
	CHECK(rename_inode("new") == f && rename_inode("f") == 0, "has the new name only");
	g = rename_inode("g");
	CHECK_OK(call("g", "new"), "over another");
	CHECK(rename_inode("new") == g && rename_inode("g") == 0, "takes its place");
	NEED(link("new", "same") == 0);
	CHECK_OK(call("new", "same"), "two names of one file");
	CHECK(rename_inode("new") == g && rename_inode("same") == g, "both stay");
	NEED(symlink("new", "link") == 0);
	CHECK_OK(call("link", "moved"), "a link");
	CHECK(rename_inode("moved") != 0 && rename_inode("new") == g, "moves itself");
	CHECK_OK(call("same", "moved"), "over a link");
	CHECK(rename_inode("moved") == g && rename_inode("new") == g, "takes its place, not its target's");
}

CHECK_UNUSED static void rename_directories(rename_call *call)
{
	struct stat st;
	ino_t d;
	int fd;

	NEED(mkdir("d", 0750) == 0 && mkdir("d/e", 0755) == 0 && mkdir("empty", 0755) == 0 && mkdir("full", 0755) == 0);
	check_write_file("full/f", "");
	check_write_file("d/f", "");
	NEED(symlink("d", "dlink") == 0);
	d = rename_inode("d");
	fd = open("d", O_RDONLY);
	CHECK_OK(call("d", "d2/"), "a directory, with a slash behind its new name");
	CHECK(rename_inode("d2") == d, "has the new name");
	CHECK_OK(faccessat(fd, "f", F_OK, 0), "who has it open goes with it");
	CHECK_OK(call("d2", "empty"), "over an empty one");
	CHECK(rename_inode("empty") == d && stat("empty/e", &st) == 0, "takes its place");
	CHECK_ERRNO(call("empty", "full"), ENOTEMPTY, "over one that is not empty");
	CHECK_ERRNO(call("empty", "new"), ENOTDIR, "over a file");
	CHECK_ERRNO(call("new", "empty"), EISDIR, "a file over a directory");
	CHECK_ERRNO(call("empty", "empty/e/below"), EINVAL, "below itself");
	CHECK_ERRNO(call("empty/e/..", "x"), EBUSY, "..");
	CHECK_ERRNO(call(".", "x"), EBUSY, ".");
	CHECK_ERRNO(call("empty", "full/."), EBUSY, "to .");
	CHECK_ERRNO(call("empty", "full/.."), EBUSY, "to ..");
	CHECK_ERRNO(call("/", "x"), EBUSY, "the root");
	CHECK_ERRNO(call("empty/e", "empty"), ENOTEMPTY, "over what it is in");
	CHECK_OK(call("empty/e", "e"), "out of its parent");
	CHECK(lstat("e/..", &st) == 0 && st.st_ino == rename_inode("."), ".. is its new one");
	CHECK_ERRNO(call("dlink/", "x"), ENOTDIR, "a slash behind a link");
	close(fd);
}

CHECK_UNUSED static void rename_refused(rename_call *call)
{
	CHECK_ERRNO(call("nothing", "x"), ENOENT, "nothing");
	CHECK_ERRNO(call("new", "nothing/x"), ENOENT, "to no such directory");
	CHECK_ERRNO(call("", "x"), ENOENT, "an empty path");
	CHECK_ERRNO(call("new", ""), ENOENT, "to an empty path");
	CHECK_ERRNO(call("new/", "x"), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("new", "x/"), ENOTDIR, "a slash behind its new name");
	CHECK_ERRNO(call("new/x", "y"), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call("new", "/proc/x"), EXDEV, "to another file system");
	CHECK_ERRNO(call((const char *)8, "x"), EFAULT, "a path that is not there");
	CHECK_ERRNO(call("new", (const char *)8), EFAULT, "a new path that is not there");
}

static rename_call *rename_user_call;

CHECK_UNUSED static void rename_user(void *arg)
{
	rename_call *call = rename_user_call;

	(void)arg;
	CHECK_ERRNO(call("new", "open/x"), EACCES, "a user may not out of another's directory");
	CHECK_ERRNO(call("open/theirs", "x"), EACCES, "nor into one");
	CHECK_ERRNO(call("sticky/theirs", "sticky/x"), EPERM, "nor another's file where the sticky bit is");
	CHECK_ERRNO(call("sticky/mine", "sticky/theirs"), EPERM, "nor over another's");
	CHECK_OK(call("sticky/mine", "sticky/x"), "but one's own");
	CHECK_OK(call("open/theirs", "open/x"), "and any where all may write");
}

CHECK_UNUSED static void rename_common(rename_call *call)
{
	rename_files(call);
	rename_directories(call);
	rename_refused(call);
	NEED(mkdir("open", 0777) == 0 && chmod("open", 0777) == 0);
	NEED(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0);
	check_write_file("open/theirs", "");
	check_write_file("sticky/theirs", "");
	check_write_file("sticky/mine", "");
	NEED(chown("sticky/mine", CHECK_USER, CHECK_USER) == 0);
	rename_user_call = call;
	check_as_user(rename_user, NULL);
}

#endif
