/* What link(2) and linkat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_LINK_COMMON_H
#define LX_TESTS_CONFORMANCE_LINK_COMMON_H

#include "../check.h"

typedef int link_call(const char *from, const char *to);

CHECK_UNUSED static bool link_same(const char *a, const char *b)
{
	struct stat sa, sb;

	return lstat(a, &sa) == 0 && lstat(b, &sb) == 0 && check_same(&sa, &sb);
}

CHECK_UNUSED static void link_common(link_call *call)
{
	struct stat st;

	NEED(mkdir("d", 0755) == 0);
	check_write_file("f", "content");
	NEED(chown("f", 5, 6) == 0 && chmod("f", 04710) == 0);
	NEED(symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0 && mkfifo("fifo", 0600) == 0);

	CHECK_OK(call("f", "d/second"), "a second name");
	CHECK(link_same("f", "d/second"), "for the same file");
	CHECK(stat("d/second", &st) == 0 && st.st_nlink == 2, "it has two");
	CHECK(st.st_uid == 5 && st.st_gid == 6 && st.st_mode == (S_IFREG | 04710), "one owner and mode for both");
	NEED(chown("d/second", 8, 9) == 0 && chmod("d/second", 0600) == 0);
	CHECK(stat("f", &st) == 0 && st.st_uid == 8 && st.st_mode == (S_IFREG | 0600), "changed for both");
	CHECK_OK(call("link", "link2"), "a link");
	CHECK(link_same("link", "link2"), "is not followed");
	CHECK_OK(call("dangling", "dangling2"), "not even if it leads nowhere");
	CHECK_OK(call("fifo", "fifo2"), "a FIFO");
	CHECK(link_same("fifo", "fifo2"), "has two names");

	CHECK_ERRNO(call("f", "d/second"), EEXIST, "a name that is taken");
	CHECK_ERRNO(call("f", "dangling"), EEXIST, "by a dangling link");
	CHECK_ERRNO(call("f", "d"), EEXIST, "by a directory");
	CHECK_ERRNO(call("f", "."), EEXIST, ".");
	CHECK_ERRNO(call("d", "d2"), EPERM, "a directory");
	CHECK_ERRNO(call("nothing", "new"), ENOENT, "nothing");
	CHECK_ERRNO(call("f", "nothing/new"), ENOENT, "no such directory");
	CHECK_ERRNO(call("", "new"), ENOENT, "an empty path");
	CHECK_ERRNO(call("f", ""), ENOENT, "an empty name");
	CHECK_ERRNO(call("f/", "new"), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("f", "new/"), ENOENT, "a slash behind the name");
	CHECK_ERRNO(call("f", "f/new"), ENOTDIR, "a file as a directory");
	CHECK_ERRNO(call("/proc/version", "new"), EXDEV, "out of another file system");
	CHECK_ERRNO(call((const char *)8, "new"), EFAULT, "a path that is not there");
}

#endif
