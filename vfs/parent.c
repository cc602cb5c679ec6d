/* The directory that holds a name: the base of the calls that make, remove and rename. */
#include <errno.h>

#include "base/str.h"
#include "vfs/permission.h"

void parent_done(struct parent *p)
{
	if (!p->borrowed)
		host_close_at(&p->dir);
	p->dir = -1;
}

/* The guest path in the instance of an open directory, without a slash at the end. */
static ssize_t directory_path(const struct vfs_ns *ns, int dir, char *buf, size_t size)
{
	char host[PATH_MAX];
	ssize_t n = fd_host_path(dir, host);

	if (n >= 0)
		n = instance_path(ns, host, buf, size);
	if (n == 1)
		buf[--n] = '\0';
	return n;
}

__attribute__((noinline)) int fd_mount(const struct vfs_ns *ns, int fd, uint32_t *ret)
{
	struct vfs_ns whole = *ns;
	char path[PATH_MAX];
	struct mount m;
	ssize_t n;

	n = directory_path(ns, fd, path, sizeof(path));
	if (n < 0)
		return (int)n;
	whole.root_path = "";
	mount_find(&whole, path, &m);
	*ret = m.id;
	return 0;
}

uint32_t parent_mount(const struct vfs_ns *ns, struct parent *p)
{
	if (!p->mount_known && fd_mount(ns, p->dir, &p->mount) < 0)
		p->mount = 0;
	p->mount_known = true;
	return p->mount;
}

int parent_check(const struct parent *p)
{
	struct stat st;
	int r;

	if (!p->borrowed || p->dir == AT_FDCWD)
		return 0;
	r = host_fstat(p->dir, &st);
	if (r < 0)
		return r;
	return S_ISDIR(st.st_mode) ? 0 : -ENOTDIR;
}

int parents_same_mount(const struct vfs_ns *ns, struct parent *a, struct parent *b)
{
	int r;

	if (a->borrowed && b->borrowed && a->dir == b->dir)
		return 0;
	r = parent_check(a);
	if (r == 0)
		r = parent_check(b);
	if (r < 0)
		return r;
	return parent_mount(ns, a) == parent_mount(ns, b) ? 0 : -EXDEV;
}

/* What the name is to the mount table. path: the directory as seen from the process's root, NULL for not known. */
__attribute__((noinline)) static enum mount_relation relation_of(const struct vfs_ns *ns, const struct parent *p,
								 const char *name, size_t length, const char *path)
{
	char full[2 * PATH_MAX];
	ssize_t n;

	if (!mount_has_name(ns->in, name, length))
		return MOUNT_UNRELATED;
	if (path != NULL && path[0] == '/' && path_dotdot(path).length == 0) {
		n = (ssize_t)str_format(full, sizeof(full), "%s%s", ns->root_path, path);
		while (n > 0 && (full[n - 1] == '/' || (full[n - 1] == '.' && n > 1 && full[n - 2] == '/')))
			n--;
	} else {
		n = directory_path(ns, p->dir, full, sizeof(full));
	}
	if (n < 0 || (size_t)n + length + 2 > sizeof(full))
		return MOUNT_UNRELATED;
	full[n] = '/';
	memcpy(full + n + 1, name, length);
	full[(size_t)n + 1 + length] = '\0';
	return mount_relation(ns, full);
}

static bool in_read_only(const struct vfs_ns *ns, int dir)
{
	char path[PATH_MAX];
	struct mount m;

	if (!mount_any_read_only(ns->in) || vfs_fd_path(ns, dir, path, sizeof(path)) < 0)
		return false;
	mount_find(ns, path, &m);
	return (m.flags & MOUNT_READ_ONLY) != 0;
}

/* The directory part of the path, walked. */
__attribute__((noinline)) static int open_directory(const struct vfs_ns *ns, struct vfs_at at, struct last last,
						    struct parent *p)
{
	struct walk w CLEANUP(walk_done);
	char path[PATH_MAX];
	int r;

	memcpy(path, at.path, last.name.at);
	path[last.name.at] = '\0';
	r = walk_begin(&w, ns, (struct vfs_at){at.dir, path[0] != '\0' ? path : at.path[0] == '/' ? "/" : "."}, 0, 0);
	if (r < 0)
		return r;
	r = walk_open(&w, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (r < 0)
		return r;
	p->dir = r;
	p->borrowed = false;
	p->tree = w.place.tree;
	if (w.path[0] == '/' && !w.place.magic) {
		p->mount = w.mount.id;
		p->mount_known = true;
		p->read_only = (w.mount.flags & MOUNT_READ_ONLY) != 0;
	} else {
		p->read_only = in_read_only(ns, p->dir);
	}
	p->relation = relation_of(ns, p, at.path + last.name.at, last.name.length, w.place.magic ? NULL : w.path);
	return 0;
}

int parent_open(const struct vfs_ns *ns, struct vfs_at at, struct parent *p)
{
	struct last last;
	size_t n;
	int r;

	if (at.path == NULL || at.path[0] == '\0')
		return -ENOENT;
	last = path_last(at.path);
	if (last.name.at >= PATH_MAX)
		return -ENAMETOOLONG;
	p->kind = PARENT_NAME;
	if (last.name.length == 0)
		p->kind = PARENT_ROOT;
	else if (component_is(at.path, last.name, "."))
		p->kind = PARENT_DOT;
	else if (component_is_dotdot(at.path, last.name))
		p->kind = PARENT_DOTDOT;
	p->slash = last.slash;
	p->relation = MOUNT_UNRELATED;
	p->mount_known = p->read_only = p->checked = false;

	if (p->kind == PARENT_NAME && at_is_plain(ns, at)) {
		p->dir = at.dir;
		p->borrowed = true;
		p->tree = TREE_UNKNOWN;
		p->read_only = in_read_only(ns, at.dir);
	} else {
		r = open_directory(ns, at, last, p);
		if (r < 0)
			return r;
	}
	if (permission_matters(ns) && p->kind != PARENT_ROOT) {
		r = permission_parent(ns, p);
		if (r < 0) {
			parent_done(p);
			return r;
		}
	}
	/* A name that is too long stays too long: the host says so when its turn has come. */
	n = last.name.length <= NAME_MAX ? last.name.length : NAME_MAX + 1;
	memcpy(p->name, at.path + last.name.at, n);
	if (last.slash)
		p->name[n++] = '/';
	p->name[n] = '\0';
	return 0;
}

int vfs_parent(const struct vfs_ns *ns, struct vfs_at at, int *ret_dir, char *name)
{
	struct parent p CLEANUP(parent_done) = PARENT_INIT;
	size_t n;
	int fd, r;

	r = parent_open(ns, at, &p);
	if (r < 0)
		return r;
	if (p.kind != PARENT_NAME)
		return -EEXIST;
	if (strlen(p.name) - p.slash > NAME_MAX)
		return -ENAMETOOLONG;
	fd = p.borrowed ? host_openat(p.dir, ".", O_PATH | O_DIRECTORY | O_CLOEXEC, 0) : take_fd(&p.dir);
	if (fd < 0)
		return fd;
	n = strlen(p.name) - p.slash;
	memcpy(name, p.name, n);
	name[n] = '\0';
	*ret_dir = fd;
	return 0;
}
