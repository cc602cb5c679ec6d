/*
 * Search permission on the way: every directory that a path passes, in the kernel's order, for callers whom modes stop.
 *
 * The walk goes down by descriptors, one component at a time, and leaves its place as a name in the last directory, which
 * is the one that was checked. What is above walk.searched has been checked, or was never looked up by this call: the
 * directory where a relative path begins.
 */
#include <errno.h>

#include "base/str.h"
#include "vfs/permission.h"

/* Mounts in mounts: more is refused, as nobody can be sure of what is above. */
#define DEPTH_MAX 16

static size_t strip(const char *path, size_t n)
{
	while (n > 0 && path[n - 1] == '/')
		n--;
	return n;
}

void walk_set_searched(struct walk *w, size_t n)
{
	w->searched = strip(w->path, n);
}

/* One component down: the directory called path[c] in *dir takes its place; *own is what is to be closed. */
static int step(const struct vfs_ns *ns, int *dir, int *own, const char *path, struct component c, uint64_t resolve)
{
	char name[NAME_MAX + 1];
	int fd;

	if (c.length > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, path + c.at, c.length);
	name[c.length] = '\0';
	fd = guard_open(ns, *dir, name, 0, O_PATH | O_DIRECTORY | O_CLOEXEC, 0, resolve | RESOLVE_BENEATH);
	if (fd < 0)
		return fd;
	host_close_at(own);
	*own = *dir = fd;
	return 0;
}

/*
 * The directories path[0, from) to path[0, end), both included, of a guest path without links, checked from the top. What is
 * not there (a mount point need not be) stops nobody.
 */
__attribute__((noinline)) static int search_above(const struct vfs_ns *ns, const char *path, size_t end, size_t from,
						  unsigned depth)
{
	int own CLEANUP(host_close_at) = -1;
	char text[PATH_MAX];
	struct component c;
	struct mount m;
	enum tree tree;
	int dir, r;

	if (end >= sizeof(text) || depth > DEPTH_MAX)
		return -ENAMETOOLONG;
	memcpy(text, path, end);
	text[end] = '\0';
	mount_find(ns, end == 0 ? "/" : text, &m);
	if (m.kind == MOUNT_PROC)
		return 0;
	tree = mount_is_guests(ns->in, &m) ? TREE_GUEST : TREE_HOST;
	c.at = m.above ? 0 : m.point;
	dir = ns->root;
	if (m.id != 0 && !m.above) {
		size_t above = path_above(path, m.point);

		r = above >= from ? search_above(ns, path, above, from, depth + 1) : 0;
		if (r < 0)
			return r;
		own = dir = host_open(m.source, O_PATH | O_CLOEXEC, 0);
		if (dir < 0)
			return 0;
	}
	for (c = path_component(text, c.at);; c = path_component(text, c.at + c.length)) {
		/* dir is what stands before c. */
		if (strip(text, c.at) >= from) {
			r = permission_search(ns, dir, tree);
			if (r < 0)
				return r;
		}
		if (c.length == 0)
			return 0;
		if (step(ns, &dir, &own, text, c, 0) < 0)
			return 0;
	}
}

/* /proc/PID and what is below it belong to who runs as PID; everybody may look at himself. */
static int search_proc(const struct walk *w)
{
	const struct procfs_entry *e = &w->place.proc;
	const char *path = w->place.path;
	struct component c = path_component(path, 0);
	char text[sizeof(e->host)];
	struct owner o = {0};
	struct stat st;
	int r;

	if (e->pid == 0 || e->pid == w->ns->pid || strlen(path) >= sizeof(text))
		return 0;
	procfs_owner(w->ns, e, &o.uid, &o.gid);
	for (;;) {
		c = path_component(path, c.at + c.length);
		if (c.length == 0 || path_component(path, c.at + c.length).length == 0)
			return 0;
		memcpy(text, path, c.at + c.length);
		text[c.at + c.length] = '\0';
		if (host_fstatat(AT_FDCWD, text, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISDIR(st.st_mode))
			return 0;
		o.mode = st.st_mode;
		r = permission_of(w->ns, -1, &o, X_OK);
		if (r < 0)
			return r;
	}
}

/* What place.path has in front of the components that are to be passed. */
static size_t begin_at(const struct walk *w)
{
	ssize_t skew = (ssize_t)strlen(w->place.path) - (ssize_t)strlen(w->path);
	ssize_t at = (ssize_t)w->searched + skew;

	return w->searched > 0 && at > (ssize_t)w->place.trusted ? (size_t)at : w->place.trusted;
}

/* The descriptor of place.path[0, n). */
__attribute__((noinline)) static int open_front(const struct walk *w, size_t n)
{
	const struct place *p = &w->place;
	char text[PATH_MAX];

	if (n >= sizeof(text))
		return -ENAMETOOLONG;
	memcpy(text, p->path, n);
	text[n] = '\0';
	return guard_open(w->ns, p->dir, text, p->trusted <= n ? p->trusted : 0, O_PATH | O_DIRECTORY | O_CLOEXEC, 0,
			  p->resolve);
}

int walk_search(struct walk *w)
{
	struct place *p = &w->place;
	uint64_t resolve = p->resolve & (RESOLVE_NO_XDEV | RESOLVE_CACHED);
	int own CLEANUP(host_close_at) = -1;
	int dir = p->dir, r;
	struct component c, next;
	size_t front;

	if (w->path[0] == '/' && w->path[1] == '\0')
		return 0;
	if (w->path[0] == '/' && w->mount.id != 0 && !w->mount.above) {
		size_t above = path_above(w->path, w->mount.point);

		r = above >= w->searched ? search_above(w->ns, w->path, above, w->searched, 0) : 0;
		if (r < 0)
			return r;
	}
	if (p->in_proc || p->magic)
		return p->in_proc ? search_proc(w) : 0;
	front = begin_at(w);
	c = path_component(p->path, front);
	if (c.length == 0)
		return 0;
	if (strip(p->path, front) > 0 || (front > 0 && p->path[0] == '/')) {
		own = dir = open_front(w, front);
		if (dir < 0)
			return dir;
	}
	for (;; c = next) {
		r = w->begun && dir == w->dir && w->path[0] != '/' ? 0 : permission_search(w->ns, dir, p->tree);
		if (r < 0)
			return r;
		if (dir == w->dir && w->path[0] != '/')
			w->begun = true;
		next = path_component(p->path, c.at + c.length);
		/* Up and down below a directory that has no path: the kernel's affair. */
		if (component_is_dotdot(p->path, c))
			return 0;
		if (next.length == 0)
			break;
		r = step(w->ns, &dir, &own, p->path, c, resolve);
		if (r == -ELOOP) {
			w->clean = c.at + strlen(w->path) - strlen(p->path);
			walk_set_searched(w, w->clean);
		}
		if (r < 0)
			return r;
	}
	w->wide = *p;
	w->narrowed = true;
	w->step = take_fd(&own);
	p->dir = dir;
	p->path += c.at;
	p->trusted = 0;
	p->resolve = resolve | RESOLVE_BENEATH;
	return 0;
}

void walk_widen(struct walk *w)
{
	if (w->narrowed)
		w->place = w->wide;
	w->narrowed = false;
	host_close_at(&w->step);
}
