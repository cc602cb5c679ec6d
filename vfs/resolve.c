/*
 * From a guest path to a host object: the walk.
 *
 * Each round says where the path would be if no link stood in its way (walk_next), an operation that follows no link
 * tries it, and if one was met its text goes into the path (walk_again) for the next round. So the mount table is
 * always asked about a path without links, and no race can lead an operation outside.
 */
#include <errno.h>

#include "base/str.h"
#include "vfs/permission.h"
#include "vfs/walk.h"

/* Rounds that a rename elsewhere or a link that came and went may cost before the walk gives up. */
#define TRIES_MAX 1000

bool dir_is_view(const struct vfs_ns *ns, int dir)
{
	const long proc_super_magic = 0x9fa0;
	long fs[16]; /* struct statfs is 120 bytes, f_type its first word */

	if (!ns->view_dirs)
		return false;
	if (dir == AT_FDCWD)
		return host_call(SYS_statfs, ".", fs) == 0 && fs[0] == proc_super_magic;
	return host_call(SYS_fstatfs, dir, fs) == 0 && fs[0] == proc_super_magic;
}

void tell_view_dirs(const struct vfs_ns *ns)
{
	if (ns->ret_view_dirs != NULL)
		*ns->ret_view_dirs = true;
}

bool at_is_plain(const struct vfs_ns *ns, struct vfs_at at)
{
	const char *name = at.path;
	size_t n = 0;

	for (; name[n] != '\0'; n++)
		if (name[n] == '/')
			return false;
	if (n == 0 || (name[0] == '.' && (n == 1 || (n == 2 && name[1] == '.'))))
		return false;
	return !mount_may_cross(ns->in, name, n) && !dir_is_view(ns, at.dir);
}

bool at_is_easy(const struct vfs_ns *ns, struct vfs_at at, int *ret_dir, const char **ret_path)
{
	bool plain;
	size_t n = path_length(at.path, &plain);

	if (!plain || n >= PATH_MAX)
		return false;
	if (at.path[0] == '/') {
		if (!mount_is_in_none(ns, at.path))
			return false;
		*ret_dir = ns->root;
		*ret_path = at.path + 1;
		return true;
	}
	if (n == 0 || dir_is_view(ns, at.dir) || mount_path_may_cross(ns->in, at.path))
		return false;
	*ret_dir = at.dir;
	*ret_path = at.path;
	return true;
}

