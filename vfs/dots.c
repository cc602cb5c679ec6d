/* ".." in a path, where the host's kernel must not do it: at mounts, behind links, and where search permission is needed. */
#include <errno.h>

#include "base/str.h"
#include "vfs/permission.h"
#include "vfs/walk.h"

/* ".." led to the directory above what path[0, end) was. */
__attribute__((noinline)) static int check_up(struct walk *w, size_t end)
{
	char up[WALK_PATH];

	while (end > 1 && w->path[end - 1] == '/')
		end--;
	while (end > 1 && w->path[end - 1] != '/')
		end--;
	memcpy(up, w->path, end);
	up[end] = '\0';
	while (end > 1 && up[end - 1] == '/')
		up[--end] = '\0';
	mount_find(w->ns, up, &w->mount);
	return walk_check_mount(w);
}

/*
 * ".." in an absolute path with a mount's name in it: what stands before the first ".." must be a directory, and then
 * the name before it goes. The walk itself, with a shorter path.
 */
__attribute__((noinline)) int walk_drop_dotdot(struct walk *w, struct component c)
{
	char rest[WALK_PATH];
	size_t n = strlen(w->path + c.at) + 1, head = c.at, above;
	int fd CLEANUP(host_close_at) = -1;
	bool ends;
	int r;

	memcpy(rest, w->path + c.at, n);
	w->path[head] = '\0';
	r = walk_place_absolute(w);
	if (r == 0) {
		r = w->checked ? walk_search(w) : 0;
		if (r == 0)
			r = fd = place_open(w, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		if (r >= 0 && w->place.magic)
			return walk_start_below(w, take_fd(&fd), rest);
		if (r >= 0)
			r = w->checked && !w->place.in_proc ? permission_search(w->ns, fd, w->place.tree) : 0;
		if (r == -ELOOP && walk_again(w, &r))
			r = WALK_AGAIN;
	}
	if (r < 0)
		return r;
	head = strlen(w->path);
	if (head + n + 1 > WALK_PATH)
		return -ENAMETOOLONG;
	if (head > 0 && w->path[head - 1] != '/')
		w->path[head++] = '/';
	memcpy(w->path + head, rest, n);
	if (r == WALK_AGAIN)
		return WALK_AGAIN;
	w->clean = 0;
	c = path_dotdot(w->path);
	above = path_above(w->path, c.at);
	ends = path_component(w->path, c.at + c.length).length == 0;
	if (!path_collapse(w->path, c) && (w->resolve & RESOLVE_BENEATH) != 0)
		return -EXDEV;
	/* The directory that is left was passed; nothing more is looked up in it if this is the end. */
	walk_set_searched(w, ends ? strlen(w->path) : above);
	r = (w->resolve & RESOLVE_NO_XDEV) != 0 ? check_up(w, head) : 0;
	return r < 0 ? r : WALK_AGAIN;
}

/* ".." of such a directory: by descriptor, and the root's is the root. */
__attribute__((noinline)) int walk_step_up(struct walk *w)
{
	struct component c = path_component(w->path, 0);
	struct stat root, here;
	bool above;
	int fd, r;

	r = host_fstatat(w->dir, "", &here, AT_EMPTY_PATH);
	if (r == 0)
		r = host_fstat(w->ns->root, &root);
	if (r < 0)
		return r;
	r = here.st_dev == root.st_dev && here.st_ino == root.st_ino;
	above = r;
	r = w->checked ? permission_search(w->ns, w->dir, TREE_UNKNOWN) : 0;
	if (r < 0)
		return r;
	fd = host_openat(w->dir, above ? "." : "..", O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	above = path_component(w->path, c.at + c.length).length == 0;
	r = walk_start_below(w, fd, w->path + c.at + c.length);
	if (above)
		w->searched = strlen(w->path);
	return r;
}

/* The path leaves such a directory further on: what stands before that ".." is walked for itself. */
__attribute__((noinline)) int walk_step_down(struct walk *w)
{
	struct component c = path_dotdot(w->path);
	char rest[WALK_PATH];
	int fd;

	if (c.length == 0 || c.at == 0)
		return -EXDEV;
	memcpy(rest, w->path + c.at, strlen(w->path + c.at) + 1);
	w->path[c.at] = '\0';
	walk_place_at(w, w->dir, w->path, 0, RESOLVE_BENEATH, TREE_UNKNOWN);
	fd = place_open(w, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd;
	(void)!walk_start_below(w, fd, rest);
	return 0;
}
