/* getsockopt(2): the options that tell who the peer is. */
#include <errno.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/net/net.h"

static int peer_of(int fd, struct ucred *ret)
{
	socklen_t size = sizeof(*ret);

	return (int)host_call(SYS_getsockopt, fd, SOL_SOCKET, SO_PEERCRED, ret, &size);
}

static int read_length(struct tr_call *c, uint64_t at, int *ret)
{
	if (tr_read(c, ret, at, sizeof(*ret)) < 0)
		return -EFAULT;
	return *ret < 0 ? -EINVAL : 0;
}

static long get_peer(struct tr_call *c, const struct getsockopt_args *a)
{
	struct ucred u;
	int room, r;

	r = peer_of(a->fd, &u);
	if (r == 0)
		r = read_length(c, a->optlen, &room);
	if (r < 0)
		return r;
	net_ids_out(c, &u, NET_EFFECTIVE_IDS);
	if (room > (int)sizeof(u))
		room = sizeof(u);
	if (tr_write(c, a->optval, &u, (size_t)room) < 0)
		return -EFAULT;
	return tr_write(c, a->optlen, &room, sizeof(room));
}

static long get_peer_groups(struct tr_call *c, const struct getsockopt_args *a)
{
	uint32_t groups[CREDS_GROUPS_MAX];
	struct ucred u;
	int room, need, r;

	r = peer_of(a->fd, &u);
	if (r < 0)
		return r;
	/* Nobody at the other end, or a family without peers: ENODATA. */
	if (u.pid == 0)
		return tr_native(c);
	r = read_length(c, a->optlen, &room);
	if (r < 0)
		return r;
	need = (int)(net_groups(c, u.pid, groups) * sizeof(groups[0]));
	if (tr_write(c, a->optlen, &need, sizeof(need)) < 0)
		return -EFAULT;
	return room < need ? -ERANGE : tr_write(c, a->optval, groups, (size_t)need);
}

long sys_getsockopt(struct tr_call *c, const struct getsockopt_args *a)
{
	if (a->level != SOL_SOCKET)
		return tr_native(c);
	switch (a->optname) {
	case SO_PEERCRED:
		return get_peer(c, a);
	case SO_PEERGROUPS:
		return get_peer_groups(c, a);
	default:
		return tr_native(c);
	}
}
