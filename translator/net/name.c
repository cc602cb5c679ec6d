/* A guest's name for a socket, on its way to the host. */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/net/net.h"

#define NAME_AT offsetof(struct sockaddr_un, sun_path)

int net_option(int fd, int option)
{
	int value = 0;
	socklen_t size = sizeof(value);
	long r = host_call(SYS_getsockopt, fd, SOL_SOCKET, option, &value, &size);

	return r < 0 ? (int)r : value;
}

int net_read_name(struct tr_call *c, int fd, uint64_t address, int length, char name[NET_NAME_SIZE])
{
	struct sockaddr_un un;
	size_t n;

	/* What the kernel refuses, or what it does itself: autobind has no name at all. */
	if (length <= (int)NAME_AT || length > (int)sizeof(un) || tr_read(c, &un, address, (size_t)length) < 0)
		return 0;
	if (un.sun_family != AF_UNIX || un.sun_path[0] == '\0' || net_option(fd, SO_DOMAIN) != AF_UNIX)
		return 0;
	n = (size_t)length - NAME_AT;
	memcpy(name, un.sun_path, n);
	name[n] = '\0';
	return 1;
}

int net_find(struct tr_call *c, const char *name, int *ret_fd, struct net_address *ret)
{
	int fd CLEANUP(host_close_at) = -1;
	int r;

	fd = vfs_open_path(&c->ns, (struct vfs_at){AT_FDCWD, name}, 0);
	if (fd < 0)
		return fd;
	/*
	 * The kernel asks for write permission on the socket, but knows only the host's user. By name, because a socket's
	 * owner is its directory's.
	 */
	r = vfs_access(&c->ns, (struct vfs_at){AT_FDCWD, name}, 0, W_OK, true);
	if (r < 0)
		return r;

	*ret = (struct net_address){.un.sun_family = AF_UNIX};
	ret->length = (int)(NAME_AT + 1 +
			    str_format(ret->un.sun_path, sizeof(ret->un.sun_path), "/proc/thread-self/fd/%d", fd));
	*ret_fd = take_fd(&fd);
	return 0;
}
