/* fs.protected_hardlinks, _symlinks, _regular and _fifos, as the host has them set. */
#include <errno.h>

#include "base/str.h"
#include "vfs/kept.h"
#include "vfs/permission.h"

/* The host's setting, which is what the guest sees in /proc/sys. */
static int setting(const char *path)
{
	int fd CLEANUP(host_close_at) = -1;
	char c = '0';

	fd = host_open(path, O_RDONLY | O_CLOEXEC, 0);
	return fd >= 0 && host_read(fd, &c, 1) == 1 ? c - '0' : 0;
}

int permission_link(const struct vfs_ns *ns, int fd, enum tree tree)
{
	struct owner o;
	struct stat st;
	int r = permission_owner(ns, fd, tree, W_OK, &st, &o);

	/* Without a sidecar a link's owner is not known; a directory has an answer of its own, which is the same. */
	if (r < 0 || (S_ISLNK(st.st_mode) && !kept_is_possible(ns)) || owner_may_change(ns, &o))
		return r;
	if (S_ISREG(o.mode) && (o.mode & S_ISUID) == 0 && (o.mode & (S_ISGID | S_IXGRP)) != (S_ISGID | S_IXGRP) &&
	    permission_of(ns, fd, &o, R_OK | W_OK) == 0)
		return 0;
	return setting("/proc/sys/fs/protected_hardlinks") != 0 ? -EPERM : 0;
}

/* may_follow_link(), for the link that path names. Nobody is excepted. */
__attribute__((noinline)) int permission_follow(const struct vfs_ns *ns, int dir, const char *path, enum tree tree)
{
	int fd CLEANUP(host_close_at) = -1;
	const char *slash = strrchr(path, '/');
	char parent[PATH_MAX];
	struct owner link, in;
	struct stat st;
	size_t n;

	/* A link that is not its directory's owner's is in the sidecar. */
	if (ns->in->sidecar.links == 0 || tree == TREE_HOST || host_fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
	    !S_ISLNK(st.st_mode) || !kept_may_be(ns, &st))
		return 0;
	fd = host_openat(dir, path, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
	if (fd < 0 || !kept_get(ns, fd, &st, &link) || link.uid == ns->creds->fsuid)
		return 0;
	n = slash == NULL ? 0 : (size_t)(slash - path) + (slash == path);
	if (n >= sizeof(parent))
		return 0;
	memcpy(parent, path, n);
	parent[n] = '\0';
	if (!owner_of_directory(ns, dir, parent, tree, &in))
		return 0;
	if ((in.mode & (S_ISVTX | S_IWOTH)) != (S_ISVTX | S_IWOTH) || in.uid == link.uid)
		return 0;
	return setting("/proc/sys/fs/protected_symlinks") != 0 ? -EACCES : 0;
}

int permission_sticky(const struct vfs_ns *ns, int dir, const char *path, enum tree tree, const struct owner *o)
{
	int fd CLEANUP(host_close_at) = -1, value;
	struct owner in;
	struct stat st;
	int r;

	if (S_ISDIR(o->mode) || o->uid == ns->creds->fsuid || o->anyones)
		return 0;
	fd = host_openat(dir, dot_if_empty(path), O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	r = permission_owner(ns, fd, tree, 0, &st, &in);
	if (r < 0 || (in.mode & S_ISVTX) == 0 || (in.mode & 022) == 0 || in.uid == o->uid)
		return r;
	/* No setting is about devices and sockets. */
	if (!S_ISREG(o->mode) && !S_ISFIFO(o->mode))
		return (in.mode & 002) != 0 ? -EACCES : 0;
	value = setting(S_ISREG(o->mode) ? "/proc/sys/fs/protected_regular" : "/proc/sys/fs/protected_fifos");
	return value > ((in.mode & 002) != 0 ? 0 : 1) ? -EACCES : 0;
}
