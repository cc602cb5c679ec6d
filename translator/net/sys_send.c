/*
 * Sending. What can carry a path name or ancillary data to an AF_UNIX socket is looked at, everything else is the
 * kernel's with the guest's own registers. Of messages that are changed the header is ours, all data stay the guest's.
 */
#include <errno.h>
#include <limits.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/net/net.h"

/* UIO_MAXIOV, the kernel's limit on one call; it is not in a header for user space. */
#define MESSAGES_MAX 1024

/* Connected sockets do not look at an address: EISCONN, EOPNOTSUPP or nothing is their answer to it. */
static bool is_datagram(int fd)
{
	int type = net_option(fd, SO_TYPE);

	return type == SOCK_DGRAM || type == SOCK_RAW;
}

long sys_sendto(struct tr_call *c, const struct sendto_args *a)
{
	int file CLEANUP(host_close_at) = -1;
	char name[NET_NAME_SIZE];
	struct net_address to;
	int r;

	if (a->dest_addr == 0 || net_read_name(c, a->fd, a->dest_addr, a->addrlen, name) == 0 || !is_datagram(a->fd))
		return tr_native(c);
	r = net_find(c, name, &file, &to);
	if (r < 0)
		return r;
	return tr_blocking_call(c, SYS_sendto,
				(const uint64_t[6]){(uint64_t)a->fd, a->buf, a->size, a->flags, (uintptr_t)&to.any,
						    (uint64_t)to.length});
}

/* What of a message has to be different for the host. */
struct outgoing {
	struct msghdr header;
	struct net_address to;
	int file; /* holds what `to` names */
	bool changed;
};

static void outgoing_done(struct outgoing *o)
{
	host_close_at(&o->file);
}

/* o->header is the guest's and becomes the host's. */
static int prepare(struct tr_call *c, int fd, struct outgoing *o)
{
	struct msghdr *h = &o->header;
	char name[NET_NAME_SIZE];
	void *control = NULL;
	int r;

	if (h->msg_control != NULL && h->msg_controllen > 0) {
		r = net_control_in(c, (uintptr_t)h->msg_control, h->msg_controllen, &control);
		if (r < 0)
			return r;
	}
	if (control != NULL) {
		h->msg_control = control;
		o->changed = true;
	}
	if (h->msg_name == NULL || h->msg_namelen > INT_MAX || !is_datagram(fd) ||
	    net_read_name(c, fd, (uintptr_t)h->msg_name, (int)h->msg_namelen, name) == 0)
		return 0;
	r = net_find(c, name, &o->file, &o->to);
	if (r < 0)
		return r;
	h->msg_name = &o->to.any;
	h->msg_namelen = (socklen_t)o->to.length;
	o->changed = true;
	return 0;
}

static bool has_more_than_data(const struct msghdr *h)
{
	return h->msg_name != NULL || (h->msg_control != NULL && h->msg_controllen > 0);
}

static long send_prepared(struct tr_call *c, int fd, const struct outgoing *o, uint32_t flags)
{
	return tr_blocking_call(c, SYS_sendmsg, (const uint64_t[6]){(uint64_t)fd, (uintptr_t)&o->header, flags});
}

long sys_sendmsg(struct tr_call *c, const struct sendmsg_args *a)
{
	struct outgoing o CLEANUP(outgoing_done) = {.file = -1};
	int r;

	if (tr_read(c, &o.header, a->msg, sizeof(o.header)) < 0 || !has_more_than_data(&o.header) ||
	    net_option(a->fd, SO_DOMAIN) != AF_UNIX)
		return tr_native(c);
	r = prepare(c, a->fd, &o);
	if (r < 0)
		return r;
	return o.changed ? send_prepared(c, a->fd, &o, a->flags) : tr_native(c);
}

static uint64_t message_at(uint64_t vec, uint32_t i)
{
	return vec + i * sizeof(struct mmsghdr);
}

static bool any_has_more_than_data(struct tr_call *c, uint64_t vec, uint32_t n)
{
	struct msghdr h;

	for (uint32_t i = 0; i < n; i++) {
		if (tr_read(c, &h, message_at(vec, i), sizeof(h)) < 0)
			return false;
		if (has_more_than_data(&h))
			return true;
	}
	return false;
}

static long send_one(struct tr_call *c, int fd, uint64_t at, uint32_t flags)
{
	struct outgoing o CLEANUP(outgoing_done) = {.file = -1};
	uint32_t sent;
	long r;

	if (tr_read(c, &o.header, at, sizeof(o.header)) < 0)
		return -EFAULT;
	r = prepare(c, fd, &o);
	if (r == 0)
		r = send_prepared(c, fd, &o, flags);
	if (r < 0)
		return r;
	sent = (uint32_t)r;
	return tr_write(c, at + offsetof(struct mmsghdr, msg_len), &sent, sizeof(sent));
}

long sys_sendmmsg(struct tr_call *c, const struct sendmmsg_args *a)
{
	uint32_t n = a->vlen < MESSAGES_MAX ? a->vlen : MESSAGES_MAX;
	long r = 0;
	uint32_t i;

	if (net_option(a->fd, SO_DOMAIN) != AF_UNIX || !any_has_more_than_data(c, a->msgvec, n))
		return tr_native(c);
	for (i = 0; i < n && r >= 0; i++)
		r = send_one(c, a->fd, message_at(a->msgvec, i), a->flags);
	/* An error behind a message that was sent waits for the next call. */
	return r < 0 && i == 1 ? r : (long)i - (r < 0);
}
