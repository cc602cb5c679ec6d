/* Where things are: the way back from host objects and host paths to guest paths. */
#include <errno.h>

#include "base/str.h"
#include "vfs/permission.h"

struct fd_link fd_link(int fd)
{
	struct fd_link l;

	str_format(l.text, sizeof(l.text), "/proc/self/fd/%d", fd);
	return l;
}

/* "/a/b (deleted)" is what the kernel says of a removed file, and can be the name of one that is there. */
static bool is_deleted(int fd, char *path, size_t length)
{
	static const char mark[] = " (deleted)";
	const size_t n = sizeof(mark) - 1;
	struct stat named, open;

	if (length < n || !str_eq(path + length - n, mark))
		return false;
	return host_fstatat(fd, "", &open, AT_EMPTY_PATH) < 0 || open.st_nlink == 0 ||
	       host_fstatat(AT_FDCWD, path, &named, AT_SYMLINK_NOFOLLOW) < 0 || named.st_ino != open.st_ino ||
	       named.st_dev != open.st_dev;
}

ssize_t fd_host_path(int fd, char *buf)
{
	ssize_t n;

	if (fd == AT_FDCWD) {
		n = host_call(SYS_getcwd, buf, PATH_MAX);
		if (n < 0)
			return n;
		n--;
	} else {
		n = host_readlinkat(AT_FDCWD, fd_link(fd).text, buf, PATH_MAX);
		if (n < 0)
			return n;
		if (buf[0] == '/' && is_deleted(fd, buf, (size_t)n))
			return -ENOENT;
	}
	return buf[0] == '/' ? n : -ENOENT;
}

/* The guest path of host under the mount or root that stands at source. Its length, or -1. */
static ssize_t replace(const char *point, const char *source, const char *host, char *buf, size_t size)
{
	size_t skip = str_eq(source, "/") ? 0 : strlen(source), n = strlen(point), rest;

	if (strncmp(host, source, skip) != 0 || (host[skip] != '\0' && host[skip] != '/'))
		return -1;
	if (str_eq(host + skip, "/"))
		skip++;
	rest = strlen(host + skip);
	if (n + rest + 1 >= size)
		return -1;
	memcpy(buf, point, n);
	memcpy(buf + n, host + skip, rest + 1);
	if (n + rest == 0)
		memcpy(buf, "/", 2);
	return (ssize_t)(n + rest == 0 ? 1 : n + rest);
}

/* The id of the mount that a guest path of the instance is in. */
static uint32_t mount_of(const struct vfs_ns *ns, const char *path)
{
	struct vfs_ns whole = *ns;
	struct mount m;

	whole.root_path = "";
	mount_find(&whole, path, &m);
	return m.id;
}

/* Beneath the process's root, and not hidden by another mount. */
static bool is_visible(const struct vfs_ns *ns, const char *path, uint32_t mount)
{
	return path_is_below(path, ns->root_path) && mount_of(ns, path) == mount;
}

/* A mount's kind, point and source, copied; false behind the last one. */
static bool get_mount(struct instance *in, uint32_t i, struct mount_entry *ret)
{
	unsigned tries = 0;
	uint32_t generation;
	bool there;

	do {
		generation = mount_read_begin(in);
		there = i < in->mount_count && i < INSTANCE_MOUNTS;
		if (there) {
			const struct mount_entry *e = &in->mounts[i];

			ret->id = e->id;
			ret->kind = e->kind;
			ret->ns = e->ns;
			memcpy(ret->point, e->point, strlen(e->point) + 1);
			memcpy(ret->source, e->source, strlen(e->source) + 1);
		}
	} while (mount_read_again(in, generation, &tries));
	return there;
}

/*
 * A host path can have several guest paths. Of those that can be seen: through the root directory itself, else through
 * the mount with the longest source.
 */
ssize_t instance_path(const struct vfs_ns *ns, const char *host, char *buf, size_t size)
{
	struct mount_entry e;
	size_t best = 0;
	ssize_t found = -ENOENT, n;
	char path[PATH_MAX];

	n = replace("", ns->in->root, host, buf, size);
	if (n >= 0 && is_visible(ns, buf, 0))
		return n;
	for (uint32_t i = 0; get_mount(ns->in, i, &e); i++) {
		if (e.ns != ns->mount_ns || strlen(e.source) <= best)
			continue;
		n = replace(e.point, e.source, host, path, sizeof(path));
		if (n < 0 || !is_visible(ns, path, e.id))
			continue;
		if (e.kind == MOUNT_PROC && path[strlen(e.point)] == '/') {
			procfs_name_init(ns, path + strlen(e.point) + 1);
			n = (ssize_t)strlen(path);
		}
		if ((size_t)n >= size)
			return -ENAMETOOLONG;
		best = strlen(e.source);
		found = n;
		memcpy(buf, path, (size_t)n + 1);
	}
	return found;
}

