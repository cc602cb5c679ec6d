/* umount2(2) */
#include "mounts.h"

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(do_umount("d", 0), EPERM, "a user");
	CHECK_ERRNO(do_umount("nowhere", 0), ENOENT, "the place comes first");
	CHECK_ERRNO(do_umount("d", 0x100), EINVAL, "and flags before that");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && symlink("d", "link") == 0);
	check_write_file("file", "x");
	NEED(do_mount("none", "d", "tmpfs", 0, NULL) == 0 && mkdir("d/sub", 0755) == 0);
	check_as_user(as_user, NULL);
	CHECK_ERRNO(do_umount("nowhere", 0), ENOENT, "no such place");
	CHECK_ERRNO(do_umount("file/d", 0), ENOTDIR, "below a file");
	CHECK_ERRNO(do_umount("file", 0), EINVAL, "what is no mount point");
	CHECK_ERRNO(do_umount("d/sub", 0), EINVAL, "a directory in a mount");
	CHECK_ERRNO(do_umount(NULL, 0), EFAULT, "no path");
	CHECK_ERRNO(do_umount("", 0), ENOENT, "an empty one");
	CHECK_ERRNO(do_umount("d", 0x100), EINVAL, "no such flag");
	CHECK_ERRNO(do_umount("link", UMOUNT_NOFOLLOW), EINVAL, "a link, not followed");
	CHECK_ERRNO(do_umount("d", MNT_EXPIRE | MNT_DETACH), EINVAL, "flags that exclude each other");
	NEED(do_mount("none", "d/sub", "tmpfs", 0, NULL) == 0);
	CHECK_ERRNO(do_umount("d", 0), EBUSY, "with a mount in it");
	CHECK_OK(do_umount("d/sub", UMOUNT_NOFOLLOW), "the inner one");
	CHECK_ERRNO(do_umount("d", MNT_EXPIRE), EAGAIN, "expiring, at first");
	CHECK_OK(do_umount("d", MNT_EXPIRE), "at second");
	CHECK_EQUAL(times_mounted("d"), 0, "it has");
	NEED(do_mount("none", "d", "tmpfs", 0, NULL) == 0);
	CHECK_OK(do_umount("link", 0), "through a link");
	NEED(do_mount("none", "d", "tmpfs", 0, NULL) == 0 && mkdir("d/sub", 0755) == 0);
	NEED(do_mount("none", "d/sub", "tmpfs", 0, NULL) == 0);
	int fd = open("d/file", O_CREAT | O_RDWR, 0600);

	NEED(fd >= 0 && write(fd, "open", 4) == 4);
	CHECK_OK(do_umount("d", MNT_DETACH), "detached in whole");
	CHECK(times_mounted("d") == 0 && times_mounted("d/sub") == 0, "at once");
	char text[8] = "";

	CHECK(pread(fd, text, 4, 0) == 4 && strcmp(text, "open") == 0, "what is open lives on");
	CHECK_ERRNO(do_umount("d", MNT_DETACH), EINVAL, "it is no mount any more");
	return check_end();
}
