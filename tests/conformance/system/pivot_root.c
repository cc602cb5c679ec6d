/* pivot_root(2): what it refuses. */
#include "mounts.h"

static long pivot(const char *new_root, const char *put_old)
{
	return syscall(SYS_pivot_root, new_root, put_old);
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(pivot("d", "d"), EPERM, "a user");
	CHECK_ERRNO(pivot("nowhere", "d"), EPERM, "whatever it is");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("d/old", 0755) == 0);
	check_write_file("file", "x");
	CHECK_ERRNO(pivot("nowhere", "d"), ENOENT, "no such root");
	CHECK_ERRNO(pivot("d", "nowhere"), ENOENT, "no such place for the old one");
	CHECK_ERRNO(pivot("file", "d"), ENOTDIR, "a file as the root");
	CHECK_ERRNO(pivot("d", "file"), ENOTDIR, "or as the place");
	CHECK_ERRNO(pivot("d", "d/old"), EBUSY, "a directory in the root's own mount");
	NEED(do_mount("none", "d", "tmpfs", 0, NULL) == 0 && do_mount(NULL, "d", NULL, MS_PRIVATE, NULL) == 0);
	NEED(mkdir("d/sub", 0755) == 0 && mkdir("d/old", 0755) == 0);
	CHECK_ERRNO(pivot("d/sub", "d/old"), EINVAL, "a directory in another mount");
	CHECK_ERRNO(pivot("d", "."), EBUSY, "the old root put into itself");
	CHECK_OK(do_umount("d", 0), "nothing has changed");
	CHECK_ERRNO(pivot(NULL, "d"), EFAULT, "no path");
	check_as_user(as_user, NULL);
	return check_end();
}
