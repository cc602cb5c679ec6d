/* What is written for owners: the attribute's form, the mark, what the guest may see of it. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "scratch.h"
#include "vfs/owner.h"

static void start(void)
{
	scratch_start(true);
	umask(022);
}

TestSuite(owner, .init = start, .fini = scratch_end);

Test(owner, text)
{
	const struct {
		const char *text;
		int r;
		uid_t uid;
		gid_t gid;
		mode_t mode;
		dev_t rdev;
	} cases[] = {
		{"0:0:0755:dir", 0, 0, 0, S_IFDIR | 0755, 0},
		{"1000:100:4755:file", 0, 1000, 100, S_IFREG | 04755, 0},
		{"1:2:0666:char-1-3", 0, 1, 2, S_IFCHR | 0666, makedev(1, 3)},
		{"1:2:0660:block-259-70000", 0, 1, 2, S_IFBLK | 0660, makedev(259, 70000)},
		{"1:2:0660:char-5-1-9", 0, 1, 2, S_IFCHR | 0660, makedev(5, 1)},
		{"0:0:0777:symlink", 0, 0, 0, S_IFLNK | 0777, 0},
		{"0:0:0600:pipe", 0, 0, 0, S_IFIFO | 0600, 0},
		{"0:0:0600:socket", 0, 0, 0, S_IFSOCK | 0600, 0},
		/* fuse-overlayfs: three fields, a mode with the type's bits, %d of large ids. */
		{"5:6:644", 0, 5, 6, S_IFREG | 0644, 0},
		{"5:6:100644", 0, 5, 6, S_IFREG | 0644, 0},
		{"-2:-1:600", 0, 4294967294u, 4294967295u, S_IFREG | 0600, 0},
		{"4294967295:0:0", 0, 4294967295u, 0, S_IFREG, 0},
		{"", -EINVAL},
		{"0", -EINVAL},
		{"0:0", -EINVAL},
		{"0:0:", -EINVAL},
		{"0:0:9", -EINVAL},
		{"a:0:0644:file", -EINVAL},
		{"0:0:0644:what", -EINVAL},
		{"0:0:0644:char-1", -EINVAL},
		{"0:0:0644:char", -EINVAL},
		{"4294967296:0:0644:file", -EINVAL},
		{"99999999999999999999:0:0644:file", -EINVAL},
		{"0:0:0777777777:file", -EINVAL},
		{":0:0644:file", -EINVAL},
		{"-:0:0644:file", -EINVAL},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct owner o, again;
		char buf[64];
		int r = owner_parse(cases[i].text, S_IFREG, &o);

		cr_expect_eq(r, cases[i].r, "%s: %d", cases[i].text, r);
		if (r < 0 || cases[i].r < 0)
			continue;
		cr_expect_eq(o.uid, cases[i].uid, "%s", cases[i].text);
		cr_expect_eq(o.gid, cases[i].gid, "%s", cases[i].text);
		cr_expect_eq(o.mode, cases[i].mode, "%s: %o", cases[i].text, o.mode);
		cr_expect_eq(o.rdev, cases[i].rdev, "%s", cases[i].text);
		cr_expect_lt(owner_print(&o, buf, sizeof(buf)), sizeof(buf));
		cr_expect_eq(owner_parse(buf, 0, &again), 0, "%s", buf);
		cr_expect_eq(again.uid, o.uid);
		cr_expect_eq(again.mode, o.mode);
		cr_expect_eq(again.rdev, o.rdev);
	}
}

static const char *attribute(const char *name)
{
	static char buf[100];
	ssize_t n = lgetxattr(host_path("root/%s", name), OWNER_ATTRIBUTE, buf, sizeof(buf) - 1);

	if (n < 0)
		return "none";
	buf[n] = '\0';
	return buf;
}

static mode_t host_mode(const char *name)
{
	struct stat st;

	cr_assert_eq(lstat(host_path("root/%s", name), &st), 0);
	return st.st_mode & 07777;
}

