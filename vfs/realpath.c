/*
 * The one name of what a path names, by the mounts that the path goes through.
 *
 * Unlike the way back from a descriptor (where.c) this is exact where one host directory is mounted in several places,
 * as /proc is for every chroot: the walk knows through which of them it came.
 */
#include <errno.h>

#include "base/str.h"
#include "vfs/internal.h"

/* "/a/b/" and "/a/b/." are "/a/b". */
static size_t strip_end(char *path)
{
	size_t n = strlen(path);

	for (;;) {
		if (n > 1 && path[n - 1] == '/')
			n--;
		else if (n > 1 && path[n - 1] == '.' && path[n - 2] == '/')
			n--;
		else
			break;
	}
	path[n] = '\0';
	return n;
}

/* What the walk came to, opened as fd. */
static ssize_t name_of(struct walk *w, int fd, char *buf, size_t size)
{
	ssize_t n;

	if (w->path[0] == '/' && !w->place.magic) {
		size_t length = strip_end(w->path);

		n = str_copy(buf, size, w->path);
		return n < 0 ? n : (ssize_t)length;
	}
	/* Through a link of /proc that only the kernel can follow. */
	return vfs_fd_path(w->ns, fd, buf, size);
}

ssize_t vfs_real_path(const struct vfs_ns *ns, struct vfs_at at, int lookup, char *buf, size_t size)
{
	int fd CLEANUP(host_close_at) = -1;
	char path[PATH_MAX];
	struct walk w;
	ssize_t n = 0;
	int r;

	if (at.path[0] == '\0')
		return -ENOENT;
	if (at.path[0] != '/') {
		n = vfs_fd_path(ns, at.dir, path, sizeof(path));
		if (n < 0)
			return n;
	}
	if ((size_t)n + 1 + strlen(at.path) >= sizeof(path))
		return -ENAMETOOLONG;
	path[n] = '/';
	memcpy(path + n + (at.path[0] != '/'), at.path, strlen(at.path) + 1);

	r = walk_begin(&w, ns, (struct vfs_at){AT_FDCWD, path}, lookup & ~VFS_EMPTY, 0);
	if (r == 0) {
		/* The kernel could do the dots, but then nobody would know where they led. */
		w.split_dots = true;
		if (n > 1)
			walk_set_searched(&w, (size_t)n);
		fd = walk_open(&w, O_PATH | O_CLOEXEC | ((lookup & VFS_DIRECTORY) != 0 ? O_DIRECTORY : 0), 0);
		n = fd < 0 ? fd : name_of(&w, fd, buf, size);
	} else {
		n = r;
	}
	walk_done(&w);
	return n;
}

uint32_t vfs_mount_flags(const struct vfs_ns *ns, struct vfs_at at, int lookup, uint32_t which)
{
	char path[PATH_MAX];
	struct mount m;
	ssize_t n;

	if (!mount_any(ns->in, which))
		return 0;
	if (at.path == NULL || at.path[0] == '\0')
		n = vfs_fd_path(ns, at.dir, path, sizeof(path));
	else
		n = vfs_real_path(ns, at, lookup, path, sizeof(path));
	if (n < 0)
		return 0;
	mount_find(ns, path, &m);
	return m.flags & which;
}
