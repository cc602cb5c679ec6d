/* mount(2) with MS_REMOUNT, and the flags for propagation */
#include "mounts.h"

#include <sys/xattr.h>

/* What a descriptor from before lets nobody change. */
static void check_descriptor(const char *path)
{
	int fd = open(path, O_RDONLY);

	NEED(fd >= 0);
	CHECK_ERRNO(fchmod(fd, 0600), EROFS, "fchmod");
	CHECK_ERRNO(fchown(fd, 1, 1), EROFS, "fchown");
	CHECK_ERRNO(futimens(fd, NULL), EROFS, "futimens");
	CHECK_ERRNO(fsetxattr(fd, "trusted.x", "y", 1, 0), EROFS, "fsetxattr");
	CHECK_ERRNO(fremovexattr(fd, "trusted.x"), EROFS, "fremovexattr");
	NEED(seteuid(1000) == 0);
	CHECK_ERRNO(fchmod(fd, 0600), EROFS, "fchmod by another");
	CHECK_ERRNO(fchown(fd, 1, 1), EROFS, "fchown by another");
	NEED(seteuid(0) == 0);
	close(fd);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("plain", 0755) == 0);
	NEED(do_mount("none", "d", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") == 0);
	check_write_file("d/file", "x");
	NEED(mkdir("d/sub", 0755) == 0);
	CHECK_ERRNO(do_mount(NULL, "plain", NULL, MS_REMOUNT, NULL), EINVAL, "what is no mount");
	CHECK_ERRNO(do_mount(NULL, "d/sub", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY, NULL), EINVAL, "or only in one");
	CHECK_ERRNO(do_mount(NULL, "nowhere", NULL, MS_REMOUNT, NULL), ENOENT, "nothing");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_REMOUNT | MS_RDONLY, NULL), "read-only");
	CHECK_ERRNO(open("d/file", O_WRONLY), EROFS, "it is");
	check_descriptor("d/file");
	CHECK(has_option("d", "ro") && !has_option("d", "nosuid"), "the flags are those that were said");
	CHECK(has_option("d", "mode=755"), "the options are kept");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_REMOUNT, NULL), "writable again");
	CHECK_OK(close(open("d/file", O_WRONLY)), "it is that");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOEXEC, NULL), "this mount only");
	CHECK(has_option("d", "ro") && has_option("d", "noexec"), "has the flags");
	CHECK_ERRNO(unlink("d/file"), EROFS, "and means it");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_REMOUNT | MS_BIND | MS_NOATIME, NULL), "or not");
	CHECK(has_option("d", "rw") && has_option("d", "noatime") && !has_option("d", "relatime"), "any more");
	CHECK_OK(unlink("d/file"), "at all");

	CHECK_OK(do_mount(NULL, "d", NULL, MS_PRIVATE, NULL), "private");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_SLAVE | MS_REC, NULL), "slave, with all below");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_UNBINDABLE, NULL), "unbindable");
	CHECK_OK(do_mount(NULL, "d", NULL, MS_SHARED, NULL), "shared");
	CHECK_ERRNO(do_mount(NULL, "d", NULL, MS_PRIVATE | MS_SHARED, NULL), EINVAL, "two at once");
	CHECK_ERRNO(do_mount(NULL, "d", NULL, MS_PRIVATE | MS_RDONLY, NULL), EINVAL, "with another flag");
	CHECK_ERRNO(do_mount(NULL, "plain", NULL, MS_PRIVATE, NULL), EINVAL, "what is no mount");
	CHECK_OK(do_umount("d", 0), "in the end");
	return check_end();
}