Test(owner, what_the_host_has)
{
	cr_assert_eq(vfs_chown(&scratch.ns, path("/file"), 0, 1000, 100), 0);
	cr_expect_str_eq(attribute("file"), "1000:100:0644:file");
	cr_expect_eq(host_mode("file"), 01644);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/file"), 0, 06555), 0);
	cr_expect_str_eq(attribute("file"), "1000:100:6555:file");
	cr_expect_eq(host_mode("file"), 01755);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/file"), 0, 0600), 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/file"), 0, 0, 0), 0);
	cr_expect_str_eq(attribute("file"), "none");
	cr_expect_eq(host_mode("file"), 0600);

	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir"), 0, 01777), 0);
	cr_expect_str_eq(attribute("dir"), "0:0:1777:dir");
	cr_expect_eq(host_mode("dir"), 01777);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir"), 0, 0500), 0);
	cr_expect_str_eq(attribute("dir"), "0:0:0500:dir");
	cr_expect_eq(host_mode("dir"), 01700);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir"), 0, 0755), 0);
	cr_expect_str_eq(attribute("dir"), "none");

	cr_assert_eq(vfs_mknod(&scratch.ns, path("/dir/null"), S_IFCHR | 0666, makedev(1, 3)), 0);
	cr_expect_str_eq(attribute("dir/null"), "0:0:0644:char-1-3");
	cr_expect_eq(host_mode("dir/null"), 01644);
	cr_expect((scratch.in->features & INSTANCE_DEVICE_NODES) != 0);

	/* A plain file of root's costs nothing. */
	int fd = vfs_open(&scratch.ns, path("/dir/plain"), O_CREAT | O_RDWR, 0666, 0);

	close(fd);
	cr_expect_str_eq(attribute("dir/plain"), "none");
	cr_expect_eq(host_mode("dir/plain"), 0644);
}

Test(owner, damaged_attributes_do_not_count)
{
	struct stat st;

	cr_assert_eq(setxattr(host_path("root/file"), OWNER_ATTRIBUTE, "nonsense", 8, 0), 0);
	cr_assert_eq(chmod(host_path("root/file"), 01644), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("/file"), 0, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	cr_expect(S_ISREG(st.st_mode));
	/* An attribute without the mark is not looked at. */
	cr_assert_eq(setxattr(host_path("root/dir/file"), OWNER_ATTRIBUTE, "5:5:0600:file", 13, 0), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("/dir/file"), 0, &st), 0);
	cr_expect_eq(st.st_uid, 0);
}

Test(owner, a_store_without_attributes)
{
	struct stat st;

	scratch.in->features |= INSTANCE_NO_XATTRS;
	cr_expect_eq(vfs_chown(&scratch.ns, path("/file"), 0, 1000, 1000), 0);
	cr_expect_eq(vfs_chmod(&scratch.ns, path("/file"), 0, 0440), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("/file"), 0, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 0640);
	cr_expect_str_eq(attribute("file"), "none");
	cr_expect_eq(vfs_chmod(&scratch.ns, path("/dir"), 0, 01777), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("/dir"), 0, &st), 0);
	cr_expect_eq(st.st_mode & 07777, 01777);
	scratch_become(1000, 1000);
	int fd = vfs_open(&scratch.ns, path("/dir/new"), O_CREAT | O_RDWR, 0444, 0);

	cr_expect_geq(fd, 0);
	close(fd);
	cr_expect_eq(vfs_mkdir(&scratch.ns, path("/dir/newdir"), 0555), 0);
	scratch_become(0, 0);
	cr_expect_eq(vfs_mknod(&scratch.ns, path("/dir/null"), S_IFCHR | 0666, makedev(1, 3)), -EPERM);
	cr_expect_eq(vfs_stat(&scratch.ns, path("/dir/null"), 0, &st), -ENOENT);
}

Test(owner, links_and_fifos_are_the_directorys)
{
	struct stat st;

	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir"), 0, 7, 8), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("/dir/up"), VFS_NOFOLLOW, &st), 0);
	cr_expect_eq(st.st_uid, 7);
	cr_expect_eq(st.st_gid, 8);
	cr_assert_eq(vfs_stat(&scratch.ns, path("/link"), VFS_NOFOLLOW, &st), 0);
	cr_expect_eq(st.st_uid, 0);
	cr_assert_eq(vfs_chdir(&scratch.ns, path("/dir")), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("up"), VFS_NOFOLLOW, &st), 0);
	cr_expect_eq(st.st_uid, 7);
	cr_assert_eq(vfs_mknod(&scratch.ns, path("fifo"), S_IFIFO | 0600, 0), 0);
	cr_assert_eq(vfs_stat(&scratch.ns, path("fifo"), 0, &st), 0);
	cr_expect_eq(st.st_uid, 7);
	int fd = vfs_open(&scratch.ns, path("fifo"), O_RDWR, 0, 0);

	cr_assert_eq(vfs_fstat(&scratch.ns, fd, &st), 0);
	cr_expect_eq(st.st_uid, 7);
	close(fd);
}

