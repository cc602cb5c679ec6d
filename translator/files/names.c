/* What makes, removes and moves names. */
#include <linux/capability.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/stat.h>

#include "translator/files/files.h"

#define MODE_BITS 07777u

long sys_mkdirat(struct tr_call *c, const struct mkdirat_args *a)
{
	return vfs_mkdir(&c->ns, a->at, a->mode & MODE_BITS);
}

long sys_mkdir(struct tr_call *c, const struct mkdir_args *a)
{
	return sys_mkdirat(c, &(struct mkdirat_args){a->at, a->mode});
}

/* may_mknod(): which types there are, before the path is looked at. */
static int check_type(mode_t mode)
{
	switch (mode & S_IFMT) {
	case 0:
	case S_IFREG:
	case S_IFCHR:
	case S_IFBLK:
	case S_IFIFO:
	case S_IFSOCK:
		return 0;
	case S_IFDIR:
		return -EPERM;
	default:
		return -EINVAL;
	}
}

long sys_mknodat(struct tr_call *c, const struct mknodat_args *a)
{
	mode_t type = (a->mode & S_IFMT) != 0 ? a->mode & S_IFMT : S_IFREG;
	int r = check_type(a->mode);

	/* A device number has 32 bits. */
	return r < 0 ? r : vfs_mknod(&c->ns, a->at, type | (a->mode & MODE_BITS), (uint32_t)a->dev);
}

long sys_mknod(struct tr_call *c, const struct mknod_args *a)
{
	return sys_mknodat(c, &(struct mknodat_args){a->at, a->mode, a->dev});
}

long sys_symlinkat(struct tr_call *c, const struct symlinkat_args *a)
{
	if (a->target[0] == '\0')
		return -ENOENT;
	return vfs_symlink(&c->ns, a->target, a->at);
}

long sys_symlink(struct tr_call *c, const struct symlink_args *a)
{
	return sys_symlinkat(c, &(struct symlinkat_args){a->target, a->at});
}

/* Linux 6.10 also lets who opened it. Nobody knows who that was; programs then go through /proc. */
static int may_link_descriptor(const struct tr_call *c, const struct linkat_args *a)
{
	int r;

	if ((int)c->arg[0] == AT_FDCWD)
		return 0;
	r = a->from.dir < 0 ? -EBADF : host_fcntl(a->from.dir, F_GETFD, 0);
	return r < 0 || creds_capable(c->creds, CAP_DAC_READ_SEARCH) ? r : -ENOENT;
}

long sys_linkat(struct tr_call *c, const struct linkat_args *a)
{
	if ((a->flags & ~(AT_SYMLINK_FOLLOW | AT_EMPTY_PATH)) != 0)
		return -EINVAL;
	if ((a->flags & AT_EMPTY_PATH) != 0 && (a->from.path == NULL || a->from.path[0] == '\0')) {
		int r = may_link_descriptor(c, a);

		if (r < 0)
			return r;
	}
	return vfs_link(&c->ns, a->from, a->to, a->flags);
}

long sys_link(struct tr_call *c, const struct link_args *a)
{
	return sys_linkat(c, &(struct linkat_args){a->from, a->to, 0});
}

long sys_unlinkat(struct tr_call *c, const struct unlinkat_args *a)
{
	if ((a->flags & ~AT_REMOVEDIR) != 0)
		return -EINVAL;
	return vfs_unlink(&c->ns, a->at, a->flags);
}

long sys_unlink(struct tr_call *c, const struct unlink_args *a)
{
	return sys_unlinkat(c, &(struct unlinkat_args){a->at, 0});
}

long sys_rmdir(struct tr_call *c, const struct rmdir_args *a)
{
	return sys_unlinkat(c, &(struct unlinkat_args){a->at, AT_REMOVEDIR});
}

long sys_renameat2(struct tr_call *c, const struct renameat2_args *a)
{
	if ((a->flags & ~(uint32_t)(RENAME_NOREPLACE | RENAME_EXCHANGE | RENAME_WHITEOUT)) != 0)
		return -EINVAL;
	if ((a->flags & RENAME_EXCHANGE) != 0 && (a->flags & (RENAME_NOREPLACE | RENAME_WHITEOUT)) != 0)
		return -EINVAL;
	return vfs_rename(&c->ns, a->from, a->to, a->flags);
}

long sys_renameat(struct tr_call *c, const struct renameat_args *a)
{
	return sys_renameat2(c, &(struct renameat2_args){a->from, a->to, 0});
}

long sys_rename(struct tr_call *c, const struct rename_args *a)
{
	return sys_renameat2(c, &(struct renameat2_args){a->from, a->to, 0});
}
