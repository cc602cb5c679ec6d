/* The calls that give a socket a name or ask for one. */
#include <errno.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/net/net.h"

long sys_bind(struct tr_call *c, const struct bind_args *a)
{
	char name[NET_NAME_SIZE];

	if (net_read_name(c, a->fd, a->addr, a->addrlen, name) == 0)
		return tr_native(c);
	return net_bind(c, a->fd, name);
}

long sys_connect(struct tr_call *c, const struct connect_args *a)
{
	int file CLEANUP(host_close_at) = -1;
	char name[NET_NAME_SIZE];
	struct net_address to;
	int r;

	if (net_read_name(c, a->fd, a->addr, a->addrlen, name) == 0)
		return tr_native(c);
	r = net_find(c, name, &file, &to);
	if (r < 0)
		return r;
	return tr_blocking_call(c, SYS_connect,
				(const uint64_t[6]){(uint64_t)a->fd, (uintptr_t)&to.any, (uint64_t)to.length});
}

static long get_name(struct tr_call *c, long nr, int fd, uint64_t to, uint64_t length_at)
{
	struct net_address name;
	long r;

	net_address_init(&name);
	r = host_call(nr, fd, &name.any, &name.length);
	if (r < 0)
		return r;
	net_name_out(c, &name);
	return net_give_address(c, &name, to, length_at);
}

long sys_getsockname(struct tr_call *c, const struct getsockname_args *a)
{
	return get_name(c, SYS_getsockname, a->fd, a->addr, a->addrlen);
}

long sys_getpeername(struct tr_call *c, const struct getpeername_args *a)
{
	return get_name(c, SYS_getpeername, a->fd, a->addr, a->addrlen);
}

static long accept_from(struct tr_call *c, int fd, uint64_t to, uint64_t length_at, uint32_t flags)
{
	struct net_address peer;
	long r, told;

	if (to == 0)
		return tr_native(c);
	net_address_init(&peer);
	r = tr_blocking_call(c, SYS_accept4,
			     (const uint64_t[6]){(uint64_t)fd, (uintptr_t)&peer.any, (uintptr_t)&peer.length, flags});
	if (r < 0)
		return r;
	net_name_out(c, &peer);
	told = net_give_address(c, &peer, to, length_at);
	if (told < 0) {
		host_close((int)r);
		return told;
	}
	return r;
}

long sys_accept(struct tr_call *c, const struct accept_args *a)
{
	return accept_from(c, a->fd, a->addr, a->addrlen, 0);
}

long sys_accept4(struct tr_call *c, const struct accept4_args *a)
{
	return accept_from(c, a->fd, a->addr, a->addrlen, a->flags);
}
