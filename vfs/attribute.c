#include "vfs/attribute.h"

#include <errno.h>
#include <linux/limits.h>

#include "base/str.h"

struct host_name {
	char text[XATTR_NAME_MAX + 1];
};

static int host_name(const char *name, struct host_name *ret)
{
	const size_t n = strlen(name), prefix = sizeof(KEPT_PREFIX) - 1;

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

ssize_t attribute_get(const struct vfs_ns *ns, int fd, const char *name, void *value, size_t size)
{
	struct host_name n;
	int r = host_name(name, &n);

	(void)ns;
	return r < 0 ? r : host_call(SYS_getxattr, path_of(fd).text, n.text, value, size);
}

int attribute_set(const struct vfs_ns *ns, int fd, const char *name, const void *value, size_t size, int flags)
{
	struct host_name n;
	int r = host_name(name, &n);

	(void)ns;
	return r < 0 ? r : (int)host_call(SYS_setxattr, path_of(fd).text, n.text, value, size, flags);
}

int attribute_remove(const struct vfs_ns *ns, int fd, const char *name)
{
	struct host_name n;
	int r = host_name(name, &n);

	(void)ns;
	return r < 0 ? r : (int)host_call(SYS_removexattr, path_of(fd).text, n.text);
}
