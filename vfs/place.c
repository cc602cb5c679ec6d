/* What can be done at the place that a walk came to, without following a link. */
#include <errno.h>

#include "base/str.h"
#include "vfs/internal.h"

int place_open(struct walk *w, int flags, mode_t mode)
{
	struct place *p = &w->place;
	int fd;

	if (w->nofollow)
		flags |= O_NOFOLLOW;
	if (p->magic)
		return plain_open(w->ns, p->path, flags & ~O_NOFOLLOW, mode);
	if (p->in_proc && p->proc.kind == PROCFS_TEXT && (flags & O_PATH) == 0)
		return procfs_open_text(w->ns, &p->proc, flags);
	if (p->in_proc && (flags & O_PATH) == 0) {
		fd = procfs_may_open(w->ns, &p->proc);
		if (fd < 0)
			return fd;
	}
	if (p->in_proc && p->proc.read_only && (flags & O_PATH) == 0 &&
	    ((flags & O_ACCMODE) != O_RDONLY || (flags & O_TRUNC) != 0)) {
		fd = guard_open(w->ns, p->dir, p->path, p->trusted, O_PATH | O_CLOEXEC, 0, p->resolve);
		if (fd >= 0)
			host_close(fd);
		return fd < 0 ? fd : -EACCES;
	}
	return guard_open(w->ns, p->dir, p->path, p->trusted, flags, mode, p->resolve);
}

const char *place_parent(const struct place *p, char *buf, size_t size)
{
	struct last last = path_last(p->path);
	size_t n = last.name.at;

	while (n > 1 && p->path[n - 1] == '/')
		n--;
	if (n >= size)
		return NULL;
	memcpy(buf, p->path, n);
	buf[n] = '\0';
	return buf;
}

int walk_open(struct walk *w, int flags, mode_t mode)
{
	int r;

	do {
		r = walk_next(w);
		if (r == 0)
			r = place_open(w, flags, mode);
	} while (walk_again(w, &r));
	return r;
}

/* The guest path of what a magic link leads to. */
static ssize_t magic_path(const struct walk *w, char *buf, size_t size)
{
	char host[PATH_MAX];
	ssize_t n = host_readlinkat(AT_FDCWD, w->place.path, host, sizeof(host));

	return n < 0 ? n : vfs_guest_path(w->ns, host, buf, size);
}

int place_writable(struct walk *w)
{
	char path[PATH_MAX];
	struct mount m;

	if (w->path[0] == '/' && !w->place.magic)
		return (w->mount.flags & MOUNT_READ_ONLY) != 0 ? -EROFS : 0;
	if (!mount_any_read_only(w->ns->in))
		return 0;
	if (w->place.magic ? magic_path(w, path, sizeof(path)) < 0 : vfs_fd_path(w->ns, w->dir, path, sizeof(path)) < 0)
		return 0;
	mount_find(w->ns, path, &m);
	return (m.flags & MOUNT_READ_ONLY) != 0 ? -EROFS : 0;
}
