/* Listings: mount points that are not there, their types, small buffers, positions. */
#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "scratch.h"

static void start(void)
{
	scratch_start(true);
	scratch_mount(MOUNT_BIND, 0, "/virtual", "/tmp");
	scratch_mount(MOUNT_BIND, 0, "/mnt/deep", "/tmp");
	scratch_mount(MOUNT_BIND, MOUNT_FILE, "/mnt/null", "/dev/null");
	scratch_mount(MOUNT_BIND, 0, "/virtual", "/usr");
	/* A directory where a file will show. */
	cr_assert_eq(mkdir(host_path("run/dev/zero"), 0755), 0);
	scratch_mount(MOUNT_TMPFS, 0, "/dev", "%s/run/dev", scratch.dir);
	scratch_mount(MOUNT_BIND, MOUNT_FILE, "/dev/zero", "/dev/zero");
}

TestSuite(dir, .init = start, .fini = scratch_end);

struct names {
	unsigned count;
	struct {
		char name[300];
		unsigned char type;
		long off;
	} e[600];
};

/* Reads on until the end of the listing. */
static void read_all(int fd, size_t size, bool old, struct names *n)
{
	char buf[32768] __attribute__((aligned(8)));
	ssize_t got;

	n->count = 0;
	while ((got = vfs_getdents(&scratch.ns, fd, buf, size, old)) > 0)
		for (ssize_t at = 0; at < got;) {
			struct dirent64 *d = (struct dirent64 *)(void *)(buf + at);

			snprintf(n->e[n->count].name, sizeof(n->e[0].name), "%s", old ? (char *)&d->d_type : d->d_name);
			n->e[n->count].type = old ? (unsigned char)buf[at + d->d_reclen - 1] : d->d_type;
			n->e[n->count++].off = d->d_off;
			at += d->d_reclen;
			cr_assert_eq(at % 8, 0);
			cr_assert_lt(n->count, 600);
		}
	cr_assert_eq(got, 0, "%s", strerror((int)-got));
}

static unsigned times(const struct names *n, const char *name)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n->count; i++)
		found += strcmp(n->e[i].name, name) == 0;
	return found;
}

static unsigned char type(const struct names *n, const char *name)
{
	for (unsigned i = 0; i < n->count; i++)
		if (strcmp(n->e[i].name, name) == 0)
			return n->e[i].type;
	return 255;
}

static int open_dir(const char *p)
{
	int fd = vfs_open(&scratch.ns, path(p), O_RDONLY | O_DIRECTORY, 0, 0);

	cr_assert_geq(fd, 0, "%s: %s", p, strerror(-fd));
	return fd;
}

Test(dir, mount_points_are_listed_once)
{
	static struct names n;

	for (int old = 0; old < 2; old++) {
		int fd = open_dir("/");

		read_all(fd, 32768, old, &n);
		for (unsigned i = 0; i < n.count; i++)
			cr_expect_eq(times(&n, n.e[i].name), 1, "%s", n.e[i].name);
		cr_expect_eq(times(&n, "virtual"), 1);
		cr_expect_eq(times(&n, "mnt"), 1);
		cr_expect_eq(times(&n, "dev"), 1);
		cr_expect_eq(times(&n, "deep"), 0);
		cr_expect_eq(times(&n, "file"), 1);
		cr_expect_eq(times(&n, "."), 1);
		cr_expect_eq(type(&n, "virtual"), DT_DIR);
		cr_expect_eq(type(&n, "mnt"), DT_DIR);
		cr_expect_eq(type(&n, "link"), DT_LNK);
		close(fd);
	}
}

Test(dir, mounts_on_mounts)
{
	static struct names n;
	int fd = open_dir("/mnt");

	read_all(fd, 32768, false, &n);
	cr_expect_eq(times(&n, "deep"), 1);
	cr_expect_eq(times(&n, "sub"), 1);
	cr_expect_eq(times(&n, "hidden"), 0);
	cr_expect_eq(type(&n, "null"), DT_CHR);
	close(fd);

	fd = open_dir("/dev");
	read_all(fd, 32768, false, &n);
	cr_expect_eq(times(&n, "zero"), 1);
	cr_expect_eq(type(&n, "zero"), DT_CHR);
	close(fd);
}

