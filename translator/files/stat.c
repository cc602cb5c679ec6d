/* What a path or a descriptor is: the stat family, statfs(2), access(2), readlink(2). */
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "translator/files/files.h"

#define STAT_FLAGS (AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT | AT_EMPTY_PATH | AT_STATX_SYNC_TYPE)

long sys_newfstatat(struct tr_call *c, const struct newfstatat_args *a)
{
	struct vfs_at at = a->at;
	struct stat st;
	int r = files_maybe_null(&at, a->flags);

	if (r < 0)
		return r;
	if ((a->flags & ~STAT_FLAGS) != 0)
		return -EINVAL;
	r = vfs_stat(&c->ns, at, files_lookup(a->flags), &st);
	return r < 0 ? r : tr_write(c, a->statbuf, &st, sizeof(st));
}

long sys_stat(struct tr_call *c, const struct stat_args *a)
{
	return sys_newfstatat(c, &(struct newfstatat_args){a->at, a->statbuf, 0});
}

long sys_lstat(struct tr_call *c, const struct lstat_args *a)
{
	return sys_newfstatat(c, &(struct newfstatat_args){a->at, a->statbuf, AT_SYMLINK_NOFOLLOW});
}

long sys_fstat(struct tr_call *c, const struct fstat_args *a)
{
	int fd = files_fd(c, a->fd);
	struct stat st;
	int r;

	if (fd < 0)
		return fd;
	r = vfs_fstat(&c->ns, fd, &st);
	return r < 0 ? r : tr_write(c, a->statbuf, &st, sizeof(st));
}

long sys_statx(struct tr_call *c, const struct statx_args *a)
{
	struct vfs_at at = a->at;
	struct statx stx;
	int r = files_maybe_null(&at, a->flags);

	if (r < 0)
		return r;
	if ((a->mask & STATX__RESERVED) != 0 || (a->flags & ~STAT_FLAGS) != 0)
		return -EINVAL;
	if ((a->flags & AT_STATX_SYNC_TYPE) == AT_STATX_SYNC_TYPE)
		return -EINVAL;
	r = vfs_statx(&c->ns, at, a->flags, a->mask, &stx);
	return r < 0 ? r : tr_write(c, a->statxbuf, &stx, sizeof(stx));
}

long sys_statfs(struct tr_call *c, const struct statfs_args *a)
{
	struct statfs st;
	int r = vfs_statfs(&c->ns, a->at, &st);

	return r < 0 ? r : tr_write(c, a->buf, &st, sizeof(st));
}

long sys_faccessat2(struct tr_call *c, const struct faccessat2_args *a)
{
	if ((a->mode & ~(R_OK | W_OK | X_OK)) != 0)
		return -EINVAL;
	if ((a->flags & ~(AT_EACCESS | AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	return vfs_access(&c->ns, a->at, files_lookup(a->flags), a->mode, (a->flags & AT_EACCESS) != 0);
}

long sys_faccessat(struct tr_call *c, const struct faccessat_args *a)
{
	return sys_faccessat2(c, &(struct faccessat2_args){a->at, a->mode, 0});
}

long sys_access(struct tr_call *c, const struct access_args *a)
{
	return sys_faccessat2(c, &(struct faccessat2_args){a->at, a->mode, 0});
}

long sys_readlinkat(struct tr_call *c, const struct readlinkat_args *a)
{
	char text[PATH_MAX];
	size_t size = a->bufsiz < PATH_MAX ? (size_t)a->bufsiz : PATH_MAX;
	ssize_t n;
	int r;

	if (a->bufsiz <= 0)
		return -EINVAL;
	n = vfs_readlink(&c->ns, a->at, text, size);
	if (n < 0)
		return n;
	r = tr_write(c, a->buf, text, (size_t)n);
	return r < 0 ? r : n;
}

long sys_readlink(struct tr_call *c, const struct readlink_args *a)
{
	return sys_readlinkat(c, &(struct readlinkat_args){a->at, a->buf, a->bufsiz});
}
