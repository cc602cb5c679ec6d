/* mount(2) of tmpfs */
#include "mounts.h"

int main(int argc, char **argv)
{
	struct stat st;

	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0);
	check_write_file("d/below", "x");
	CHECK_OK(do_mount("mine", "d", "tmpfs", MS_NOSUID, "mode=0750,uid=7,gid=8"), "a tmpfs");
	CHECK_STRING(names_in("d"), "", "is empty");
	CHECK(stat("d", &st) == 0 && st.st_uid == 7 && st.st_gid == 8 && (st.st_mode & 07777) == 0750,
	      "and what the options say");
	CHECK(has_option("d", "nosuid") && has_option("d", "rw") && has_option("d", "relatime"), "in /proc/mounts");
	CHECK(has_option("d", "mode=750") || has_option("d", "mode=0750"), "with its own options");
	check_write_file("d/file", "inside");
	NEED(mkdir("d/sub", 0755) == 0);
	check_write_file("d/sub/file", "deeper");
	CHECK_STRING(names_in("d"), "file sub", "takes files");
	CHECK_ERRNO(rename("d/file", "file"), EXDEV, "and is a file system of its own");
	CHECK_ERRNO(link("d/file", "file"), EXDEV, "in every way");
	CHECK_ERRNO(rmdir("d"), EBUSY, "its mount point stays");
	CHECK_OK(do_mount("second", "d", "tmpfs", 0, NULL), "another one on top");
	CHECK_STRING(names_in("d"), "", "hides it");
	CHECK(stat("d", &st) == 0 && st.st_uid == 0 && (st.st_mode & 07777) == 01777, "with the usual mode");
	CHECK_EQUAL(times_mounted("d"), 2, "both are mounted");
	CHECK_OK(do_umount("d", 0), "away with it");
	CHECK_STRING(names_in("d"), "file sub", "and the first is back");
	CHECK_OK(do_umount("d", 0), "away");
	CHECK_STRING(names_in("d"), "below", "and what was below");
	CHECK_ERRNO(do_umount("d", 0), EINVAL, "nothing is mounted any more");
	CHECK_OK(do_mount("none", "d", "tmpfs", MS_RDONLY, NULL), "read-only");
	CHECK_ERRNO(open("d/file", O_CREAT | O_WRONLY, 0600), EROFS, "it is");
	CHECK_ERRNO(mkdir("d/sub", 0755), EROFS, "for all");
	CHECK(has_option("d", "ro"), "says /proc/mounts");
	CHECK_OK(do_umount("d", 0), "away again");
	CHECK_ERRNO(do_mount("none", "d", "tmpfs", 0, "nosuchoption=1"), EINVAL, "no such option");
	CHECK_ERRNO(do_mount("none", "d", "tmpfs", 0, "mode=8"), EINVAL, "no such mode");
	CHECK_ERRNO(do_mount("none", "d", "tmpfs", 0, "uid=x"), EINVAL, "no such user");
	CHECK_OK(do_mount("none", "d", "tmpfs", 0, "size=1m,nr_inodes=100"), "with a size");
	CHECK_OK(do_umount("d", 0), "in the end");
	return check_end();
}
