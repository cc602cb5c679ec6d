/*
 * bind(2) to a path: a socket file in the guest's tree, and a text for the host's kernel that finds its way back out as
 * the guest's name. The three texts are in README.md.
 */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/net/net.h"
#include "translator/net/place.h"

#define NAME_AT offsetof(struct sockaddr_un, sun_path)

#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE 1
#endif

/* Where the socket file is to be made. */
struct place {
	int dir;
	char leaf[NAME_MAX + 1];
};

static void place_done(struct place *p)
{
	host_close_at(&p->dir);
}

/* What the kernel would find wrong with the place before it looks at the socket, in its order. */
static int find_place(struct tr_call *c, const char *name, struct place *ret)
{
	struct vfs_at dir;
	struct stat st;
	int r;

	r = vfs_parent(&c->ns, (struct vfs_at){AT_FDCWD, name}, &ret->dir, ret->leaf);
	if (r < 0)
		return r == -EEXIST ? -EADDRINUSE : r;
	dir = (struct vfs_at){ret->dir, ""};
	r = vfs_access(&c->ns, dir, VFS_EMPTY, X_OK, true);
	if (r < 0)
		return r;
	if (vfs_stat(&c->ns, (struct vfs_at){ret->dir, ret->leaf}, VFS_NOFOLLOW, &st) == 0)
		return -EADDRINUSE;
	if (name[strlen(name) - 1] == '/')
		return -ENOENT;
	return vfs_access(&c->ns, dir, VFS_EMPTY, W_OK, true);
}

static int bind_text(int fd, const char *text, size_t n)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	memcpy(un.sun_path, text, n);
	return (int)host_call(SYS_bind, fd, &un, NAME_AT + n);
}

/* The name's own text on the host; false if it has none that fits or if more than one name leads there. */
static bool direct_text(struct tr_call *c, const char *name, const struct place *p, char text[UNIX_PATH_MAX],
			size_t *ret_n)
{
	const struct instance *in = c->ns.in;
	char path[PATH_MAX], host[PATH_MAX];
	size_t root = strlen(in->root), n;
	ssize_t dir;

	if (strchr(name, '/') == NULL) {
		*ret_n = strlen(name);
		memcpy(text, name, *ret_n);
		return true;
	}
	if (name[0] != '/' || c->ns.root_path[0] != '\0')
		return false;
	dir = vfs_fd_path(&c->ns, p->dir, path, sizeof(path));
	if (dir < 0)
		return false;
	/* "/" is the one directory with a slash of its own. */
	n = path[1] == '\0' ? 0 : strlen(path);
	if (str_format(path + n, sizeof(path) - n, "/%s", p->leaf) >= sizeof(path) - n || !str_eq(path, name))
		return false;
	if (vfs_host_path(&c->ns, name, host, sizeof(host)) < 0)
		return false;
	if (strncmp(host, in->root, root) == 0 && str_eq(host + root, name))
		n = str_format(path, sizeof(path), "%s" NET_ROOT "%s", in->runtime, name);
	else
		n = str_format(path, sizeof(path), "%s", host);
	if (n > UNIX_PATH_MAX)
		return false;
	memcpy(text, path, n);
	*ret_n = n;
	return true;
}

/* Gives the file that was bound as `from` its name, which nobody may have taken meanwhile. */
static int settle_name(const struct place *p, const char *from)
{
	long r = host_call(SYS_renameat2, p->dir, from, p->dir, p->leaf, RENAME_NOREPLACE);

	if (r == -EINVAL || r == -ENOSYS) {
		r = host_call(SYS_linkat, p->dir, from, p->dir, p->leaf, 0);
		if (r == 0)
			(void)host_call(SYS_unlinkat, p->dir, from, 0);
	}
	if (r < 0)
		(void)host_call(SYS_unlinkat, p->dir, from, 0);
	return r == -EEXIST ? -EADDRINUSE : (int)r;
}

static int bind_through_record(struct tr_call *c, int fd, const char *name, const struct place *p)
{
	const struct instance *in = c->ns.in;
	char text[UNIX_PATH_MAX + 1], id[NET_ID_SIZE], temporary[NET_ID_SIZE + 8];
	const char *leaf = p->leaf;
	size_t n;
	int r;

	r = net_record_make(in, name, p->dir, id);
	if (r < 0)
		return r;
	n = str_format(text, sizeof(text), "%s" NET_RECORDS "/%s/%s", in->runtime, id, leaf);
	if (n > UNIX_PATH_MAX) {
		(void)str_format(temporary, sizeof(temporary), ".%s.sock", id);
		leaf = temporary;
		n = str_format(text, sizeof(text), "%s" NET_RECORDS "/%s/%s", in->runtime, id, leaf);
	}
	r = n > UNIX_PATH_MAX ? -ENAMETOOLONG : bind_text(fd, text, n);
	if (r == 0 && leaf == temporary)
		r = settle_name(p, leaf);
	if (r == 0)
		net_record_settle(in, id);
	else
		net_record_remove(in, id);
	return r;
}

int net_bind(struct tr_call *c, int fd, const char *name)
{
	struct place p CLEANUP(place_done) = {.dir = -1};
	char text[UNIX_PATH_MAX];
	size_t n;
	int r;

	r = find_place(c, name, &p);
	if (r < 0)
		return r;
	r = direct_text(c, name, &p, text, &n) ? bind_text(fd, text, n) : bind_through_record(c, fd, name, &p);
	return r < 0 ? r : vfs_bound(&c->ns, p.dir, p.leaf);
}