ssize_t vfs_guest_path(const struct vfs_ns *ns, const char *host, char *buf, size_t size)
{
	size_t skip = strlen(ns->root_path);
	ssize_t n = instance_path(ns, host, buf, size);

	if (n < 0 || skip == 0)
		return n;
	n -= (ssize_t)skip;
	memmove(buf, buf + skip, (size_t)n + 1);
	if (n == 0) {
		if (size < 2)
			return -ENAMETOOLONG;
		memcpy(buf, "/", 2);
		n = 1;
	}
	return n;
}

ssize_t vfs_fd_path(const struct vfs_ns *ns, int fd, char *buf, size_t size)
{
	char host[PATH_MAX];
	ssize_t n = fd_host_path(fd, host);

	return n < 0 ? n : vfs_guest_path(ns, host, buf, size);
}

/* The root lies in a mount: the whole path says where. */
__attribute__((noinline)) static ssize_t host_path_above(const struct vfs_ns *ns, const char *guest, char *buf,
							 size_t size)
{
	struct vfs_ns whole = *ns;
	char path[PATH_MAX];

	if (str_format(path, sizeof(path), "%s%s", ns->root_path, guest) >= sizeof(path))
		return -ENAMETOOLONG;
	whole.root_path = "";
	return vfs_host_path(&whole, path, buf, size);
}

ssize_t vfs_host_path(const struct vfs_ns *ns, const char *guest, char *buf, size_t size)
{
	struct mount m;
	size_t n;

	mount_find(ns, guest, &m);
	if (m.above)
		return host_path_above(ns, guest, buf, size);
	if (m.id == 0)
		n = str_format(buf, size, "%s%s%s", ns->in->root, ns->root_path, guest);
	else
		n = str_format(buf, size, "%s%s", str_eq(m.source, "/") && guest[m.point] == '/' ? "" : m.source,
			       guest + m.point);
	/* The root is not "/root/". */
	if (n > 1 && n < size && buf[n - 1] == '/')
		buf[--n] = '\0';
	return n < size ? (ssize_t)n : -ENAMETOOLONG;
}

ssize_t vfs_getcwd(const struct vfs_ns *ns, char *buf, size_t size)
{
	static const char unreachable[] = "(unreachable)";
	char host[PATH_MAX], path[PATH_MAX + sizeof(unreachable)];
	struct vfs_ns whole = *ns;
	ssize_t n;

	n = host_call(SYS_getcwd, host, sizeof(host));
	if (n < 0)
		return n;
	n = host[0] == '/' ? vfs_guest_path(ns, host, path, PATH_MAX) : -ENOENT;
	if (n == -ENOENT) {
		size_t skip = sizeof(unreachable) - 1;

		whole.root_path = "";
		memcpy(path, unreachable, skip);
		n = host[0] == '/' ? vfs_guest_path(&whole, host, path + skip, PATH_MAX) : -ENOENT;
		if (n == -ENOENT)
			n = str_copy(path + skip, PATH_MAX, "/");
		n = n < 0 ? n : n + (ssize_t)skip;
	}
	if (n < 0)
		return n;
	if ((size_t)n + 1 > size)
		return -ERANGE;
	memcpy(buf, path, (size_t)n + 1);
	return n + 1;
}

int vfs_chdir(const struct vfs_ns *ns, struct vfs_at at)
{
	int fd CLEANUP(host_close_at) = -1;
	int r;

	fd = vfs_open_path(ns, at, VFS_DIRECTORY);
	if (fd >= 0 && permission_matters(ns)) {
		r = permission_fd(ns, fd, TREE_UNKNOWN, X_OK);
		if (r < 0)
			return r;
	}
	if (fd < 0)
		return fd;
	r = host_fchdir(fd);
	if (r == 0 && ns->cwd != NULL && *ns->cwd != VFS_CWD_VARIES)
		*ns->cwd = VFS_CWD_UNKNOWN;
	return r;
}

enum tree fd_tree(const struct vfs_ns *ns, int fd)
{
	char host[PATH_MAX];
	ssize_t n;

	/* Removed files keep their place in the text. */
	if (fd == AT_FDCWD)
		n = host_call(SYS_getcwd, host, sizeof(host));
	else
		n = host_readlinkat(AT_FDCWD, fd_link(fd).text, host, sizeof(host));
	if (n < 0 || host[0] != '/')
		return TREE_HOST;
	return mount_source_is_guests(ns->in, host) ? TREE_GUEST : TREE_HOST;
}
