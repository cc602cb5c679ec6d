/* The way between host paths and guest paths, and chroot. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scratch.h"

static void start(void)
{
	scratch_start(true);
	scratch_mount(MOUNT_PROC, 0, "/proc", "/proc");
	scratch_mount(MOUNT_TMPFS, 0, "/dev", "%s/run/dev", scratch.dir);
	scratch_mount(MOUNT_BIND, 0, "/mnt/host", "/");
}

TestSuite(where, .init = start, .fini = scratch_end);

static const char *guest(const char *host)
{
	static char buf[PATH_MAX];
	ssize_t n = vfs_guest_path(&scratch.ns, host, buf, sizeof(buf));

	if (n < 0)
		return strerrorname_np((int)-n);
	cr_assert_eq((size_t)n, strlen(buf));
	return buf;
}

static const char *host(const char *path)
{
	static char buf[PATH_MAX];
	ssize_t n = vfs_host_path(&scratch.ns, path, buf, sizeof(buf));

	if (n < 0)
		return strerrorname_np((int)-n);
	cr_assert_eq((size_t)n, strlen(buf));
	return buf;
}

static const char *fd_path(int fd)
{
	static char buf[PATH_MAX];
	ssize_t n = vfs_fd_path(&scratch.ns, fd, buf, sizeof(buf));

	return n < 0 ? strerrorname_np((int)-n) : buf;
}

static const char *cwd(void)
{
	static char buf[PATH_MAX];
	ssize_t n = vfs_getcwd(&scratch.ns, buf, sizeof(buf));

	if (n < 0)
		return strerrorname_np((int)-n);
	cr_assert_eq((size_t)n, strlen(buf) + 1);
	return buf;
}

Test(where, host_to_guest)
{
	cr_expect_str_eq(guest(host_path("root")), "/");
	cr_expect_str_eq(guest(host_path("root/dir/sub")), "/dir/sub");
	cr_expect_str_eq(guest(host_path("root/chain")), "/chain");
	cr_expect_str_eq(guest(host_path("run/mounted")), "/mnt");
	cr_expect_str_eq(guest(host_path("run/mounted/sub")), "/mnt/sub");
	cr_expect_str_eq(guest(host_path("run/single")), "/filemnt");
	cr_expect_str_eq(guest(host_path("run/dev/x")), "/dev/x");
	cr_expect_str_eq(guest("/proc"), "/proc");
	cr_expect_str_eq(guest("/proc/1/status"), "/proc/1/status");
	cr_expect_str_eq(guest("/"), "/mnt/host");
	cr_expect_str_eq(guest("/usr"), "/mnt/host/usr");
	/* Hidden below a mount: only the host's whole tree still shows it. */
	char expected[PATH_MAX];

	snprintf(expected, sizeof(expected), "/mnt/host%s", host_path("root/mnt/hidden"));
	cr_expect_str_eq(guest(host_path("root/mnt/hidden")), expected);
	snprintf(expected, sizeof(expected), "/mnt/host%s", host_path("rootless"));
	cr_expect_str_eq(guest(host_path("rootless")), expected);
	cr_assert_eq(instance_remove_mount(scratch.in, 0, "/mnt/host"), 0);
	cr_expect_str_eq(guest("/usr"), "ENOENT");
	cr_expect_str_eq(guest(host_path("root/mnt/hidden")), "ENOENT");
	cr_expect_str_eq(guest(host_path("rootless")), "ENOENT");
}

Test(where, guest_to_host)
{
	cr_expect_str_eq(host("/"), host_path("root"));
	cr_expect_str_eq(host("/dir/file"), host_path("root/dir/file"));
	cr_expect_str_eq(host("/mnt"), host_path("run/mounted"));
	cr_expect_str_eq(host("/mnt/x/y"), host_path("run/mounted/x/y"));
	cr_expect_str_eq(host("/mntx"), host_path("root/mntx"));
	cr_expect_str_eq(host("/filemnt"), host_path("run/single"));
	cr_expect_str_eq(host("/mnt/host"), "/");
	cr_expect_str_eq(host("/mnt/host/usr"), "/usr");
	cr_expect_str_eq(host("/proc/self"), "/proc/self");
}

Test(where, descriptors)
{
	int fd = vfs_open(&scratch.ns, path("/dirlink/sub"), O_RDONLY, 0, 0);

	cr_expect_str_eq(fd_path(fd), "/dir/sub");
	close(fd);
	fd = vfs_open(&scratch.ns, path("/tomount/sub/file"), O_RDONLY, 0, 0);
	cr_expect_str_eq(fd_path(fd), "/mnt/sub/file");
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/mnt/sub/file"), 0), 0);
	cr_expect_str_eq(fd_path(fd), "ENOENT");
	close(fd);
	fd = memfd_create("name", 0);
	cr_expect_str_eq(fd_path(fd), "ENOENT");
	close(fd);
	/* A file may be called like a removed one. */
	fd = vfs_open(&scratch.ns, path("/dir/x (deleted)"), O_RDWR | O_CREAT, 0600, 0);
	cr_expect_str_eq(fd_path(fd), "/dir/x (deleted)");
	close(fd);
	cr_expect_str_eq(fd_path(-1), "ENOENT");
}