Test(owner, the_attribute_is_hidden)
{
	const struct vfs_ns_cap_data capabilities = {.magic_etc = VFS_CAP_REVISION_2};
	char buf[200];
	ssize_t n;

	cr_assert_eq(vfs_chown(&scratch.ns, path("/file"), 0, 1, 1), 0);
	cr_assert_eq(vfs_setxattr(&scratch.ns, path("/file"), 0, "user.mine", "x", 1, 0), 0);
	cr_assert_eq(
		vfs_setxattr(&scratch.ns, path("/file"), 0, "security.capability", &capabilities, XATTR_CAPS_SZ_2, 0),
		0);
	cr_assert_eq(vfs_setxattr(&scratch.ns, path("/file"), 0, "trusted.t", "tt", 2, 0), 0);
	cr_expect_eq(vfs_getxattr(&scratch.ns, path("/file"), 0, OWNER_ATTRIBUTE, buf, sizeof(buf)), -ENODATA);
	cr_expect_eq(vfs_getxattr(&scratch.ns, path("/file"), 0, "user.lxrun.trusted.t", buf, sizeof(buf)), -ENODATA);
	cr_expect_eq(vfs_setxattr(&scratch.ns, path("/file"), 0, OWNER_ATTRIBUTE, "0:0:0:file", 10, 0), -EPERM);
	cr_expect_eq(vfs_setxattr(&scratch.ns, path("/file"), 0, "user.lxrun.x", "x", 1, 0), -EPERM);
	cr_expect_eq(vfs_removexattr(&scratch.ns, path("/file"), 0, OWNER_ATTRIBUTE), -ENODATA);
	cr_expect_str_eq(attribute("file"), "1:1:0644:file");

	n = vfs_listxattr(&scratch.ns, path("/file"), 0, buf, sizeof(buf));
	cr_expect_eq(n, sizeof("user.mine") + sizeof("security.capability") + sizeof("trusted.t"));
	cr_expect_eq(vfs_listxattr(&scratch.ns, path("/file"), 0, NULL, 0), n);
	cr_expect_eq(vfs_listxattr(&scratch.ns, path("/file"), 0, buf, (size_t)n), n);
	cr_expect_eq(vfs_listxattr(&scratch.ns, path("/file"), 0, buf, (size_t)n - 1), -ERANGE);
	static char large[70000];

	cr_expect_eq(vfs_listxattr(&scratch.ns, path("/file"), 0, large, sizeof(large)), n);
	cr_expect_eq(vfs_getxattr(&scratch.ns, path("/file"), 0, "security.capability", buf, sizeof(buf)),
		     XATTR_CAPS_SZ_2);

	/* Others may not see or change what only an administrator may. */
	scratch_become(1, 1);
	cr_expect_eq(vfs_listxattr(&scratch.ns, path("/file"), 0, NULL, 0), n - (ssize_t)sizeof("trusted.t"));
	cr_expect_eq(vfs_getxattr(&scratch.ns, path("/file"), 0, "trusted.t", buf, sizeof(buf)), -ENODATA);
	cr_expect_eq(vfs_setxattr(&scratch.ns, path("/file"), 0, "trusted.t", "x", 1, 0), -EPERM);
	cr_expect_eq(
		vfs_setxattr(&scratch.ns, path("/file"), 0, "security.capability", &capabilities, XATTR_CAPS_SZ_2, 0),
		-EPERM);
	scratch_become(0, 0);
	cr_expect_eq(vfs_removexattr(&scratch.ns, path("/file"), 0, "security.capability"), 0);
	cr_expect_eq(vfs_getxattr(&scratch.ns, path("/file"), 0, "security.capability", buf, sizeof(buf)), -ENODATA);
}

