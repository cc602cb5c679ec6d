#include "vfs/attribute.h"

#include <errno.h>
#include <linux/limits.h>

#include "base/str.h"
#include "vfs/kept.h"

struct host_name {
	char text[XATTR_NAME_MAX + 1];
};

static bool is_user(const char *name)
{
	return str_starts(name, "user.");
}

static int host_name(const char *name, struct host_name *ret)
{
	const size_t n = strlen(name), prefix = is_user(name) ? 0 : sizeof(KEPT_PREFIX) - 1;

	if (prefix + n > XATTR_NAME_MAX)
		return -ERANGE;
	memcpy(ret->text, KEPT_PREFIX, prefix);
	memcpy(ret->text + prefix, name, n + 1);
	return 0;
}

/* The object of a descriptor of any kind; the cwd has no number. */
static struct fd_link path_of(int fd)
{
	return fd == AT_FDCWD ? (struct fd_link){"."} : fd_link(fd);
}

/*
 * The host's inode takes no such attribute: what it is of, if the sidecar is to be asked. Otherwise what the guest is told:
 * `none`, or EPERM for user.* of what is neither a file nor a directory.
 */
static int look_aside(const struct vfs_ns *ns, int fd, const char *name, int answer, int none, struct stat *ret)
{
	int r;

	if (answer != -EOPNOTSUPP && answer != -EPERM)
		return answer;
	if (!kept_is_possible(ns))
		return answer == -EPERM ? none : answer;
	r = host_fstatat(fd, "", ret, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (is_special(ret->st_mode))
		return is_user(name) ? none : 0;
	return answer == -EOPNOTSUPP ? 0 : answer;
}

ssize_t attribute_get(const struct vfs_ns *ns, int fd, const char *name, void *value, size_t size)
{
	struct host_name n;
	struct stat st;
	ssize_t r = host_name(name, &n);

	if (r == 0)
		r = host_call(SYS_getxattr, path_of(fd).text, n.text, value, size);
	if (r >= 0 || (r == -ENODATA && ns->in->sidecar.attributes == 0))
		return r;
	/* A store that was moved to a file system with attributes has left them in the sidecar. */
	if (r == -ENODATA)
		r = host_fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 ? 0 : r;
	else
		r = look_aside(ns, fd, name, (int)r, -ENODATA, &st);
	return r < 0 ? r : kept_attribute(ns, fd, &st, name, value, size);
}

int attribute_set(const struct vfs_ns *ns, int fd, const char *name, const void *value, size_t size, int flags)
{
	struct host_name n;
	struct stat st;
	int r = host_name(name, &n);

	if (r == 0)
		r = (int)host_call(SYS_setxattr, path_of(fd).text, n.text, value, size, flags);
	if (r == 0)
		return 0;
	r = look_aside(ns, fd, name, r, -EPERM, &st);
	return r < 0 ? r : kept_set_attribute(ns, fd, &st, name, size > 0 ? value : "", size, flags);
}

int attribute_remove(const struct vfs_ns *ns, int fd, const char *name)
{
	struct host_name n;
	struct stat st;
	int r = host_name(name, &n);

	if (r == 0)
		r = (int)host_call(SYS_removexattr, path_of(fd).text, n.text);
	if (r < 0 && r != -ENODATA) {
		r = look_aside(ns, fd, name, r, -EPERM, &st);
		if (r == 0 && !kept_has_attributes(ns, &st))
			r = -ENODATA;
		return r < 0 ? r : kept_set_attribute(ns, fd, &st, name, NULL, 0, 0);
	}
	if (ns->in->sidecar.attributes != 0 && host_fstatat(fd, "", &st, AT_EMPTY_PATH) == 0 &&
	    kept_has_attributes(ns, &st) && kept_set_attribute(ns, fd, &st, name, NULL, 0, 0) == 0)
		r = 0;
	return r;
}

ssize_t attribute_list_kept(const struct vfs_ns *ns, int fd, char *names, size_t size)
{
	struct stat st;

	if (ns->in->sidecar.attributes == 0 || host_fstatat(fd, "", &st, AT_EMPTY_PATH) < 0)
		return 0;
	return kept_attribute(ns, fd, &st, NULL, names, size);
}
