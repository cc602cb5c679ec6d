/* mount(2): arguments, rights, the types that there are. */
#include "mounts.h"

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(do_mount("none", "d", "tmpfs", 0, NULL), EPERM, "a user");
	CHECK_ERRNO(do_mount("none", "nowhere", "tmpfs", 0, NULL), ENOENT, "the place comes first");
	CHECK_ERRNO(do_mount("none", "private/d", "tmpfs", 0, NULL), EACCES, "as far as it can be seen");
	CHECK_ERRNO(do_mount("d", "d", NULL, MS_BIND, NULL), EPERM, "not even a bind");
	CHECK_ERRNO(do_mount(NULL, "d", NULL, MS_PRIVATE, NULL), EPERM, "nor propagation");
}

static void types(void)
{
	struct statfs fs;

	CHECK_ERRNO(do_mount("none", "d", "nosuchfs", 0, NULL), ENODEV, "no such type");
	CHECK_ERRNO(do_mount("none", "d", NULL, 0, NULL), EINVAL, "no type");
	CHECK_ERRNO(do_mount("none", "d", "", 0, NULL), ENODEV, "an empty one");
	CHECK_OK(do_mount("proc", "d", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, NULL), "proc");
	CHECK(exists("d/self/status") && statfs("d", &fs) == 0 && fs.f_type == PROC_MAGIC, "is a /proc");
	char link[64] = "", want[64];

	CHECK(readlink("d/self", link, sizeof(link) - 1) > 0, "with a self");
	snprintf(want, sizeof(want), "%d", getpid());
	CHECK(strcmp(link, want) == 0, "that is this process");
	CHECK_STRING(mounted("d"), "proc rw,nosuid,nodev,noexec,relatime", "in /proc/mounts");
	CHECK(access("/proc/self/status", F_OK) == 0, "the other /proc is there as before");
	CHECK_OK(do_umount("d", 0), "unmounted");
	CHECK_STRING(names_in("d"), "", "is gone");
	CHECK(access("/proc/self/status", F_OK) == 0, "the other is not");
	CHECK_ERRNO(do_mount("proc", "d", "proc", 0, "nosuchoption"), EINVAL, "no such option");
	CHECK_OK(do_mount("sysfs", "d", "sysfs", MS_RDONLY, NULL), "sysfs");
	CHECK(exists("d/kernel") && has_option("d", "ro"), "is a /sys");
	CHECK_OK(do_umount("d", 0), "unmounted too");
	CHECK_ERRNO(do_mount("proc", "file", "proc", 0, NULL), ENOTDIR, "onto a file");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkdir("d", 0755) == 0 && mkdir("private", 0700) == 0 && mkdir("private/d", 0755) == 0);
	check_write_file("file", "x");
	NEED(symlink("d", "link") == 0);
	check_as_user(as_user, NULL);
	CHECK_ERRNO(do_mount("none", "nowhere", "tmpfs", 0, NULL), ENOENT, "no such place");
	CHECK_ERRNO(do_mount("none", "file/d", "tmpfs", 0, NULL), ENOTDIR, "below a file");
	CHECK_ERRNO(do_mount("none", "", "tmpfs", 0, NULL), ENOENT, "an empty path");
	CHECK_ERRNO(do_mount("none", NULL, "tmpfs", 0, NULL), EFAULT, "no path");
	CHECK_ERRNO(do_mount("none", "d", (char *)8, 0, NULL), EFAULT, "no type at this address");
	CHECK_ERRNO(do_mount((char *)8, "d", "tmpfs", 0, NULL), EFAULT, "no source");
	CHECK_OK(do_mount("none", "link", "tmpfs", 0, NULL), "through a link");
	CHECK(times_mounted("d") == 1 && times_mounted("link") == 0, "onto what it leads to");
	CHECK_OK(do_umount("link", 0), "unmounted through it");
	CHECK_OK(do_mount("none", "d", "tmpfs", 0xc0ed0000, NULL), "with the magic number of old");
	CHECK_OK(do_umount("d", 0), "all the same");
	types();
	return check_end();
}
