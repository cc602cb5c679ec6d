/* What the host may lack, found out at run time; and the small calls that no other test has. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/magic.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "scratch.h"

static void start(void)
{
	scratch_start(true);
}

TestSuite(fallback, .init = start, .fini = scratch_end);

/* As container managers do it. */
static void forbid_openat2(unsigned error)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_openat2, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_eq(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program), 0, "%m");
}

static void expect_fallback(unsigned error)
{
	char buf[20] = "";
	int fd;

	forbid_openat2(error);
	fd = vfs_open(&scratch.ns, path("/absdirlink/abs/../file"), O_RDONLY, 0, 0);
	cr_assert_geq(fd, 0, "%s", strerror(-fd));
	cr_expect_gt(read(fd, buf, sizeof(buf) - 1), 0);
	cr_expect_str_eq(buf, "/dir/file");
	cr_expect((scratch.in->features & INSTANCE_NO_OPENAT2) != 0);
	close(fd);
}

Test(fallback, openat2_is_not_there)
{
	expect_fallback(ENOSYS);
}

Test(fallback, openat2_is_forbidden)
{
	expect_fallback(EPERM);
}

/* An EPERM of the file's own is no reason to think so. */
Test(fallback, openat2_says_no_itself)
{
	cr_assert_lt(vfs_open(&scratch.ns, path("/mnt/../mnt/sub/../../dir"), O_RDWR, 0, 0), 0);
	cr_expect_eq(scratch.in->features & INSTANCE_NO_OPENAT2, 0);
}

Test(fallback, statfs)
{
	struct statfs s, host;

	scratch_mount(MOUNT_PROC, 0, "/proc", "/proc");
	scratch_mount(MOUNT_SYS, MOUNT_READ_ONLY, "/sys", "/sys");
	scratch_mount(MOUNT_TMPFS, 0, "/dev/shm", "%s/run/shmdir", scratch.dir);
	cr_assert_eq(vfs_statfs(&scratch.ns, path("/proc/self"), &s), 0);
	cr_expect_eq(s.f_type, PROC_SUPER_MAGIC);
	cr_assert_eq(vfs_statfs(&scratch.ns, path("/sys"), &s), 0);
	cr_expect_eq(s.f_type, SYSFS_MAGIC);
	cr_expect((s.f_flags & ST_RDONLY) != 0);
	cr_assert_eq(vfs_statfs(&scratch.ns, path("/dev/shm"), &s), 0);
	cr_expect_eq(s.f_type, TMPFS_MAGIC);
	cr_assert_eq(vfs_statfs(&scratch.ns, path("/link"), &s), 0);
	cr_assert_eq(statfs(host_path("root"), &host), 0);
	cr_expect_eq(s.f_type, host.f_type);
	cr_expect_eq(s.f_flags & ST_RDONLY, 0);
	cr_expect_eq(vfs_statfs(&scratch.ns, path("/none"), &s), -ENOENT);
	cr_expect_eq(vfs_statfs(&scratch.ns, (struct vfs_at){-1, NULL}, &s), -EBADF);
}

static const char *opened(struct vfs_at at)
{
	static char buf[PATH_MAX];
	char link[40];
	int fd = vfs_open(&scratch.ns, at, O_RDONLY, 0, 0);
	ssize_t n;

	if (fd < 0)
		return strerrorname_np(-fd);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, buf, sizeof(buf) - 1);
	buf[n > 0 ? n : 0] = '\0';
	close(fd);
	return buf;
}

