#include <errno.h>
#include <linux/capability.h>

#include "translator/ipc/ipc.h"

int ipc_may(struct tr_call *c, enum ipc_kind kind, int id, mode_t mode)
{
	const struct creds *me = c->creds;
	mode_t wanted = (mode >> 6) | (mode >> 3) | mode, granted;
	struct ipc_owner o;

	if (creds_capable(me, CAP_IPC_OWNER) || !ipc_find(&c->ns.in->ipc, kind, (uint32_t)id, &o))
		return 0;
	granted = o.mode;
	if (me->euid == o.cuid || me->euid == o.uid)
		granted >>= 6;
	else if (creds_in_group(me, o.cgid) || creds_in_group(me, o.gid))
		granted >>= 3;
	return (wanted & ~granted & 7) != 0 ? -EACCES : 0;
}

int ipc_may_own(struct tr_call *c, enum ipc_kind kind, int id, int capability)
{
	const struct creds *me = c->creds;
	struct ipc_owner o;

	if (creds_capable(me, capability) || !ipc_find(&c->ns.in->ipc, kind, (uint32_t)id, &o))
		return 0;
	return me->euid == o.cuid || me->euid == o.uid ? 0 : -EPERM;
}

void ipc_made(struct tr_call *c, enum ipc_kind kind, uint64_t id, uint32_t uid, uint32_t gid, mode_t mode)
{
	const struct ipc_owner o = {.uid = uid, .gid = gid, .cuid = uid, .cgid = gid, .mode = mode & 0777};

	/* Where the table is full it is anyone's. */
	(void)ipc_set(&c->ns.in->ipc, kind, id, &o);
}