Test(dir, other_directories_are_as_they_are)
{
	char mine[4096] = "", hosts[4096] = "";
	int fd = open_dir("/dir");
	long n = vfs_getdents(&scratch.ns, fd, mine, sizeof(mine), false);

	cr_assert_gt(n, 0);
	cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
	cr_assert_eq(syscall(SYS_getdents64, fd, hosts, sizeof(hosts)), n);
	cr_expect_eq(memcmp(mine, hosts, (size_t)n), 0);
	close(fd);
}

/* Whatever fits at least the first entry and the added ones together shows all, and a rewind shows all again. */
Test(dir, small_buffers)
{
	static struct names all, n;
	int fd = open_dir("/");

	read_all(fd, 32768, false, &all);
	for (size_t size = 8; size < 400; size += 8) {
		char buf[400] __attribute__((aligned(8)));
		ssize_t first;

		cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
		first = vfs_getdents(&scratch.ns, fd, buf, size, false);
		if (first < 0) {
			cr_expect_eq(first, -EINVAL);
			cr_expect_lt(size, 100);
			continue;
		}
		cr_assert_eq(lseek(fd, 0, SEEK_SET), 0);
		read_all(fd, size, false, &n);
		cr_expect_eq(n.count, all.count, "%zu: %u of %u", size, n.count, all.count);
		for (unsigned i = 0; i < all.count; i++)
			cr_expect_eq(times(&n, all.e[i].name), 1, "%s with %zu", all.e[i].name, size);
	}
	close(fd);
}

/* seekdir() to any entry's position shows what came behind it, and nothing twice. */
Test(dir, positions)
{
	static struct names all, n;
	int fd = open_dir("/");

	read_all(fd, 32768, false, &all);
	for (unsigned i = 0; i + 1 < all.count; i++) {
		lseek(fd, all.e[i].off, SEEK_SET);
		read_all(fd, 32768, false, &n);
		for (unsigned k = 0; k < n.count; k++)
			cr_expect_eq(times(&n, n.e[k].name), 1);
		/* Added names share a position: those behind it are not lost, since they stood in the same call. */
		for (unsigned k = i + 1; k < all.count; k++)
			if (all.e[k].off != all.e[i].off)
				cr_expect_eq(times(&n, all.e[k].name), 1, "%s behind %s", all.e[k].name, all.e[i].name);
	}
	close(fd);
}

Test(dir, the_table_may_change)
{
	static struct names n;
	int fd = open_dir("/dir");

	read_all(fd, 32768, false, &n);
	cr_expect_eq(times(&n, "new"), 0);
	scratch_mount(MOUNT_BIND, 0, "/dir/new", "/tmp");
	lseek(fd, 0, SEEK_SET);
	read_all(fd, 32768, false, &n);
	cr_expect_eq(times(&n, "new"), 1);
	cr_assert_eq(instance_remove_mount(scratch.in, 0, "/dir/new"), 0);
	lseek(fd, 0, SEEK_SET);
	read_all(fd, 32768, false, &n);
	cr_expect_eq(times(&n, "new"), 0);
	close(fd);
}

Test(dir, errors)
{
	char buf[1024];
	int fd = vfs_open(&scratch.ns, path("/file"), O_RDONLY, 0, 0);

	cr_expect_eq(vfs_getdents(&scratch.ns, -1, buf, sizeof(buf), false), -EBADF);
	cr_expect_eq(vfs_getdents(&scratch.ns, fd, buf, sizeof(buf), false), -ENOTDIR);
	close(fd);
	fd = vfs_open(&scratch.ns, path("/"), O_PATH, 0, 0);
	cr_expect_eq(vfs_getdents(&scratch.ns, fd, buf, sizeof(buf), false), -EBADF);
	close(fd);
	fd = open_dir("/dir/empty");
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/dir/empty"), AT_REMOVEDIR), 0);
	cr_expect_eq(vfs_getdents(&scratch.ns, fd, buf, sizeof(buf), false), -ENOENT);
	close(fd);
}

/* A process that is not a guest is not listed in /proc. */
Test(dir, proc_shows_guests_only)
{
	static struct names n;
	char self[20];
	int fd;

	scratch_mount(MOUNT_PROC, 0, "/proc", "/proc");
	fd = open_dir("/proc");
	cr_expect(scratch.view_dirs);
	scratch.ns.view_dirs = scratch.view_dirs;
	read_all(fd, 1024, false, &n);
	snprintf(self, sizeof(self), "%d", getpid());
	cr_expect_eq(times(&n, self), 1);
	cr_expect_eq(times(&n, "1"), 0);
	cr_expect_eq(times(&n, "self"), 1);
	close(fd);
}