/* A relative path becomes an absolute one: the base's own guest path goes in front of it. */
static int make_absolute(struct walk *w)
{
	size_t n = strlen(w->path);
	struct stat st;
	ssize_t base;
	int r;

	r = host_fstatat(w->dir, "", &st, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (!S_ISDIR(st.st_mode))
		return -ENOTDIR;
	base = vfs_fd_path(w->ns, w->dir, w->host, PATH_MAX);
	if (base < 0)
		return (int)base;
	if ((size_t)base + 1 + n + 1 > WALK_PATH)
		return -ENAMETOOLONG;
	memmove(w->path + base + 1, w->path, n + 1);
	memcpy(w->path, w->host, (size_t)base);
	w->path[base] = '/';
	w->clean = 0;
	w->plain = false;
	path_tidy(w->path);
	/* Who stands in a directory needs nothing of those above. */
	n = base == 1 ? 0 : (size_t)base;
	walk_set_searched(w, w->searched == 0 ? n : n + 1 + w->searched);
	return 0;
}

/* RESOLVE_NO_XDEV: the mount that the walk may not leave. */
__attribute__((noinline)) static void find_start_mount(struct walk *w)
{
	ssize_t n = 1;

	memcpy(w->host, "/", 2);
	if (w->path[0] != '/')
		n = vfs_fd_path(w->ns, w->dir, w->host, PATH_MAX);
	w->start_mount = 0;
	if (n < 0)
		return;
	mount_find(w->ns, w->host, &w->mount);
	w->start_mount = w->mount.id;
}

int walk_begin(struct walk *w, const struct vfs_ns *ns, struct vfs_at at, int lookup, uint64_t resolve)
{
	size_t n;

	w->ns = ns;
	w->dir = at.dir;
	w->own = -1;
	w->links = w->tries = 0;
	w->links_absolute = w->links_up = false;
	w->nofollow = (lookup & VFS_NOFOLLOW) != 0;
	w->fixed = false;
	w->resolve = resolve;
	w->clean = 0;
	w->split_dots = false;
	w->checked = permission_matters(ns);
	w->searched = 0;
	w->narrowed = w->begun = false;
	w->place.magic = false;
	w->step = -1;
	w->path[0] = '\0';

	n = at.path == NULL ? 0 : path_length(at.path, &w->plain);
	if (n == 0 && at.path != NULL && (lookup & VFS_EMPTY) == 0)
		return -ENOENT;
	/* One more than a guest can give: a scope's own slash (open.c). */
	if (n > PATH_MAX)
		return -ENAMETOOLONG;
	if (n == 0) {
		w->path[0] = '.';
		n = 1;
		w->plain = true;
		/* Nothing is looked up. */
		w->checked = false;
	} else {
		memcpy(w->path, at.path, n);
	}
	w->path[n] = '\0';
	if (!w->plain)
		path_tidy(w->path);
	w->from_dir = w->path[0] != '/';
	if ((resolve & RESOLVE_NO_XDEV) != 0)
		find_start_mount(w);
	return 0;
}

void walk_done(struct walk *w)
{
	host_close_at(&w->own);
	host_close_at(&w->step);
}

/* --- where the path is ----------------------------------------------------------------------------------------------- */

void walk_place_at(struct walk *w, int dir, const char *path, size_t trusted, uint64_t resolve, enum tree tree)
{
	w->place.dir = dir;
	w->place.path = path;
	w->place.trusted = trusted;
	w->place.resolve = resolve | (w->resolve & (RESOLVE_NO_XDEV | RESOLVE_CACHED));
	w->place.tree = tree;
	w->place.in_proc = w->place.magic = false;
}

int walk_start_below(struct walk *w, int fd, const char *rest)
{
	host_close_at(&w->own);
	w->own = w->dir = fd;
	w->fixed = false;
	while (*rest == '/')
		rest++;
	if (*rest == '\0')
		rest = ".";
	memmove(w->path, rest, strlen(rest) + 1);
	w->plain = false;
	w->clean = w->searched = 0;
	w->begun = false;
	return WALK_AGAIN;
}

static int count_link(struct walk *w)
{
	if ((w->resolve & RESOLVE_NO_SYMLINKS) != 0 || ++w->links > LINKS_MAX)
		return -ELOOP;
	return 0;
}

/* A link that ends at path[end) is replaced by its text. */
static int follow_text(struct walk *w, size_t end, const char *text, size_t length)
{
	size_t at = end;
	int r;

	if (length == 0)
		return -ENOENT;
	r = count_link(w);
	if (r < 0)
		return r;
	while (at > 0 && w->path[at - 1] != '/')
		at--;
	w->clean = at;
	w->links_up |= path_may_go_up(text, length);
	if (text[0] == '/') {
		w->links_absolute = true;
		/* Linux: a relative path has no root yet whose mount could be compared. */
		if ((w->resolve & RESOLVE_BENEATH) != 0 || ((w->resolve & RESOLVE_NO_XDEV) != 0 && w->from_dir))
			return -EXDEV;
		at = 0;
		w->clean = 0;
	}
	if (w->searched > at)
		walk_set_searched(w, at);
	w->plain = false;
	r = path_splice(w->path, at, end, text, length);
	if (r < 0)
		return r;
	path_tidy(w->path);
	return WALK_AGAIN;
}

/* That is not followed, and no ordinary link that was met before has to do with it. */
static int refuse_magic(struct walk *w)
{
	w->place.in_proc = true;
	return -ELOOP;
}

/* A link that leads to an object, not to a path. */
static int may_jump(struct walk *w)
{
	if ((w->resolve & (RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS)) != 0)
		return refuse_magic(w);
	return (w->resolve & (RESOLVE_BENEATH | RESOLVE_IN_ROOT)) != 0 ? -EXDEV : 0;
}

/* The path is in the guest's /proc, rest below it. */
__attribute__((noinline)) static int place_in_proc(struct walk *w, const char *rest, size_t rest_at)
{
	struct procfs_entry *e = &w->place.proc;
	struct last last = path_last(rest);
	char text[PATH_MAX];
	bool end, slash, follow = false;
	ssize_t n;
	int r;

	/* What stands behind the last name: "/" or "/." say that it is followed and must be a directory. */
	n = (ssize_t)(last.name.at + last.name.length);
	slash = last.slash || component_is(rest, last.name, ".");
	if (component_is(rest, last.name, "."))
		n = (ssize_t)last.name.at;
	while (n > 0 && rest[n - 1] == '/')
		n--;
	memcpy(w->host, rest, (size_t)n);
	w->host[n] = '\0';

	r = procfs_lookup(w->ns, w->host, e);
	if (r < 0)
		return r;
	if (e->kind == PROCFS_LINK || e->kind == PROCFS_MAGIC)
		follow = slash || !w->nofollow || w->host[e->used] != '\0';
	end = e->kind == PROCFS_HOST || e->kind == PROCFS_TEXT || w->host[e->used] == '\0';
	if (follow && !procfs_may_look(w->ns, e))
		return -EACCES;
	if (e->kind == PROCFS_LINK && follow && procfs_leads_out(w->ns, e)) {
		r = may_jump(w);
		if (r == 0)
			r = host_open(w->ns->in->root, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
		return r < 0 ? r : walk_start_below(w, r, rest + e->used);
	}
	if (e->kind == PROCFS_LINK && follow) {
		n = procfs_readlink(w->ns, e, text, sizeof(text));
		/* Those with a full path (exe, cwd, root) are magic links in Linux. */
		if (n > 0 && text[0] == '/' && (w->resolve & RESOLVE_NO_MAGICLINKS) != 0)
			return refuse_magic(w);
		return n < 0 ? (int)n : follow_text(w, rest_at + e->used, text, (size_t)n);
	}
	if (e->kind == PROCFS_MAGIC && follow) {
		r = may_jump(w);
		if (r < 0)
			return r;
		if (!end) {
			r = host_open(e->host, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
			return r < 0 ? r : walk_start_below(w, r, rest + e->used);
		}
	}
	n = (ssize_t)strlen(e->host);
	memcpy(w->host, e->host, (size_t)n);
	if (slash)
		w->host[n++] = '/';
	w->host[n] = '\0';
	walk_place_at(w, AT_FDCWD, w->host, 0, 0, follow ? TREE_UNKNOWN : TREE_HOST);
	w->place.magic = follow;
	w->place.in_proc = !follow;
	return 0;
}

/* NO_XDEV: no round may be in another mount than the first. */
int walk_check_mount(struct walk *w)
{
	if ((w->resolve & RESOLVE_NO_XDEV) == 0)
		return 0;
	return w->start_mount == w->mount.id ? 0 : -EXDEV;
}

/* RESOLVE_NO_XDEV in a mount: what the host has mounted on the way to the source does not count. */
static int place_in_source(struct walk *w)
{
	const char *rest = w->path + w->mount.point;
	int fd = host_open(w->mount.source, O_PATH | O_CLOEXEC, 0);

	if (fd < 0)
		return fd;
	host_close_at(&w->own);
	w->own = fd;
	if (*rest == '\0' && (w->mount.flags & MOUNT_FILE) != 0) {
		memcpy(w->host, w->mount.source, strlen(w->mount.source) + 1);
		walk_place_at(w, AT_FDCWD, w->host, strlen(w->host), 0,
			      mount_is_guests(w->ns->in, &w->mount) ? TREE_GUEST : TREE_HOST);
		w->place.resolve &= ~(uint64_t)RESOLVE_NO_XDEV;
		return 0;
	}
	while (*rest == '/')
		rest++;
	walk_place_at(w, fd, dot_if_empty(rest), 0, RESOLVE_IN_ROOT,
		      mount_is_guests(w->ns->in, &w->mount) ? TREE_GUEST : TREE_HOST);
	return 0;
}

/* Without links there is no way out but "..", or a slash in front; being sure of it takes the host's kernel some time. */
static uint64_t stay_below(const struct walk *w, uint64_t resolve)
{
	return w->plain ? 0 : resolve;
}

int walk_place_absolute(struct walk *w)
{
	struct mount *m = &w->mount;
	size_t n;
	int r;

	mount_find(w->ns, w->path, m);
	r = walk_check_mount(w);
	if (r < 0)
		return r;
	if (m->kind == MOUNT_PROC && !m->above)
		return place_in_proc(w, w->path + m->point + (w->path[m->point] == '/'),
				     m->point + (w->path[m->point] == '/'));
	if (m->id == 0 || m->above) {
		walk_place_at(w, w->ns->root, dot_if_empty(w->path + 1), 0,
			      stay_below(w, (w->resolve & RESOLVE_BENEATH) != 0 ? RESOLVE_BENEATH : RESOLVE_IN_ROOT),
			      mount_is_guests(w->ns->in, m) ? TREE_GUEST : TREE_HOST);
		return 0;
	}
	if ((w->resolve & RESOLVE_NO_XDEV) != 0)
		return place_in_source(w);
	n = strlen(m->source);
	memcpy(w->host, m->source, n);
	/* The source "/" and a rest that begins with a slash make one slash. */
	if (n > 0 && w->host[n - 1] == '/' && w->path[m->point] == '/')
		n--;
	memcpy(w->host + n, w->path + m->point, strlen(w->path + m->point) + 1);
	walk_place_at(w, AT_FDCWD, w->host, n == 0 ? 1 : n, 0, mount_is_guests(w->ns->in, m) ? TREE_GUEST : TREE_HOST);
	return 0;
}

static int next_absolute(struct walk *w)
{
	struct component c;

	if (w->plain)
		return walk_place_absolute(w);
	c = path_dotdot(w->path);
	if (c.length == 0)
		return walk_place_absolute(w);
	if (w->split_dots || w->checked || mount_path_may_cross(w->ns->in, w->path))
		return walk_drop_dotdot(w, c);
	/* No mount below the root is on the way; the kernel does the dots, and never leaves the root. */
	mount_find(w->ns, "/", &w->mount);
	if (w->mount.id != 0 && !w->mount.above)
		return walk_drop_dotdot(w, c);
	walk_place_at(w, w->ns->root, w->path + 1, 0,
		      (w->resolve & RESOLVE_BENEATH) != 0 ? RESOLVE_BENEATH : RESOLVE_IN_ROOT,
		      mount_is_guests(w->ns->in, &w->mount) ? TREE_GUEST : TREE_HOST);
	return walk_check_mount(w);
}

/* A directory without a guest path: removed, outside of the process's root, or too deep for a path. */
static bool has_no_path(int r)
{
	return r == -ENOENT || r == -ENAMETOOLONG;
}

static bool must_be_absolute(const struct walk *w)
{
	return dir_is_view(w->ns, w->dir) || mount_path_may_cross(w->ns->in, w->path) ||
	       (w->checked && path_dotdot(w->path).length != 0);
}

static int next_relative(struct walk *w)
{
	bool leaves = component_is_dotdot(w->path, path_component(w->path, 0));

	if (!w->fixed && (leaves || must_be_absolute(w))) {
		int r = make_absolute(w);

		if (r == 0)
			return WALK_AGAIN;
		if (!has_no_path(r))
			return r;
		w->fixed = true;
	}
	if (leaves)
		return walk_step_up(w);
	walk_place_at(w, w->dir, w->path, 0, stay_below(w, RESOLVE_BENEATH), TREE_UNKNOWN);
	return 0;
}

int walk_next(struct walk *w)
{
	int r;

	do {
		walk_widen(w);
		if (w->path[0] == '/')
			r = next_absolute(w);
		else
			r = next_relative(w);
	} while (r == WALK_AGAIN);
	return r == 0 && w->checked ? walk_search(w) : r;
}

/* --- links ----------------------------------------------------------------------------------------------------------- */

/*
 * The operation met a link: the first one in w->place.path is followed. WALK_AGAIN, -ELOOP where it may not be followed, or 0
 * if there is none (any more).
 */
__attribute__((noinline)) static int follow(struct walk *w)
{
	char buf[PATH_MAX], text[PATH_MAX];
	struct component c;
	const char *path;
	size_t skew;

	/* place.path ends as w->path does; skew is how much longer its beginning is. */
	walk_widen(w);
	path = w->place.path;
	skew = strlen(path) - strlen(w->path);
	c = path_component(path, w->place.trusted);

	/* readlinkat would not stop at the root. */
	if (w->path[0] == '/' && path_dotdot(w->path).length != 0) {
		w->split_dots = true;
		return WALK_AGAIN;
	}
	if (w->clean + skew > c.at && w->clean > 0)
		c = path_component(path, w->clean + skew);
	for (; c.length != 0; c = path_component(path, c.at + c.length)) {
		size_t end = c.at + c.length;
		ssize_t n;

		if (end >= sizeof(buf))
			return -ENAMETOOLONG;
		memcpy(buf, path, end);
		buf[end] = '\0';
		n = host_readlinkat(w->place.dir, buf, text, sizeof(text));
		if (n == -EINVAL)
			continue;
		if (n < 0)
			return n == -ENOENT ? 0 : (int)n;
		if (path[end] == '\0' && w->nofollow)
			return -ELOOP;
		if (path[end] == '\0') {
			int r = permission_follow(w->ns, w->place.dir, buf, w->place.tree);

			if (r < 0)
				return r;
		}
		/* Links of the host's own tree mean the host's root, which is where the mount is. */
		if (text[0] == '/' && walk_in_host_root(w)) {
			if (w->mount.point + (size_t)n >= sizeof(buf))
				return -ENAMETOOLONG;
			memcpy(buf, w->path, w->mount.point);
			memcpy(buf + w->mount.point, text, (size_t)n);
			n += (ssize_t)w->mount.point;
			return follow_text(w, end - skew, buf, (size_t)n);
		}
		return follow_text(w, end - skew, text, (size_t)n);
	}
	return 0;
}

bool walk_again(struct walk *w, int *r)
{
	int met = *r;

	if (met != -ELOOP && met != -EXDEV && met != -EAGAIN)
		return false;
	if (w->tries++ > TRIES_MAX)
		return false;
	if (met == -EAGAIN) {
		/* A rename elsewhere while ".." was in the path; or RESOLVE_CACHED, which the guest asked for. */
		if ((w->resolve & RESOLVE_CACHED) != 0 || path_dotdot(w->place.path).length == 0)
			return false;
		*r = 0;
		return true;
	}
	if (met == -EXDEV) {
		if (w->path[0] == '/')
			return false;
		*r = w->fixed ? -ENOENT : make_absolute(w);
		if (has_no_path(*r))
			*r = walk_step_down(w);
		return *r == 0;
	}
	if (w->place.magic || (w->place.in_proc && w->place.proc.kind != PROCFS_HOST))
		return false;
	met = follow(w);
	if (met < 0) {
		*r = met;
		return false;
	}
	*r = 0;
	return true;
}
