/*
 * Receiving. The kernel writes data and ancillary data where the guest wants them; the sender's address comes to us first,
 * and identities in ancillary data are put right afterwards.
 */
#include <errno.h>
#include <limits.h>
#include <time.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/net/net.h"

/* How many messages of a recvmmsg() are received by one call of the host's. */
#define BATCH        16
#define MESSAGES_MAX 1024

long sys_recvfrom(struct tr_call *c, const struct recvfrom_args *a)
{
	struct net_address from;
	long r, told;

	if (a->src_addr == 0)
		return tr_native(c);
	net_address_init(&from);
	r = tr_blocking_call(c, SYS_recvfrom,
			     (const uint64_t[6]){(uint64_t)a->fd, a->buf, a->size, a->flags, (uintptr_t)&from.any,
						 (uintptr_t)&from.length});
	if (r < 0)
		return r;
	net_name_out(c, &from);
	told = net_give_address(c, &from, a->src_addr, a->addrlen);
	return told < 0 ? told : r;
}

static bool has_more_than_data(const struct msghdr *h)
{
	return h->msg_name != NULL || (h->msg_control != NULL && h->msg_controllen > 0);
}

/* The header that the kernel gets: the guest's, but for the address. */
static void prepare(struct msghdr *h, struct net_address *from)
{
	net_address_init(from);
	if (h->msg_name == NULL)
		return;
	h->msg_name = &from->any;
	h->msg_namelen = (socklen_t)from->length;
}

/* What the kernel says in h about a message goes to the guest's header at `at`. */
static int give_header(struct tr_call *c, uint64_t at, struct msghdr *h, struct net_address *from, uint64_t guest_name)
{
	int r;

	if (guest_name != 0) {
		from->length = (int)h->msg_namelen;
		net_name_out(c, from);
		r = net_give_address(c, from, guest_name, at + offsetof(struct msghdr, msg_namelen));
		if (r < 0)
			return r;
	}
	if (h->msg_control != NULL) {
		r = net_control_out(c, (uintptr_t)h->msg_control, h->msg_controllen);
		if (r < 0)
			return r;
	}
	r = tr_write(c, at + offsetof(struct msghdr, msg_flags), &h->msg_flags, sizeof(h->msg_flags));
	if (r < 0)
		return r;
	return tr_write(c, at + offsetof(struct msghdr, msg_controllen), &h->msg_controllen, sizeof(h->msg_controllen));
}

long sys_recvmsg(struct tr_call *c, const struct recvmsg_args *a)
{
	struct net_address from;
	uint64_t guest_name;
	struct msghdr h;
	long r, told;

	if (tr_read(c, &h, a->msg, sizeof(h)) < 0 || !has_more_than_data(&h) || h.msg_namelen > INT_MAX)
		return tr_native(c);
	guest_name = (uintptr_t)h.msg_name;
	prepare(&h, &from);
	r = tr_blocking_call(c, SYS_recvmsg, (const uint64_t[6]){(uint64_t)a->fd, (uintptr_t)&h, a->flags});
	if (r < 0)
		return r;
	told = give_header(c, a->msg, &h, &from, guest_name);
	return told < 0 ? told : r;
}

/* Up to BATCH messages in one call. */
struct batch {
	struct mmsghdr message[BATCH];
	struct net_address from[BATCH];
	uint64_t guest_name[BATCH];
};

/* Reads n headers, or as many as there are in front of one that the kernel refuses; how many. */
static int batch_read(struct tr_call *c, struct batch *b, uint64_t vec, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		struct msghdr *h = &b->message[i].msg_hdr;

		if (tr_read(c, &b->message[i], vec + i * sizeof(b->message[i]), sizeof(b->message[i])) < 0)
			return i > 0 ? (int)i : -EFAULT;
		if (h->msg_namelen > INT_MAX)
			return i > 0 ? (int)i : -EINVAL;
		b->guest_name[i] = (uintptr_t)h->msg_name;
		prepare(h, &b->from[i]);
	}
	return (int)n;
}

static int batch_give(struct tr_call *c, struct batch *b, uint64_t vec, uint32_t n)
{
	for (uint32_t i = 0; i < n; i++) {
		uint64_t at = vec + i * sizeof(b->message[0]);
		int r = give_header(c, at, &b->message[i].msg_hdr, &b->from[i], b->guest_name[i]);

		if (r == 0)
			r = tr_write(c, at + offsetof(struct mmsghdr, msg_len), &b->message[i].msg_len,
				     sizeof(b->message[i].msg_len));
		if (r < 0)
			return r;
	}
	return 0;
}

/* Receives n messages at most into the guest's headers at vec; how many. */
static long receive(struct tr_call *c, const struct recvmmsg_args *a, uint64_t vec, uint32_t n, uint32_t flags)
{
	struct batch b;
	int told, ready = batch_read(c, &b, vec, n);
	long r;

	if (ready < 0)
		return ready;
	r = tr_blocking_call(
		c, SYS_recvmmsg,
		(const uint64_t[6]){(uint64_t)a->fd, (uintptr_t)b.message, (uint64_t)ready, flags, a->timeout});
	if (r <= 0)
		return r;
	told = batch_give(c, &b, vec, (uint32_t)r);
	return told < 0 ? told : r;
}

/* True if no message of the call has anything but data. */
static bool all_plain(struct tr_call *c, uint64_t vec, uint32_t n)
{
	struct msghdr h;

	for (uint32_t i = 0; i < n; i++)
		if (tr_read(c, &h, vec + i * sizeof(struct mmsghdr), sizeof(h)) == 0 && has_more_than_data(&h))
			return false;
	return true;
}

/* The kernel writes what is left of the guest's timeout; nothing left ends the call. */
static bool timed_out(struct tr_call *c, uint64_t timeout)
{
	struct timespec left;

	return timeout != 0 && tr_read(c, &left, timeout, sizeof(left)) == 0 && left.tv_sec == 0 && left.tv_nsec == 0;
}

/*
 * Linux: one call waits for all messages. Here: BATCH at a time, and what was received counts when a later batch fails or
 * is interrupted, as it does there between two messages.
 */
long sys_recvmmsg(struct tr_call *c, const struct recvmmsg_args *a)
{
	uint32_t n = a->vlen < MESSAGES_MAX ? a->vlen : MESSAGES_MAX, done = 0, flags = a->flags;

	if (net_option(a->fd, SO_DOMAIN) != AF_UNIX || all_plain(c, a->msgvec, n))
		return tr_native(c);
	while (done < n) {
		uint32_t want = n - done < BATCH ? n - done : BATCH;
		long r = receive(c, a, a->msgvec + done * sizeof(struct mmsghdr), want, flags);

		if (r < 0)
			return done > 0 ? (long)done : r;
		done += (uint32_t)r;
		if ((uint32_t)r < want || timed_out(c, a->timeout))
			break;
		if ((flags & MSG_WAITFORONE) != 0)
			flags |= MSG_DONTWAIT;
	}
	return done;
}
