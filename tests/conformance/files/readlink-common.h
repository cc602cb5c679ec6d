/* What readlink(2) and readlinkat(2) have in common. */
#ifndef LX_TESTS_CONFORMANCE_READLINK_COMMON_H
#define LX_TESTS_CONFORMANCE_READLINK_COMMON_H

#include "../check.h"

typedef long readlink_call(const char *path, char *buf, int size);

CHECK_UNUSED static void readlink_common(readlink_call *call)
{
	char buf[PATH_MAX + 1], name[1024]; /* some file systems take no more */

	NEED(symlink("target", "link") == 0 && symlink("/absolute/path", "absolute") == 0);
	NEED(symlink("d", "dlink") == 0 && mkdir("d", 0755) == 0 && symlink("../x", "d/up") == 0);
	check_write_file("f", "");
	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	NEED(symlink(name, "long") == 0);

	memset(buf, '#', sizeof(buf));
	CHECK_EQUAL(call("link", buf, sizeof(buf)), 6, "the length of the text");
	CHECK(memcmp(buf, "target#", 7) == 0, "the text, without a NUL");
	memset(buf, '#', sizeof(buf));
	CHECK_EQUAL(call("link", buf, 3), 3, "a small buffer");
	CHECK(memcmp(buf, "tar#", 4) == 0, "is filled and no more");
	CHECK_EQUAL(call("absolute", buf, sizeof(buf)), 14, "an absolute one");
	CHECK(memcmp(buf, "/absolute/path", 14) == 0, "as it was made");
	CHECK_EQUAL(call("dlink/up", buf, sizeof(buf)), 4, "through a link");
	CHECK_EQUAL(call("long", buf, sizeof(buf)), sizeof(name) - 1, "a long one");
	CHECK(memcmp(buf, name, sizeof(name) - 1) == 0, "is whole");
	CHECK(call("/proc/self/exe", buf, sizeof(buf)) > 1 && buf[0] == '/', "a magic link");
	CHECK_EQUAL(call("/proc/self/root", buf, sizeof(buf)), 1, "the root");

	CHECK_ERRNO(call("f", buf, sizeof(buf)), EINVAL, "a file");
	CHECK_ERRNO(call("d", buf, sizeof(buf)), EINVAL, "a directory");
	CHECK_ERRNO(call("dlink/", buf, sizeof(buf)), EINVAL, "a slash behind a link follows it");
	CHECK_ERRNO(call("link/", buf, sizeof(buf)), ENOENT, "also where that leads to nothing");
	CHECK_ERRNO(call("f/", buf, sizeof(buf)), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call("nothing", buf, sizeof(buf)), ENOENT, "no such file");
	CHECK_ERRNO(call("", buf, sizeof(buf)), ENOENT, "an empty path");
	CHECK_ERRNO(call("link", buf, 0), EINVAL, "an empty buffer");
	CHECK_ERRNO(call("link", buf, -1), EINVAL, "a negative size");
	CHECK_ERRNO(call("nothing", buf, 0), EINVAL, "comes before the path");
	CHECK_ERRNO(call("link", (char *)8, 100), EFAULT, "a buffer that is not there");
}

#endif
