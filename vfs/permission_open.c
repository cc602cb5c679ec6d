/* Who may open what. */
#include <errno.h>

#include "base/str.h"
#include "vfs/permission.h"

static int access_of(int flags)
{
	static const int access[] = {R_OK, W_OK, R_OK | W_OK, R_OK | W_OK};

	if ((flags & VFS_OPEN_EXEC) != 0)
		return X_OK;
	return access[flags & O_ACCMODE] | ((flags & O_TRUNC) != 0 ? W_OK : 0);
}

int permission_open(struct walk *w, int fd, int flags)
{
	const struct vfs_ns *ns = w->ns;
	enum tree tree = w->place.tree;
	int mode = access_of(flags), r;
	bool write = (mode & W_OK) != 0;
	char buf[PATH_MAX];
	const char *parent;
	struct owner o;
	struct stat st;

	r = permission_owner(ns, fd, tree, mode, &st, &o);
	if (r < 0 || S_ISLNK(st.st_mode))
		return r;
	if (S_ISDIR(st.st_mode) && (flags & O_CREAT) != 0)
		return -EISDIR;
	if (S_ISDIR(st.st_mode) ? write && (flags & OPEN_TMPFILE) == 0 : (flags & O_DIRECTORY) != 0)
		return 0;
	if (w->place.in_proc) {
		if (procfs_is_own_list(ns, &w->place.proc))
			return 0;
		procfs_owner(ns, &w->place.proc, &o.uid, &o.gid);
		o.anyones = false;
	}
	if ((flags & OPEN_TMPFILE) != 0) {
		r = place_writable(w);
		return r < 0 ? r : permission_of(ns, fd, &o, W_OK | X_OK);
	}
	parent = (flags & O_CREAT) != 0 && !w->place.magic ? place_parent(&w->place, buf, sizeof(buf)) : NULL;
	if (parent != NULL) {
		r = permission_sticky(ns, w->place.dir, parent, tree, &o);
		if (r < 0)
			return r;
	}
	r = permission_of(ns, fd, &o, mode);
	if (r < 0)
		return r;
	if ((flags & O_NOATIME) != 0 && !owner_may_change(ns, &o))
		return -EPERM;
	if (!write || !S_ISREG(o.mode) || (o.mode & (S_ISUID | S_ISGID | 0111)) == 0 || place_writable(w) < 0)
		return 0;
	/* Linux: the first write clears them. Here: what is written passes unseen. */
	if (tree == TREE_UNKNOWN)
		tree = fd_tree(ns, fd);
	owner_drop_capabilities(ns, fd, tree, o.mode);
	return owner_written(ns, fd, tree, &st, &o);
}

int permission_create(struct walk *w)
{
	struct place *p = &w->place;
	int fd CLEANUP(host_close_at) = -1;
	char buf[PATH_MAX];
	const char *parent = place_parent(p, buf, sizeof(buf));

	if (parent == NULL)
		return -ENAMETOOLONG;
	if (p->in_proc)
		return 0;
	if (place_writable(w) < 0)
		return -EROFS;
	if (parent[0] == '\0')
		return permission_dead(p->dir, permission_fd(w->ns, p->dir, p->tree, W_OK | X_OK));
	fd = guard_open(w->ns, p->dir, parent, p->trusted <= strlen(parent) ? p->trusted : 0,
			O_PATH | O_DIRECTORY | O_CLOEXEC, 0, p->resolve);
	return fd < 0 ? fd : permission_dead(fd, permission_fd(w->ns, fd, p->tree, W_OK | X_OK));
}
