/* The host's own files, seen through a mount of its whole tree: its links, its owners, nothing of ours left there. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "scratch.h"

static void start(void)
{
	scratch_start(true);
	scratch_mount(MOUNT_BIND, 0, "/mnt/host", "/");
	cr_assert_eq(mkdir(host_path("outside/dir"), 0755), 0);
	cr_assert_eq(symlink(host_path("outside/file"), host_path("outside/abs")), 0);
	cr_assert_eq(symlink("../outside/file", host_path("outside/rel")), 0);
	cr_assert_eq(symlink(host_path("outside"), host_path("outside/dir/up")), 0);
}

TestSuite(host, .init = start, .fini = scratch_end);

static const char *through(const char *name)
{
	static char buf[4][PATH_MAX];
	static unsigned turn;
	char *to = buf[turn++ % 4];

	snprintf(to, PATH_MAX, "/mnt/host%s/outside/%s", scratch.dir, name);
	return to;
}

static void expect_content(const char *p, const char *text)
{
	char buf[100] = "";
	int fd = vfs_open(&scratch.ns, path(p), O_RDONLY, 0, 0);

	cr_assert_geq(fd, 0, "%s: %s", p, strerror(-fd));
	cr_expect_geq(read(fd, buf, sizeof(buf) - 1), 0);
	cr_expect_str_eq(buf, text);
	close(fd);
}

Test(host, links_mean_the_hosts_root)
{
	char buf[PATH_MAX];
	struct stat st;
	ssize_t n;

	for (unsigned features = 0; features <= INSTANCE_NO_OPENAT2; features += INSTANCE_NO_OPENAT2) {
		scratch.in->features = features;
		expect_content(through("abs"), "outside");
		expect_content(through("rel"), "outside");
		expect_content(through("dir/up/abs"), "outside");
		expect_content(through("dir/up/dir/up/rel"), "outside");
	}
	/* What the guest reads leads where the walk goes. */
	n = vfs_readlink(&scratch.ns, path(through("abs")), buf, sizeof(buf) - 1);
	cr_assert_gt(n, 0);
	buf[n] = '\0';
	cr_expect_str_eq(buf, through("file"));
	cr_assert_eq(vfs_stat(&scratch.ns, path(through("abs")), VFS_NOFOLLOW, &st), 0);
	cr_expect_eq(st.st_size, n);
	cr_expect_eq(vfs_readlink(&scratch.ns, path(through("rel")), buf, sizeof(buf)), 15);
}

Test(host, owners_are_the_hosts)
{
	struct stat st, host;

	scratch.in->host_uid = 0xfffe;
	scratch.in->host_gid = 0xfffe;
	cr_assert_eq(vfs_stat(&scratch.ns, path("/mnt/host/usr"), 0, &st), 0);
	cr_assert_eq(stat("/usr", &host), 0);
	cr_expect_eq(st.st_uid, host.st_uid);
	cr_expect_eq(st.st_mode, host.st_mode);
	scratch.in->host_uid = getuid();
	scratch.in->host_gid = getgid();
	cr_assert_eq(vfs_stat(&scratch.ns, path(through("file")), 0, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	cr_expect_eq(st.st_gid, 0);
	/* Below the root everything is the distribution's, whoever made it. */
	scratch.in->host_uid = 0xfffe;
	cr_assert_eq(vfs_stat(&scratch.ns, path("/dir/file"), 0, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	int fd = vfs_open(&scratch.ns, path("/dir/file"), O_RDONLY, 0, 0);

	cr_assert_eq(vfs_fstat(&scratch.ns, fd, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	close(fd);
}

Test(host, nothing_is_kept_there)
{
	struct stat st;
	char buf[10];
	int fd;

	cr_expect_eq(vfs_chown(&scratch.ns, path(through("file")), 0, 0, 0), 0);
	cr_expect_eq(vfs_chown(&scratch.ns, path(through("file")), 0, 1000, -1), -EPERM);
	cr_expect_eq(vfs_chmod(&scratch.ns, path(through("file")), 0, 06750), 0);
	cr_assert_eq(stat(host_path("outside/file"), &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0750);
	/* Another guest user's files are the caller's all the same. */
	scratch_become(1000, 1000);
	umask(022);
	fd = vfs_open(&scratch.ns, path(through("new")), O_CREAT | O_RDWR, 0666, 0);
	cr_assert_geq(fd, 0);
	close(fd);
	cr_expect_eq(vfs_mkdir(&scratch.ns, path(through("newdir")), 0777), 0);
	cr_assert_eq(vfs_chdir(&scratch.ns, path(through("newdir"))), 0);
	cr_expect_eq(vfs_mkdir(&scratch.ns, path("inner"), 0777), 0);
	fd = vfs_open(&scratch.ns, path("innerfile"), O_CREAT | O_RDWR, 0640, 0);
	cr_assert_geq(fd, 0);
	close(fd);
	static const struct {
		const char *name;
		mode_t mode;
	} made[] = {{"new", 0644}, {"newdir", 0755}, {"newdir/inner", 0755}, {"newdir/innerfile", 0640}};

	for (size_t i = 0; i < sizeof(made) / sizeof(made[0]); i++) {
		cr_assert_eq(stat(host_path("outside/%s", made[i].name), &st), 0);
		cr_expect_eq(st.st_mode & 07777, made[i].mode, "%s %o", made[i].name, st.st_mode);
		cr_expect_lt(getxattr(host_path("outside/%s", made[i].name), "user.containers.override_stat", buf, 10),
			     0);
	}
	scratch_become(0, 0);
	cr_expect_eq(vfs_mknod(&scratch.ns, path(through("null")), S_IFCHR | 0666, 0x103), -EPERM);
}
