/*
 * Who is at the other end: the kernel knows the host's user, the guest must see its own idea of ids.
 */
#include <errno.h>
#include <linux/capability.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/ids/ids.h"
#include "translator/net/net.h"

/* A running process that is no guest. One that has ended was a guest if its slot is still there, else nobody knows. */
static bool is_of_the_host(struct tr_call *c, pid_t pid)
{
	return !tr_is_guest(c, pid) && host_kill(pid, 0) != -ESRCH;
}

void net_ids_out(struct tr_call *c, struct ucred *u, enum net_ids which)
{
	const struct instance *in = c->ns.in;
	struct creds peer;
	uint32_t uid = 0, gid = 0;

	/* No process: not an AF_UNIX peer, or the kernel's own message. */
	if (u->pid == 0)
		return;
	if (is_of_the_host(c, u->pid)) {
		/* As the kernel tells of a process in a pid namespace that is not below one's own. */
		u->pid = 0;
	} else if (tr_creds_of(c, u->pid, &peer) == 0) {
		uid = which == NET_REAL_IDS ? peer.ruid : peer.euid;
		gid = which == NET_REAL_IDS ? peer.rgid : peer.egid;
	}
	if (u->uid == in->host_uid)
		u->uid = uid;
	if (u->gid == in->host_gid)
		u->gid = gid;
}

uint32_t net_groups(struct tr_call *c, pid_t pid, uint32_t groups[CREDS_GROUPS_MAX])
{
	struct creds peer;

	if (is_of_the_host(c, pid) || tr_creds_of(c, pid, &peer) < 0)
		return 0;
	memcpy(groups, peer.groups, peer.group_count * sizeof(groups[0]));
	return peer.group_count;
}

/* --- ancillary data ------------------------------------------------------------------------------------------------- */

/* A header in guest memory and what follows it. */
struct control {
	uint64_t at;   /* of the header */
	uint64_t left; /* bytes from it to the end */
	struct cmsghdr header;
};

/* True while there is a whole header; what is wrong with it is the kernel's to say. */
static bool control_read(struct tr_call *c, struct control *k)
{
	return k->left >= sizeof(k->header) && tr_read(c, &k->header, k->at, sizeof(k->header)) == 0 &&
	       k->header.cmsg_len >= sizeof(k->header) && k->header.cmsg_len <= k->left;
}

static void control_next(struct control *k)
{
	uint64_t n = CMSG_ALIGN(k->header.cmsg_len);

	k->left -= n < k->left ? n : k->left;
	k->at += n;
}

static bool control_is(const struct control *k, int type)
{
	return k->header.cmsg_level == SOL_SOCKET && k->header.cmsg_type == type;
}

static uint64_t control_data_size(const struct control *k)
{
	return k->header.cmsg_len - sizeof(k->header);
}

static bool names_reserved_fd(struct tr_call *c, const struct control *k)
{
	uint64_t at = k->at + sizeof(k->header), left = control_data_size(k) / sizeof(int);
	int fds[64];

	while (left > 0) {
		uint64_t n = left < ARRAY_SIZE(fds) ? left : ARRAY_SIZE(fds);

		if (tr_read(c, fds, at, n * sizeof(int)) < 0)
			return false;
		for (uint64_t i = 0; i < n; i++)
			if (fds[i] == RESERVED_FD)
				return true;
		at += n * sizeof(int);
		left -= n;
	}
	return false;
}

/* net/core/scm.c: may the guest say that it is this one? */
static bool may_claim(struct tr_call *c, const struct ucred *u)
{
	const struct creds *me = c->creds;

	if (u->pid != c->process->pid && !creds_capable(me, CAP_SYS_ADMIN))
		return false;
	if (u->uid != me->ruid && u->uid != me->euid && u->uid != me->suid && !creds_capable(me, CAP_SETUID))
		return false;
	return u->gid == me->rgid || u->gid == me->egid || u->gid == me->sgid || creds_capable(me, CAP_SETGID);
}

/* The copy of the guest's ancillary data, made once. */
static int copy_control(struct tr_call *c, uint64_t control, uint64_t size, char **copy)
{
	if (*copy != NULL)
		return 0;
	/* The kernel's answer where its own limit, a system-wide setting, is passed. */
	if (size > TR_SCRATCH_SIZE - c->scratch_used)
		return -ENOBUFS;
	*copy = c->scratch + c->scratch_used;
	return tr_read(c, *copy, control, size);
}

/*
 * Linux: the receiver sees what the sender claimed. Here: the host's kernel accepts only what is true on the host, and the
 * receiver sees who the sender is (net_ids_out), because the claim has no place in the message.
 */
static int replace_claim(struct tr_call *c, const struct control *k, uint64_t control, char *copy)
{
	struct ucred u;

	memcpy(&u, copy + (k->at - control) + sizeof(k->header), sizeof(u));
	if (!may_claim(c, &u))
		return -EPERM;
	u = (struct ucred){.pid = c->process->pid, .uid = c->ns.in->host_uid, .gid = c->ns.in->host_gid};
	memcpy(copy + (k->at - control) + sizeof(k->header), &u, sizeof(u));
	return 0;
}

int net_control_in(struct tr_call *c, uint64_t control, uint64_t size, void **ret)
{
	struct control k = {.at = control, .left = size};
	char *copy = NULL;
	int r;

	for (; control_read(c, &k); control_next(&k)) {
		if (control_is(&k, SCM_RIGHTS) && names_reserved_fd(c, &k))
			return -EBADF;
		if (!control_is(&k, SCM_CREDENTIALS) || control_data_size(&k) != sizeof(struct ucred))
			continue;
		r = copy_control(c, control, size, &copy);
		if (r == 0)
			r = replace_claim(c, &k, control, copy);
		if (r < 0)
			return r;
	}
	*ret = copy;
	return 0;
}

int net_control_out(struct tr_call *c, uint64_t control, uint64_t size)
{
	struct control k = {.at = control, .left = size};
	struct ucred u;

	for (; control_read(c, &k); control_next(&k)) {
		uint64_t data = k.at + sizeof(k.header);

		if (!control_is(&k, SCM_CREDENTIALS) || control_data_size(&k) < sizeof(u))
			continue;
		if (tr_read(c, &u, data, sizeof(u)) < 0)
			return -EFAULT;
		net_ids_out(c, &u, NET_REAL_IDS);
		if (tr_write(c, data, &u, sizeof(u)) < 0)
			return -EFAULT;
	}
	return 0;
}
