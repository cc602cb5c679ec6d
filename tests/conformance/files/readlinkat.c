/* readlinkat(2). */
#include "readlink-common.h"

static long call(const char *path, char *buf, int size)
{
	return syscall(SYS_readlinkat, AT_FDCWD, path, buf, size);
}

int main(int argc, char **argv)
{
	char buf[64];
	int d, f, link;

	check_begin(argc, argv);
	readlink_common(call);
	d = open("d", O_PATH);
	f = open("f", O_PATH);
	link = open("link", O_PATH | O_NOFOLLOW);
	CHECK_EQUAL(syscall(SYS_readlinkat, d, "up", buf, sizeof(buf)), 4, "from a directory");
	CHECK_EQUAL(syscall(SYS_readlinkat, d, "../link", buf, sizeof(buf)), 6, "out of it");
	CHECK_EQUAL(syscall(SYS_readlinkat, link, "", buf, sizeof(buf)), 6, "an empty path is the link itself");
	CHECK(memcmp(buf, "target", 6) == 0, "its text");
	CHECK_ERRNO(syscall(SYS_readlinkat, f, "", buf, sizeof(buf)), ENOENT, "an empty path and a file");
	CHECK_ERRNO(syscall(SYS_readlinkat, f, "up", buf, sizeof(buf)), ENOTDIR, "from a file");
	CHECK_ERRNO(syscall(SYS_readlinkat, -1, "up", buf, sizeof(buf)), EBADF, "from nothing");
	CHECK_EQUAL(syscall(SYS_readlinkat, -1, "/proc/self/root", buf, sizeof(buf)), 1, "an absolute path needs none");
	return check_end();
}