/* A directory of a view serves relative paths through the view, with or without openat2. */
Test(fallback, relative_paths_in_views)
{
	char self[20], text[40];
	int proc, dir;

	scratch_mount(MOUNT_PROC, 0, "/proc", "/proc");
	snprintf(self, sizeof(self), "/proc/%d", getpid());
	for (unsigned features = 0; features <= INSTANCE_NO_OPENAT2; features += INSTANCE_NO_OPENAT2) {
		scratch.in->features = features;
		scratch.ns.view_dirs = scratch.view_dirs = false;
		proc = vfs_open(&scratch.ns, path("/proc"), O_RDONLY, 0, 0);
		cr_assert_geq(proc, 0);
		cr_assert(scratch.view_dirs);
		scratch.ns.view_dirs = true;

		cr_expect_str_eq(opened((struct vfs_at){proc, "self"}), self);
		snprintf(text, sizeof(text), "/memfd:lxrun:%s/maps (deleted)", self);
		cr_expect_str_eq(opened((struct vfs_at){proc, "self/maps"}), text);
		cr_expect_str_eq(opened((struct vfs_at){proc, "self/../self/./maps"}), text);
		cr_expect_str_eq(opened((struct vfs_at){proc, "1/status"}), "ENOENT");
		cr_expect_str_eq(opened((struct vfs_at){proc, "../dir/sub"}), host_path("root/dir/sub"));
		cr_expect_str_eq(opened((struct vfs_at){proc, "self/root/dir"}), host_path("root/dir"));

		cr_assert_eq(vfs_chdir(&scratch.ns, path("/proc/self")), 0);
		cr_expect_str_eq(opened(path("maps")), text);
		cr_expect_str_eq(opened(path("../1")), "ENOENT");
		snprintf(text, sizeof(text), "fd/%d/sub", dir = vfs_open(&scratch.ns, path("/dir"), O_RDONLY, 0, 0));
		cr_expect_str_eq(opened(path(text)), host_path("root/dir/sub"));
		snprintf(text, sizeof(text), "fd/%d/../file", dir);
		cr_expect_str_eq(opened(path(text)), host_path("root/file"));
		close(dir);
		close(proc);
		cr_assert_eq(vfs_chdir(&scratch.ns, path("/")), 0);
	}
}

/* Descriptors that were needed on the way are closed again, and the lowest number is given. */
Test(fallback, no_descriptor_is_left)
{
	static const char *const paths[] = {"/dir/file",
					    "/absdirlink/tomntabs/file",
					    "/mnt/../mnt/sub/../file",
					    "/loop",
					    "/dangling",
					    "/file/x",
					    "/romnt/file",
					    "/filemnt",
					    "/mnt/nofile"};
	struct stat st;
	int lowest = open("/dev/null", O_RDONLY);

	close(lowest);
	for (unsigned features = 0; features <= INSTANCE_NO_OPENAT2; features += INSTANCE_NO_OPENAT2) {
		scratch.in->features = features;
		for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
			struct vfs_at at = path(paths[i]);
			char buf[100];
			int fd = vfs_open(&scratch.ns, at, O_RDONLY, 0, 0), r = 0;

			cr_expect(fd < 0 || fd == lowest, "%s: %d", paths[i], fd);
			close(fd);
			r |= vfs_stat(&scratch.ns, at, 0, &st) | vfs_access(&scratch.ns, at, 0, R_OK, false);
			r |= vfs_chmod(&scratch.ns, at, 0, 0644) | vfs_chown(&scratch.ns, at, 0, 0, 0);
			r |= vfs_utimens(&scratch.ns, at, 0, NULL) | vfs_truncate(&scratch.ns, at, 1);
			r |= vfs_mkdir(&scratch.ns, at, 0700) | vfs_symlink(&scratch.ns, "x", at);
			r |= vfs_mknod(&scratch.ns, at, 0600, 0) | vfs_link(&scratch.ns, at, path("/dir/l"), 0);
			r |= vfs_rename(&scratch.ns, at, path("/dir/r"), 0) | vfs_unlink(&scratch.ns, at, 0);
			r |= vfs_setxattr(&scratch.ns, at, 0, "user.x", "", 0, 0) | vfs_chdir(&scratch.ns, at);
			r |= vfs_readlink(&scratch.ns, at, buf, sizeof(buf)) < 0;
			cr_expect_neq(r, 0);
			cr_expect_eq(open("/dev/null", O_RDONLY), lowest, "%s", paths[i]);
			close(lowest);
		}
	}
}
