/* statx(2). */
#include "stat-common.h"

static long call(int dir, const char *path, int flags, unsigned mask, struct statx *ret)
{
	return syscall(SYS_statx, dir, path, flags, mask, ret);
}

/* What both calls tell must be the same. */
static void convert(const struct statx *x, struct stat *ret)
{
	*ret = (struct stat){
		.st_dev = makedev(x->stx_dev_major, x->stx_dev_minor),
		.st_ino = x->stx_ino,
		.st_mode = x->stx_mode,
		.st_nlink = x->stx_nlink,
		.st_uid = x->stx_uid,
		.st_gid = x->stx_gid,
		.st_rdev = makedev(x->stx_rdev_major, x->stx_rdev_minor),
		.st_size = (off_t)x->stx_size,
		.st_blksize = x->stx_blksize,
		.st_blocks = (blkcnt_t)x->stx_blocks,
		.st_atim = {x->stx_atime.tv_sec, x->stx_atime.tv_nsec},
		.st_mtim = {x->stx_mtime.tv_sec, x->stx_mtime.tv_nsec},
		.st_ctim = {x->stx_ctime.tv_sec, x->stx_ctime.tv_nsec},
	};
}

static int as_stat(const char *path, struct stat *ret, int flags)
{
	struct statx x;

	if (ret == (struct stat *)8)
		return (int)call(AT_FDCWD, path, flags, STATX_BASIC_STATS, (struct statx *)8);
	if (call(AT_FDCWD, path, flags, STATX_BASIC_STATS, &x) != 0)
		return -1;
	convert(&x, ret);
	return 0;
}

static int following(const char *path, struct stat *ret)
{
	return as_stat(path, ret, 0);
}

static int not_following(const char *path, struct stat *ret)
{
	return as_stat(path, ret, AT_SYMLINK_NOFOLLOW);
}

static void same_as_stat(const char *path)
{
	struct stat a, b;

	CHECK(following(path, &a) == 0 && stat(path, &b) == 0, "statx and stat of %s", path);
	CHECK(check_same(&a, &b), "one object");
	CHECK_EQUAL(a.st_mode, b.st_mode, "one mode");
	CHECK_EQUAL(a.st_rdev, b.st_rdev, "one device");
	CHECK(a.st_uid == b.st_uid && a.st_gid == b.st_gid, "one owner");
	CHECK(a.st_nlink == b.st_nlink && a.st_size == b.st_size && a.st_blocks == b.st_blocks, "one size");
	CHECK(a.st_mtim.tv_sec == b.st_mtim.tv_sec && a.st_mtim.tv_nsec == b.st_mtim.tv_nsec, "one time");
}

static void masks(void)
{
	struct statx x;
	int f = open("f", O_RDONLY);

	CHECK_OK(call(AT_FDCWD, "f", 0, 0, &x), "asking for nothing");
	CHECK_OK(call(AT_FDCWD, "f", 0, STATX_BASIC_STATS, &x), "asking for the basics");
	CHECK_EQUAL(x.stx_mask & STATX_BASIC_STATS, STATX_BASIC_STATS, "gets them");
	CHECK_OK(call(AT_FDCWD, "f", 0, STATX_TYPE | STATX_MODE, &x), "asking for type and mode");
	CHECK(S_ISREG(x.stx_mode) && (x.stx_mode & 07777) == 04755, "gets them");
	CHECK_OK(call(AT_FDCWD, "f", 0, STATX_ALL | 0x1000, &x), "asking for more");
	CHECK_OK(call(AT_FDCWD, "f", AT_STATX_FORCE_SYNC, STATX_SIZE, &x), "AT_STATX_FORCE_SYNC");
	CHECK_OK(call(AT_FDCWD, "f", AT_STATX_DONT_SYNC, STATX_SIZE, &x), "AT_STATX_DONT_SYNC");
	CHECK_ERRNO(call(AT_FDCWD, "f", AT_STATX_SYNC_TYPE, STATX_SIZE, &x), EINVAL, "both");
	CHECK_ERRNO(call(AT_FDCWD, "f", 0, 0x80000000u, &x), EINVAL, "the reserved bit");
	CHECK_ERRNO(call(AT_FDCWD, "f", 0x20000, STATX_ALL, &x), EINVAL, "an unknown flag");
	CHECK(call(f, "", AT_EMPTY_PATH, STATX_SIZE, &x) == 0 && x.stx_size == 7, "AT_EMPTY_PATH");
	CHECK_ERRNO(call(f, "", 0, STATX_SIZE, &x), ENOENT, "an empty path");
	CHECK_ERRNO(call(-1, "", AT_EMPTY_PATH, STATX_SIZE, &x), EBADF, "AT_EMPTY_PATH without a descriptor");
	CHECK_ERRNO(call(f, "x", 0, STATX_SIZE, &x), ENOTDIR, "from a file");
	close(f);
}

/* The root of a mount says so. */
static void mounts(void)
{
	struct statx root, proc, d;

	CHECK_OK(call(AT_FDCWD, "/proc", 0, 0x1000, &proc), "/proc");
	CHECK_OK(call(AT_FDCWD, "/", 0, 0x1000, &root), "/");
	CHECK_OK(call(AT_FDCWD, "d", 0, 0x1000, &d), "a directory");
	if ((proc.stx_mask & 0x1000) == 0) {
		check_skip("mount ids", "the kernel does not tell them");
		return;
	}
	CHECK((proc.stx_attributes & 0x2000) != 0, "/proc is the root of a mount");
	CHECK((d.stx_attributes & 0x2000) == 0, "a directory is not");
	CHECK(proc.stx_mnt_id != root.stx_mnt_id, "/proc and / are two mounts");
	CHECK(d.stx_mnt_id != proc.stx_mnt_id, "so are /proc and a directory");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	stat_common(following);
	stat_follows(following);
	stat_sees_links(not_following);
	same_as_stat("f");
	same_as_stat("d");
	same_as_stat("fifo");
	same_as_stat("/dev/null");
	same_as_stat("/proc/self");
	masks();
	mounts();
	return check_end();
}