/* Descriptors, as fsetxattr(2) and its kin take them. */
Test(owner, attributes_of_descriptors)
{
	int fd = vfs_open(&scratch.ns, path("/file"), O_RDONLY, 0, 0);
	int only = vfs_open(&scratch.ns, path("/file"), O_PATH, 0, 0);
	char buf[10];

	cr_expect_eq(vfs_setxattr(&scratch.ns, (struct vfs_at){fd, NULL}, 0, "user.x", "abc", 3, 0), 0);
	cr_expect_eq(vfs_getxattr(&scratch.ns, (struct vfs_at){fd, NULL}, 0, "user.x", buf, 10), 3);
	cr_expect_eq(vfs_getxattr(&scratch.ns, (struct vfs_at){only, NULL}, 0, "user.x", buf, 10), -EBADF);
	cr_expect_eq(vfs_getxattr(&scratch.ns, (struct vfs_at){only, ""}, VFS_EMPTY, "user.x", buf, 10), 3);
	cr_expect_eq(vfs_getxattr(&scratch.ns, (struct vfs_at){-1, NULL}, 0, "user.x", buf, 10), -EBADF);
	cr_expect_eq(vfs_removexattr(&scratch.ns, (struct vfs_at){fd, NULL}, 0, "user.x"), 0);
	cr_expect_eq(vfs_listxattr(&scratch.ns, (struct vfs_at){fd, NULL}, 0, buf, 10), 0);
	close(fd);
	close(only);
}

Test(owner, generation_follows_directories)
{
	uint64_t g = scratch.in->generation;

	cr_assert_eq(vfs_rename(&scratch.ns, path("/file"), path("/file2"), 0), 0);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/file2"), 0, 0600), 0);
	cr_assert_eq(vfs_symlink(&scratch.ns, "x", path("/newlink")), 0);
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/file2"), 0), 0);
	cr_expect_eq(scratch.in->generation, g);
	cr_assert_eq(vfs_rename(&scratch.ns, path("/dir/empty"), path("/dir/empty2"), 0), 0);
	cr_expect_eq(scratch.in->generation, ++g);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/dir/empty2"), 0, 0700), 0);
	cr_expect_eq(scratch.in->generation, ++g);
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/dir/empty2"), AT_REMOVEDIR), 0);
	cr_expect_eq(scratch.in->generation, ++g);
	/* What is exchanged for it is a link. */
	cr_assert_eq(vfs_rename(&scratch.ns, path("/dir"), path("/link"), 2), 0);
	cr_expect_gt(scratch.in->generation, g);
}

/* --- the sidecar ------------------------------------------------------------------------------------------------------- */

static unsigned asked;

static int keep_record(void *arg, const struct sidecar_record *r)
{
	(void)arg;
	asked++;
	if (r->kind == SIDECAR_OWNER)
		return sidecar_index_set(&scratch.in->sidecar, &r->key, &r->owner);
	sidecar_index_remove(&scratch.in->sidecar, r->key.device, r->key.inode);
	return 0;
}

static void with_sidecar(void)
{
	scratch.in->features |= INSTANCE_SIDECAR;
	scratch.ns.sidecar = keep_record;
	asked = 0;
}

static struct stat look(const char *name)
{
	struct stat st = {0};

	cr_assert_eq(vfs_stat(&scratch.ns, path(name), VFS_NOFOLLOW, &st), 0, "%s", name);
	return st;
}

Test(owner, a_sidecar_is_asked_only_for_what_the_host_does_not_say)
{
	uint32_t links;

	with_sidecar();
	/* The links in it stay root's, until one becomes the directory's owner's as well. */
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir"), 0, 7, 8), 0);
	links = scratch.in->sidecar.count;
	cr_expect_eq(links, 7);
	cr_expect_eq(look("/dir/up").st_uid, 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/up"), VFS_NOFOLLOW, 7, 8), 0);
	cr_expect_eq(scratch.in->sidecar.count, links - 1);
	asked = 0;
	cr_assert_eq(vfs_chown(&scratch.ns, path("/file"), 0, 7, 8), 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/up"), VFS_NOFOLLOW, 7, 8), 0);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/fifo"), 0, 0660), 0);
	cr_assert_eq(vfs_symlink(&scratch.ns, "x", path("/new")), 0);
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/new"), 0), 0);
	cr_expect_eq(asked, 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/up"), VFS_NOFOLLOW, 9, (gid_t)-1), 0);
	cr_expect_eq(asked, 1);
	cr_expect_eq(look("/dir/up").st_uid, 9);
	cr_expect_eq(look("/dir/up").st_gid, 8);
	/* What its directory has: nothing needs to be kept any more. */
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir/up"), VFS_NOFOLLOW, 7, (gid_t)-1), 0);
	cr_expect_eq(scratch.in->sidecar.count, links - 1);
	cr_expect_eq(look("/dir/up").st_uid, 7);
	/* Root's in another's directory. */
	cr_assert_eq(vfs_symlink(&scratch.ns, "x", path("/dir/new")), 0);
	cr_expect_eq(look("/dir/new").st_uid, 0);
	cr_expect_eq(scratch.in->sidecar.count, links);
	cr_assert_eq(vfs_unlink(&scratch.ns, path("/dir/new"), 0), 0);
	cr_expect_eq(scratch.in->sidecar.count, links - 1);
}

