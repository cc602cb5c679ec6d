/* truncate(2). */
#include "../check.h"

static int call(const char *path, off_t length)
{
	return (int)syscall(SYS_truncate, path, length);
}

static off_t size_of(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_size : -1;
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(call("f", 0), EACCES, "a user may not cut another's file");
	CHECK_OK(call("writable", 1), "but one that all may write");
}

int main(int argc, char **argv)
{
	char buf[8] = "######";
	int fd;

	check_begin(argc, argv);
	check_write_file("f", "content");
	check_write_file("writable", "content");
	NEED(chmod("writable", 0222) == 0);
	NEED(mkdir("d", 0755) == 0 && symlink("f", "link") == 0 && symlink("nothing", "dangling") == 0);
	NEED(mkfifo("fifo", 0600) == 0);
	CHECK_OK(call("f", 3), "shorter");
	CHECK_EQUAL(size_of("f"), 3, "is shorter");
	CHECK_OK(call("link", 5), "longer, through a link");
	CHECK_EQUAL(size_of("f"), 5, "is longer");
	NEED((fd = open("f", O_RDONLY)) >= 0);
	CHECK(read(fd, buf, sizeof(buf)) == 5 && memcmp(buf, "con\0\0", 5) == 0, "by zeroes");
	close(fd);
	CHECK_OK(call("f", 1ll << 33), "much longer");
	CHECK_EQUAL(size_of("f"), 1ll << 33, "is much longer");
	CHECK_OK(call("f", 0), "empty");
	CHECK_ERRNO(call("f", -1), EINVAL, "less than nothing");
	CHECK_ERRNO(call("nothing", -1), EINVAL, "comes before the path");
	CHECK_ERRNO(call("d", 0), EISDIR, "a directory");
	CHECK_ERRNO(call("fifo", 0), EINVAL, "a FIFO");
	CHECK_ERRNO(call("nothing", 0), ENOENT, "nothing");
	CHECK_ERRNO(call("dangling", 0), ENOENT, "a dangling link");
	CHECK_ERRNO(call("", 0), ENOENT, "an empty path");
	CHECK_ERRNO(call("f/", 0), ENOTDIR, "a slash behind a file");
	CHECK_ERRNO(call((const char *)8, 0), EFAULT, "a path that is not there");
	check_as_user(as_user, NULL);
	return check_end();
}
