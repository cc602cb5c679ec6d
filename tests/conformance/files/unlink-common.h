/* What unlink(2) and unlinkat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_UNLINK_COMMON_H
#define LX_TESTS_CONFORMANCE_UNLINK_COMMON_H

#include "../check.h"

typedef int unlink_call(const char *path);

static unlink_call *unlink_user_call;

CHECK_UNUSED static void unlink_user(void *arg)
{
	unlink_call *call = unlink_user_call;

	(void)arg;
	CHECK_ERRNO(call("f"), EACCES, "a user may not in another's directory");
	CHECK_ERRNO(call("sticky/theirs"), EPERM, "nor another's file where the sticky bit is");
	CHECK_OK(call("sticky/mine"), "but one's own");
	CHECK_OK(call("open/theirs"), "and any where all may write");
}

CHECK_UNUSED static void unlink_common(unlink_call *call)
{
	struct stat st;
	char buf[8];
	int fd;

	NEED(mkdir("d", 0755) == 0 && mkdir("open", 0777) == 0 && mkdir("sticky", 0777) == 0);
	NEED(chmod("open", 0777) == 0 && chmod("sticky", 01777) == 0);
	check_write_file("f", "content");
	check_write_file("open/theirs", "");
	check_write_file("sticky/theirs", "");
	check_write_file("sticky/mine", "");
	NEED(chown("sticky/mine", CHECK_USER, CHECK_USER) == 0);
	NEED(link("f", "f2") == 0 && symlink("f", "link") == 0 && symlink("d", "dlink") == 0 &&
	     mkfifo("fifo", 0600) == 0);
	unlink_user_call = call;
	check_as_user(unlink_user, NULL);

	CHECK_OK(call("link"), "a link");
	CHECK(lstat("link", &st) == -1 && access("f", F_OK) == 0, "is removed itself");
	CHECK_OK(call("f2"), "one of two names");
	CHECK(stat("f", &st) == 0 && st.st_nlink == 1, "leaves the other");
	CHECK_OK(call("fifo"), "a FIFO");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	CHECK_OK(call("f"), "the last name of an open file");
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0, "has no names then");
	CHECK(read(fd, buf, sizeof(buf)) == 7, "and is still there");
	close(fd);
	CHECK_ERRNO(call("f"), ENOENT, "a name that is gone");
	CHECK_ERRNO(call(""), ENOENT, "an empty path");
	CHECK_ERRNO(call("d"), EISDIR, "a directory");
	CHECK_ERRNO(call("d/"), EISDIR, "a slash behind it");
	CHECK_ERRNO(call("dlink/"), ENOTDIR, "a slash behind a link to one");
	CHECK_ERRNO(call("."), EISDIR, ".");
	CHECK_ERRNO(call("/"), EISDIR, "/");
	CHECK_ERRNO(call("nothing/f"), ENOENT, "no such directory");
	check_write_file("f", "");
	CHECK_ERRNO(call("f/"), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("f/f"), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call((const char *)8), EFAULT, "a path that is not there");
	CHECK_OK(call("dlink"), "a link to a directory is only a link");
}

#endif
