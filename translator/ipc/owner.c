#include <errno.h>
#include <linux/capability.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "base/host.h"
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

/* A queue by name has no number to ask for: it goes with mq_unlink(2) only. */
static bool is_gone(enum ipc_kind kind, uint64_t id)
{
	union {
		struct msqid_ds msg;
		struct semid_ds sem;
		struct shmid_ds shm;
	} d;
	long r = 0;

	if (kind == IPC_KIND_MSG)
		r = host_call(SYS_msgctl, id, IPC_STAT, &d);
	else if (kind == IPC_KIND_SEM)
		r = host_call(SYS_semctl, id, 0, IPC_STAT, &d);
	else if (kind == IPC_KIND_SHM)
		r = host_call(SYS_shmctl, id, IPC_STAT, &d);
	return r == -EINVAL || r == -EIDRM;
}

void ipc_keep(struct tr_call *c, enum ipc_kind kind, uint64_t id, const struct ipc_owner *o)
{
	struct ipc_table *t = &c->ns.in->ipc;

	/* Where there are more objects than places for their owners, the last ones are anyone's. */
	if (!ipc_set(t, kind, id, o) && ipc_sweep(t, is_gone) > 0)
		(void)ipc_set(t, kind, id, o);
}

void ipc_made(struct tr_call *c, enum ipc_kind kind, uint64_t id, uint32_t uid, uint32_t gid, mode_t mode)
{
	const struct ipc_owner o = {.uid = uid, .gid = gid, .cuid = uid, .cgid = gid, .mode = mode & 0777};

	ipc_keep(c, kind, id, &o);
}
