/* rmdir(2). */
#include "../check.h"

static int call(const char *path)
{
	return (int)syscall(SYS_rmdir, path);
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(call("d/e"), EACCES, "a user may not in another's directory");
	CHECK_ERRNO(call("sticky/d"), EPERM, "nor another's in one with the sticky bit");
	CHECK_ERRNO(call("d/nothing"), ENOENT, "what is not there is not there");
}

int main(int argc, char **argv)
{
	struct stat st;
	int fd;

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("d/e", 0755) == 0 && mkdir("d/full", 0755) == 0);
	check_write_file("d/full/f", "");
	check_write_file("f", "");
	NEED(symlink("d/e", "link") == 0);
	NEED(mkdir("sticky", 0777) == 0 && chmod("sticky", 01777) == 0 && mkdir("sticky/d", 0755) == 0);
	check_as_user(as_user, NULL);

	CHECK_ERRNO(call("d/full"), ENOTEMPTY, "one that is not empty");
	CHECK_ERRNO(call("f"), ENOTDIR, "a file");
	CHECK_ERRNO(call("link"), ENOTDIR, "a link to a directory");
	CHECK_ERRNO(call("link/"), ENOTDIR, "also with a slash behind it");
	CHECK_ERRNO(call("nothing"), ENOENT, "nothing");
	CHECK_ERRNO(call(""), ENOENT, "an empty path");
	CHECK_ERRNO(call("d/."), EINVAL, "a dot");
	CHECK_ERRNO(call("d/e/.."), ENOTEMPTY, "..");
	CHECK_ERRNO(call("/"), EBUSY, "the root");
	CHECK_ERRNO(call("/proc"), EBUSY, "a mount point");
	CHECK_ERRNO(call((const char *)8), EFAULT, "a path that is not there");
	fd = open("d/e", O_RDONLY);
	CHECK_OK(call("d/e/"), "an empty one, with a slash behind it");
	CHECK_ERRNO(access("d/e", F_OK), ENOENT, "it is gone");
	CHECK(fstat(fd, &st) == 0 && st.st_nlink == 0, "who has it open still has it");
	NEED(unlink("d/full/f") == 0);
	CHECK_OK(call("d/full"), "one that is empty now");
	return check_end();
}
