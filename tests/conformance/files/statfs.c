/* statfs(2). */
#include "../check.h"

#include <linux/magic.h>
#include <sys/vfs.h>

static int call(const char *path, struct statfs *ret)
{
	return (int)syscall(SYS_statfs, path, ret);
}

int main(int argc, char **argv)
{
	struct statfs st, by_fd;
	int fd;

	check_begin(argc, argv);
	check_write_file("f", "");
	NEED(symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
	CHECK_OK(call("f", &st), "a file");
	CHECK(st.f_bsize > 0 && st.f_blocks > 0 && st.f_namelen >= 255, "it makes sense");
	fd = open("f", O_RDONLY);
	CHECK(fstatfs(fd, &by_fd) == 0 && by_fd.f_type == st.f_type && by_fd.f_blocks == st.f_blocks, "as fstatfs");
	CHECK(call("link", &by_fd) == 0 && by_fd.f_type == st.f_type, "follows a link");
	CHECK(call("/proc", &st) == 0 && st.f_type == PROC_SUPER_MAGIC, "/proc");
	CHECK(call("/proc/self/status", &st) == 0 && st.f_type == PROC_SUPER_MAGIC, "a file in /proc");
	CHECK(call("/proc/self/fd", &st) == 0 && st.f_type == PROC_SUPER_MAGIC, "a directory in /proc");
	CHECK_ERRNO(call("nothing", &st), ENOENT, "nothing");
	CHECK_ERRNO(call("dangling", &st), ENOENT, "a dangling link");
	CHECK_ERRNO(call("", &st), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", &st), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call((const char *)8, &st), EFAULT, "a path that is not there");
	CHECK_ERRNO(call("f", (struct statfs *)8), EFAULT, "a buffer that is not there");
	return check_end();
}