/* What others did to the file: another inode of the number, another type. */
Test(owner, an_entry_of_another_inode_does_not_count)
{
	struct sidecar_owner o;
	struct sidecar_key k;
	struct stat st;

	with_sidecar();
	cr_assert_eq(vfs_chown(&scratch.ns, path("/link"), VFS_NOFOLLOW, 5, 6), 0);
	cr_expect_eq(look("/link").st_uid, 5);
	cr_assert_eq(lstat(host_path("root/link"), &st), 0);
	cr_assert(sidecar_index_find(&scratch.in->sidecar, st.st_dev, st.st_ino, &k, &o));
	k.birth ^= 1;
	cr_assert_eq(sidecar_index_set(&scratch.in->sidecar, &k, &o), 0);
	cr_expect_eq(look("/link").st_uid, 0);
	k.birth ^= 1;
	k.type = S_IFIFO;
	cr_assert_eq(sidecar_index_set(&scratch.in->sidecar, &k, &o), 0);
	cr_expect_eq(look("/link").st_uid, 0);
	/* The next owner takes its place. */
	cr_assert_eq(vfs_chown(&scratch.ns, path("/link"), VFS_NOFOLLOW, 7, 6), 0);
	cr_expect_eq(look("/link").st_uid, 7);
	cr_expect_eq(scratch.in->sidecar.count, 1);
}

Test(owner, a_sidecar_in_the_place_of_attributes)
{
	with_sidecar();
	scratch.in->features |= INSTANCE_NO_XATTRS;
	cr_assert_eq(vfs_chown(&scratch.ns, path("/file"), 0, 1000, 100), 0);
	cr_assert_eq(vfs_chmod(&scratch.ns, path("/file"), 0, 04111), 0);
	cr_expect_eq(look("/file").st_uid, 1000);
	cr_expect_eq(look("/file").st_mode, S_IFREG | 04111);
	cr_expect_eq(host_mode("file"), 01711);
	cr_expect_str_eq(attribute("file"), "none");
	cr_assert_eq(vfs_mknod(&scratch.ns, path("/dir/null"), S_IFCHR | 0666, makedev(1, 3)), 0);
	cr_expect_eq(look("/dir/null").st_rdev, makedev(1, 3));
	cr_assert_eq(vfs_rename(&scratch.ns, path("/dir/null"), path("/file"), 0), 0);
	cr_expect(S_ISCHR(look("/file").st_mode));
	cr_expect_eq(scratch.in->sidecar.count, 1);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/exec"), 0, 3, 3), 0);
	cr_assert_eq(vfs_chown(&scratch.ns, path("/exec"), 0, 0, 0), 0);
	cr_expect_eq(host_mode("exec"), 0755);
	cr_expect_eq(scratch.in->sidecar.count, 1);
}

Test(owner, what_cannot_be_kept_is_an_error)
{
	with_sidecar();
	cr_assert_eq(vfs_chown(&scratch.ns, path("/dir"), 0, 7, 8), 0);
	scratch.in->sidecar.count = SIDECAR_INDEX_MAX;
	cr_expect_eq(vfs_chown(&scratch.ns, path("/link"), VFS_NOFOLLOW, 5, 6), -ENOSPC);
	cr_expect_eq(vfs_symlink(&scratch.ns, "x", path("/dir/new")), -ENOSPC);
	cr_expect_neq(access(host_path("root/dir/new"), F_OK), 0);
	cr_expect_eq(vfs_symlink(&scratch.ns, "x", path("/new")), 0, "which needs none");
}
