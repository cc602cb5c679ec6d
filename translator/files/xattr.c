/*
 * Extended attributes: four calls, each in four forms. The path forms differ in what they do with a link, the
 * descriptor forms have no path, and the *at forms of Linux 6.13 are what the others are made of.
 */
#include <linux/limits.h>
#include <sys/xattr.h>

#include "translator/files/files.h"

/* setxattrat(2)'s and getxattrat(2)'s struct xattr_args, in <linux/xattr.h> since 6.13. */
struct attribute_args {
	uint64_t value __attribute__((aligned(8)));
	uint32_t size;
	uint32_t flags;
};

static int check_flags(int at_flags)
{
	return (at_flags & ~(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) != 0 ? -EINVAL : 0;
}

static int check_name(const char *name)
{
	size_t n = 0;

	while (n <= XATTR_NAME_MAX && name[n] != '\0')
		n++;
	return n == 0 || n > XATTR_NAME_MAX ? -ERANGE : 0;
}

/* With AT_EMPTY_PATH and no path, a descriptor is taken as by the f-calls: not one of O_PATH. */
static int at_path(struct vfs_at *at, int at_flags)
{
	int r = check_flags(at_flags) < 0 ? -EINVAL : files_maybe_null(at, at_flags);

	if (r == 0 && at->path[0] == '\0' && (at_flags & AT_EMPTY_PATH) != 0 && at->dir != AT_FDCWD)
		at->path = NULL;
	return r;
}

static long set(struct tr_call *c, struct vfs_at at, int lookup, const char *name, struct attribute_args v)
{
	char value[XATTR_SIZE_MAX];
	int r;

	if ((v.flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE)) != 0)
		return -EINVAL;
	r = check_name(name);
	if (r < 0)
		return r;
	if (v.size > XATTR_SIZE_MAX)
		return -E2BIG;
	r = tr_read(c, value, v.value, v.size);
	return r < 0 ? r : vfs_setxattr(&c->ns, at, lookup, name, value, v.size, (int)v.flags);
}

/* Hands out n bytes that a call with this size has put into buf. */
static long give(struct tr_call *c, uint64_t to, const char *buf, uint64_t size, ssize_t n)
{
	int r;

	/* The kernel asks its file systems for no more than this, so "too small" means too large for anyone. */
	if (n == -ERANGE && size >= XATTR_SIZE_MAX)
		return -E2BIG;
	if (n <= 0 || size == 0)
		return n;
	r = tr_write(c, to, buf, (size_t)n);
	return r < 0 ? r : n;
}

static size_t bounded(uint64_t size)
{
	return size < XATTR_SIZE_MAX ? (size_t)size : XATTR_SIZE_MAX;
}

static long get(struct tr_call *c, struct vfs_at at, int lookup, const char *name, uint64_t to, uint64_t size)
{
	char value[XATTR_SIZE_MAX];
	int r = check_name(name);

	if (r < 0)
		return r;
	return give(c, to, value, size, vfs_getxattr(&c->ns, at, lookup, name, value, bounded(size)));
}

static long list(struct tr_call *c, struct vfs_at at, int lookup, uint64_t to, uint64_t size)
{
	char names[XATTR_LIST_MAX];

	return give(c, to, names, size, vfs_listxattr(&c->ns, at, lookup, names, bounded(size)));
}

static long drop(struct tr_call *c, struct vfs_at at, int lookup, const char *name)
{
	int r = check_name(name);

	return r < 0 ? r : vfs_removexattr(&c->ns, at, lookup, name);
}

/* setxattr(2) and setxattrat(2) take a size of different width: what does not fit is too big in any case. */
static struct attribute_args attribute(uint64_t value, uint64_t size, uint32_t flags)
{
	return (struct attribute_args){value, size <= UINT32_MAX ? (uint32_t)size : UINT32_MAX, flags};
}

long sys_setxattr(struct tr_call *c, const struct setxattr_args *a)
{
	return set(c, a->at, 0, a->name, attribute(a->value, a->size, a->flags));
}

long sys_lsetxattr(struct tr_call *c, const struct lsetxattr_args *a)
{
	return set(c, a->at, VFS_NOFOLLOW, a->name, attribute(a->value, a->size, a->flags));
}

long sys_fsetxattr(struct tr_call *c, const struct fsetxattr_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : set(c, files_self(fd), 0, a->name, attribute(a->value, a->size, a->flags));
}

long sys_setxattrat(struct tr_call *c, const struct setxattrat_args *a)
{
	struct attribute_args v;
	struct vfs_at at = a->at;
	int r = files_read_struct(c, &v, sizeof(v), sizeof(v), a->args, a->size);

	if (r == 0)
		r = at_path(&at, a->flags);
	return r < 0 ? r : set(c, at, files_lookup(a->flags), a->name, v);
}

long sys_getxattr(struct tr_call *c, const struct getxattr_args *a)
{
	return get(c, a->at, 0, a->name, a->value, a->size);
}

long sys_lgetxattr(struct tr_call *c, const struct lgetxattr_args *a)
{
	return get(c, a->at, VFS_NOFOLLOW, a->name, a->value, a->size);
}

long sys_fgetxattr(struct tr_call *c, const struct fgetxattr_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : get(c, files_self(fd), 0, a->name, a->value, a->size);
}

long sys_getxattrat(struct tr_call *c, const struct getxattrat_args *a)
{
	struct attribute_args v;
	struct vfs_at at = a->at;
	int r = files_read_struct(c, &v, sizeof(v), sizeof(v), a->args, a->size);

	if (r == 0)
		r = v.flags != 0 ? -EINVAL : at_path(&at, a->flags);
	return r < 0 ? r : get(c, at, files_lookup(a->flags), a->name, v.value, v.size);
}

long sys_listxattr(struct tr_call *c, const struct listxattr_args *a)
{
	return list(c, a->at, 0, a->list, a->size);
}

long sys_llistxattr(struct tr_call *c, const struct llistxattr_args *a)
{
	return list(c, a->at, VFS_NOFOLLOW, a->list, a->size);
}

long sys_flistxattr(struct tr_call *c, const struct flistxattr_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : list(c, files_self(fd), 0, a->list, a->size);
}

long sys_listxattrat(struct tr_call *c, const struct listxattrat_args *a)
{
	struct vfs_at at = a->at;
	int r = at_path(&at, a->flags);

	return r < 0 ? r : list(c, at, files_lookup(a->flags), a->list, a->size);
}

long sys_removexattr(struct tr_call *c, const struct removexattr_args *a)
{
	return drop(c, a->at, 0, a->name);
}

long sys_lremovexattr(struct tr_call *c, const struct lremovexattr_args *a)
{
	return drop(c, a->at, VFS_NOFOLLOW, a->name);
}

long sys_fremovexattr(struct tr_call *c, const struct fremovexattr_args *a)
{
	int fd = files_fd(c, a->fd);

	return fd < 0 ? fd : drop(c, files_self(fd), 0, a->name);
}

long sys_removexattrat(struct tr_call *c, const struct removexattrat_args *a)
{
	struct vfs_at at = a->at;
	int r = at_path(&at, a->flags);

	return r < 0 ? r : drop(c, at, files_lookup(a->flags), a->name);
}
