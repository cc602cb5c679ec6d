#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "api.h"
#include "scratch.h"
#include "vfs/vfs.h"

static struct vfs_at at(int dir, const char *path)
{
	return (struct vfs_at){dir, path};
}

static int lookup(int flags)
{
	return ((flags & AT_SYMLINK_NOFOLLOW) != 0 ? VFS_NOFOLLOW : 0) | ((flags & AT_EMPTY_PATH) != 0 ? VFS_EMPTY : 0);
}

static int do_open(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	return vfs_open(&scratch.ns, at(dir, path), flags, mode, resolve);
}

static int do_stat(int dir, const char *path, int flags, struct stat *st)
{
	return vfs_stat(&scratch.ns, at(dir, path), lookup(flags), st);
}

static int do_fstat(int fd, struct stat *st)
{
	return vfs_fstat(&scratch.ns, fd, st);
}

static int do_statx(int dir, const char *path, int flags, struct statx *st)
{
	return vfs_statx(&scratch.ns, at(dir, path), flags, STATX_BASIC_STATS, st);
}

static int do_access(int dir, const char *path, int mode, int flags)
{
	return vfs_access(&scratch.ns, at(dir, path), lookup(flags), mode, (flags & AT_EACCESS) != 0);
}

static int do_readlink(int dir, const char *path, char *buf, size_t size)
{
	return (int)vfs_readlink(&scratch.ns, at(dir, path), buf, size);
}

static long do_getdents(int fd, void *buf, size_t size)
{
	return vfs_getdents(&scratch.ns, fd, buf, size, false);
}

static int do_mkdir(int dir, const char *path, mode_t mode)
{
	return vfs_mkdir(&scratch.ns, at(dir, path), mode);
}

static int do_mknod(int dir, const char *path, mode_t mode, dev_t device)
{
	return vfs_mknod(&scratch.ns, at(dir, path), mode, device);
}

static int do_symlink(const char *text, int dir, const char *path)
{
	return vfs_symlink(&scratch.ns, text, at(dir, path));
}

static int do_link(int from, const char *old, int to, const char *new, int flags)
{
	return vfs_link(&scratch.ns, at(from, old), at(to, new), flags);
}

static int do_unlink(int dir, const char *path, int flags)
{
	return vfs_unlink(&scratch.ns, at(dir, path), flags);
}

static int do_rename(int from, const char *old, int to, const char *new, unsigned flags)
{
	return vfs_rename(&scratch.ns, at(from, old), at(to, new), flags);
}

static int do_chmod(int dir, const char *path, mode_t mode, int flags)
{
	return vfs_chmod(&scratch.ns, at(dir, path), lookup(flags), mode);
}

static int do_fchmod(int fd, mode_t mode)
{
	return vfs_fchmod(&scratch.ns, fd, mode);
}

static int do_chown(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return vfs_chown(&scratch.ns, at(dir, path), lookup(flags), uid, gid);
}

static int do_fchown(int fd, uid_t uid, gid_t gid)
{
	return vfs_fchown(&scratch.ns, fd, uid, gid);
}

static int do_utimens(int dir, const char *path, const struct timespec *times, int flags)
{
	return vfs_utimens(&scratch.ns, at(dir, path), lookup(flags), times);
}

static int do_truncate(const char *path, off_t length)
{
	return vfs_truncate(&scratch.ns, at(AT_FDCWD, path), length);
}

static int do_chdir(const char *path)
{
	return vfs_chdir(&scratch.ns, at(AT_FDCWD, path));
}

static int do_getcwd(char *buf, size_t size)
{
	return (int)vfs_getcwd(&scratch.ns, buf, size);
}

static int do_setxattr(const char *path, const char *name, const char *value, bool follow)
{
	return vfs_setxattr(&scratch.ns, at(AT_FDCWD, path), follow ? 0 : VFS_NOFOLLOW, name, value, strlen(value), 0);
}

static int do_getxattr(const char *path, const char *name, char *buf, size_t size, bool follow)
{
	return (int)vfs_getxattr(&scratch.ns, at(AT_FDCWD, path), follow ? 0 : VFS_NOFOLLOW, name, buf, size);
}

static int do_listxattr(const char *path, char *buf, size_t size, bool follow)
{
	return (int)vfs_listxattr(&scratch.ns, at(AT_FDCWD, path), follow ? 0 : VFS_NOFOLLOW, buf, size);
}

static int do_removexattr(const char *path, const char *name, bool follow)
{
	return vfs_removexattr(&scratch.ns, at(AT_FDCWD, path), follow ? 0 : VFS_NOFOLLOW, name);
}

static void become(uid_t uid, gid_t gid)
{
	scratch_become(uid, gid);
}

const struct api guest_api = {
	"guest",    do_open,     do_stat,  do_fstat,  do_statx,    do_access,   do_readlink,  do_getdents,    do_mkdir,
	do_mknod,   do_symlink,  do_link,  do_unlink, do_rename,   do_chmod,    do_fchmod,    do_chown,       do_fchown,
	do_utimens, do_truncate, do_chdir, do_getcwd, do_setxattr, do_getxattr, do_listxattr, do_removexattr, become,
};
