#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "api.h"

#define R(call)                       \
	({                            \
		long r_ = (call);     \
		r_ < 0 ? -errno : r_; \
	})

static int do_open(int dir, const char *path, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
		.flags = (unsigned)flags,
		.mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? mode : 0,
		.resolve = resolve,
	};

	if (resolve == 0)
		return (int)R(openat(dir, path, flags, mode));
	return (int)R(syscall(SYS_openat2, dir, path, &how, sizeof(how)));
}

static int do_stat(int dir, const char *path, int flags, struct stat *st)
{
	return (int)R(fstatat(dir, path, st, flags));
}

static int do_fstat(int fd, struct stat *st)
{
	return (int)R(fstat(fd, st));
}

static int do_statx(int dir, const char *path, int flags, struct statx *st)
{
	return (int)R(statx(dir, path, flags, STATX_BASIC_STATS, st));
}

static int do_access(int dir, const char *path, int mode, int flags)
{
	return (int)R(syscall(SYS_faccessat2, dir, path, mode, flags));
}

static int do_readlink(int dir, const char *path, char *buf, size_t size)
{
	return (int)R(readlinkat(dir, path, buf, size));
}

static long do_getdents(int fd, void *buf, size_t size)
{
	return R(syscall(SYS_getdents64, fd, buf, size));
}

static int do_mkdir(int dir, const char *path, mode_t mode)
{
	return (int)R(mkdirat(dir, path, mode));
}

static int do_mknod(int dir, const char *path, mode_t mode, dev_t device)
{
	return (int)R(mknodat(dir, path, mode, device));
}

static int do_symlink(const char *text, int dir, const char *path)
{
	return (int)R(symlinkat(text, dir, path));
}

static int do_link(int from, const char *old, int to, const char *new, int flags)
{
	return (int)R(linkat(from, old, to, new, flags));
}

static int do_unlink(int dir, const char *path, int flags)
{
	return (int)R(unlinkat(dir, path, flags));
}

static int do_rename(int from, const char *old, int to, const char *new, unsigned flags)
{
	return (int)R(syscall(SYS_renameat2, from, old, to, new, flags));
}

static int do_chmod(int dir, const char *path, mode_t mode, int flags)
{
	if (flags == 0)
		return (int)R(syscall(SYS_fchmodat, dir, path, mode));
	return (int)R(syscall(452, dir, path, mode, flags));
}

static int do_fchmod(int fd, mode_t mode)
{
	return (int)R(fchmod(fd, mode));
}

static int do_chown(int dir, const char *path, uid_t uid, gid_t gid, int flags)
{
	return (int)R(fchownat(dir, path, uid, gid, flags));
}

static int do_fchown(int fd, uid_t uid, gid_t gid)
{
	return (int)R(fchown(fd, uid, gid));
}

static int do_utimens(int dir, const char *path, const struct timespec *times, int flags)
{
	return (int)R(syscall(SYS_utimensat, dir, path, times, flags));
}

static int do_truncate(const char *path, off_t length)
{
	return (int)R(truncate(path, length));
}

static int do_chdir(const char *path)
{
	return (int)R(chdir(path));
}

static int do_getcwd(char *buf, size_t size)
{
	return (int)R(syscall(SYS_getcwd, buf, size));
}

static int do_setxattr(const char *path, const char *name, const char *value, bool follow)
{
	return (int)R((follow ? setxattr : lsetxattr)(path, name, value, strlen(value), 0));
}

static int do_getxattr(const char *path, const char *name, char *buf, size_t size, bool follow)
{
	return (int)R((follow ? getxattr : lgetxattr)(path, name, buf, size));
}

static int do_listxattr(const char *path, char *buf, size_t size, bool follow)
{
	return (int)R((follow ? listxattr : llistxattr)(path, buf, size));
}

static int do_removexattr(const char *path, const char *name, bool follow)
{
	return (int)R((follow ? removexattr : lremovexattr)(path, name));
}

/* The capabilities of the file system follow the fsuid. */
static void become(uid_t uid, gid_t gid)
{
	setfsuid(0);
	setfsgid(gid);
	setfsuid(uid);
	if (setfsuid((uid_t)-1) != (int)uid || setfsgid((gid_t)-1) != (int)gid)
		abort();
}

const struct api native_api = {
	"native",   do_open,     do_stat,  do_fstat,  do_statx,    do_access,   do_readlink,  do_getdents,    do_mkdir,
	do_mknod,   do_symlink,  do_link,  do_unlink, do_rename,   do_chmod,    do_fchmod,    do_chown,       do_fchown,
	do_utimens, do_truncate, do_chdir, do_getcwd, do_setxattr, do_getxattr, do_listxattr, do_removexattr, become,
};