Test(where, cwd)
{
	char small[4];

	cr_assert_eq(vfs_chdir(&scratch.ns, path("/absdirlink/sub")), 0);
	cr_expect_str_eq(cwd(), "/dir/sub");
	cr_expect_eq(vfs_getcwd(&scratch.ns, small, sizeof(small)), -ERANGE);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/mnt/host/usr")), 0);
	cr_expect_str_eq(cwd(), "/mnt/host/usr");
	cr_assert_eq(vfs_chdir(&scratch.ns, path("..")), 0);
	cr_expect_str_eq(cwd(), "/mnt/host");
	cr_assert_eq(vfs_chdir(&scratch.ns, path("..")), 0);
	cr_expect_str_eq(cwd(), "/mnt");
	cr_assert_eq(vfs_chdir(&scratch.ns, path("../..")), 0);
	cr_expect_str_eq(cwd(), "/");
	cr_expect_eq(vfs_chdir(&scratch.ns, path("/file")), -ENOTDIR);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir/empty")), 0);
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/dir/empty"), AT_REMOVEDIR), 0);
	cr_expect_str_eq(cwd(), "ENOENT");
	/* As in Linux, what is in a removed directory is nothing, and ".." is where it was. */
	cr_expect_eq(vfs_open(&scratch.ns, path("x"), O_CREAT | O_RDWR, 0600, 0), -ENOENT);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/")), 0);
}

/* A process in a chroot: the same tree, with paths from there. */
Test(where, chroot)
{
	struct vfs_ns whole = scratch.ns;
	char buf[PATH_MAX];
	int fd;

	scratch.ns.root_path = "/dir";
	scratch.ns.root = vfs_open_path(&whole, path("/dir"), 0);
	scratch_mount(MOUNT_PROC, 0, "/dir/empty", "/proc");

	cr_expect_str_eq(host("/sub"), host_path("root/dir/sub"));
	cr_expect_str_eq(guest(host_path("root/dir/sub")), "/sub");
	cr_expect_str_eq(guest(host_path("root/dir")), "/");
	cr_expect_str_eq(guest(host_path("root/file")), "ENOENT");
	cr_expect_str_eq(guest("/proc/1"), "/empty/1");
	cr_expect_str_eq(guest("/usr"), "ENOENT");

	/* Links and dots end at the new root. */
	fd = vfs_open(&scratch.ns, path("/../../file"), O_RDONLY, 0, 0);
	cr_expect_str_eq(fd_path(fd), "/file");
	close(fd);
	cr_expect_eq(vfs_open(&scratch.ns, path("/abs"), O_RDONLY, 0, 0), -ENOENT);
	fd = vfs_open(&scratch.ns, path("/parent/parent/sub/file"), O_RDONLY, 0, 0);
	cr_expect_str_eq(fd_path(fd), "/sub/file");
	close(fd);
	fd = vfs_open(&scratch.ns, path("/empty/self/status"), O_RDONLY, 0, 0);
	cr_expect_geq(fd, 0);
	close(fd);
	cr_expect_eq(vfs_open(&scratch.ns, path("/mnt/file"), O_RDONLY, 0, 0), -ENOENT);

	/* The cwd may be outside. */
	cr_assert_eq(vfs_chdir(&whole, path("/chain")), 0);
	cr_expect_str_eq(cwd(), "(unreachable)/chain");
	cr_expect_eq(vfs_readlink(&scratch.ns, path("1"), buf, sizeof(buf)), 1);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/")), 0);
	cr_expect_str_eq(cwd(), "/");
	close(scratch.ns.root);
	scratch.ns = whole;
}

Test(where, parent)
{
	char name[NAME_MAX + 1], buf[PATH_MAX];
	int dir = -1;

	cr_assert_eq(vfs_parent(&scratch.ns, path("/dirlink/link2"), &dir, name), 0);
	cr_expect_str_eq(name, "link2");
	cr_expect_gt(vfs_fd_path(&scratch.ns, dir, buf, sizeof(buf)), 0);
	cr_expect_str_eq(buf, "/dir");
	close(dir);
	cr_assert_eq(vfs_parent(&scratch.ns, path("/dir/x/"), &dir, name), 0);
	cr_expect_str_eq(name, "x");
	close(dir);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir/sub")), 0);
	cr_assert_eq(vfs_parent(&scratch.ns, path("name"), &dir, name), 0);
	cr_expect_gt(vfs_fd_path(&scratch.ns, dir, buf, sizeof(buf)), 0);
	cr_expect_str_eq(buf, "/dir/sub");
	close(dir);
	cr_expect_eq(vfs_parent(&scratch.ns, path("/"), &dir, name), -EEXIST);
	cr_expect_eq(vfs_parent(&scratch.ns, path("/dir/."), &dir, name), -EEXIST);
	cr_expect_eq(vfs_parent(&scratch.ns, path("/dir/.."), &dir, name), -EEXIST);
	cr_expect_eq(vfs_parent(&scratch.ns, path("/no/x"), &dir, name), -ENOENT);
	cr_expect_eq(vfs_parent(&scratch.ns, path("/file/x"), &dir, name), -ENOTDIR);
	cr_expect_eq(vfs_parent(&scratch.ns, path(""), &dir, name), -ENOENT);
}
