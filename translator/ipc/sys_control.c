/* msgctl(2), semctl(2), shmctl(2). */
#include <errno.h>
#include <linux/capability.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/ipc/ipc.h"

/* What struct ipc64_perm, with which each of the kernel's structs begins, has behind its key. */
struct perm {
	uint32_t uid, gid, cuid, cgid, mode;
};
#define PERM_AT    4u
#define STRUCT_MAX sizeof(struct msqid_ds)

_Static_assert(offsetof(struct msqid_ds, msg_perm.uid) == PERM_AT &&
		       offsetof(struct msqid_ds, msg_perm.cgid) == PERM_AT + 12 &&
		       offsetof(struct msqid_ds, msg_perm.mode) == PERM_AT + 16,
	       "queues");
_Static_assert(offsetof(struct semid_ds, sem_perm.uid) == PERM_AT, "semaphores");
_Static_assert(offsetof(struct shmid_ds, shm_perm.uid) == PERM_AT, "memory");
_Static_assert(STRUCT_MAX >= sizeof(struct semid_ds) && STRUCT_MAX >= sizeof(struct shmid_ds), "the largest");

/* One of the kernel's structs. */
union description {
	char bytes[STRUCT_MAX];
	struct {
		uint32_t key;
		struct perm perm;
	} head;
};

/* A call on an object: its arguments are those of the call, but for the one that is an address. */
struct control {
	struct tr_call *c;
	enum ipc_kind kind;
	int id;
	unsigned address; /* which argument it is */
	size_t size;      /* of the struct that is there */
};

static long ask(const struct control *k, void *buf)
{
	uint64_t arg[4] = {k->c->arg[0], k->c->arg[1], k->c->arg[2], k->c->arg[3]};

	arg[k->address] = (uintptr_t)buf;
	return host_call(k->c->nr, arg[0], arg[1], arg[2], arg[3]);
}

static void replace(uint32_t *id, uint32_t host, uint32_t guest)
{
	if (*id == host)
		*id = guest;
}

static void show(const struct control *k, int id, struct perm *p)
{
	const struct instance *in = k->c->ns.in;
	const struct creds *me = k->c->creds;
	struct ipc_owner o;

	if (ipc_find(&in->ipc, k->kind, (uint32_t)id, &o)) {
		*p = (struct perm){o.uid, o.gid, o.cuid, o.cgid, (p->mode & ~0777u) | o.mode};
		return;
	}
	replace(&p->uid, in->host_uid, me->euid);
	replace(&p->cuid, in->host_uid, me->euid);
	replace(&p->gid, in->host_gid, me->egid);
	replace(&p->cgid, in->host_gid, me->egid);
}

/* by_index: the call answers the object's number. any: who asks need not be allowed to read it. */
static long tell(const struct control *k, bool by_index, bool any)
{
	union description d;
	long r = ask(k, &d);
	int id = by_index ? (int)r : k->id, denied;

	if (r < 0)
		return r;
	denied = any ? 0 : ipc_may(k->c, k->kind, id, 0444);
	if (denied < 0)
		return denied;
	show(k, id, &d.head.perm);
	return tr_write(k->c, k->c->arg[k->address], &d, k->size) < 0 ? -EFAULT : r;
}

static long set(const struct control *k)
{
	const struct instance *in = k->c->ns.in;
	struct ipc_owner o = {.cuid = k->c->creds->euid, .cgid = k->c->creds->egid};
	union description d;
	long r = tr_read(k->c, &d, k->c->arg[k->address], k->size);

	if (r == 0)
		r = ipc_may_own(k->c, k->kind, k->id, CAP_SYS_ADMIN);
	if (r < 0)
		return r;
	(void)ipc_find(&in->ipc, k->kind, (uint32_t)k->id, &o);
	o.uid = d.head.perm.uid;
	o.gid = d.head.perm.gid;
	o.mode = d.head.perm.mode & 0777;
	if (o.uid == (uint32_t)-1 || o.gid == (uint32_t)-1)
		return -EINVAL;
	d.head.perm.uid = in->host_uid;
	d.head.perm.gid = in->host_gid;
	d.head.perm.mode |= IPC_HOST_MODE;
	r = ask(k, &d);
	if (r >= 0)
		ipc_keep(k->c, k->kind, (uint32_t)k->id, &o);
	return r;
}

static long take_away(const struct control *k)
{
	long r = ipc_may_own(k->c, k->kind, k->id, CAP_SYS_ADMIN);

	if (r == 0)
		r = host_call(k->c->nr, k->c->arg[0], k->c->arg[1], k->c->arg[2], 0);
	if (r < 0)
		return r;
	/* Memory stays until nobody uses it, and its owner with it. */
	if (k->kind != IPC_KIND_SHM)
		ipc_remove(&k->c->ns.in->ipc, k->kind, (uint32_t)k->id);
	return r;
}

static long with_right(const struct control *k, mode_t mode)
{
	int r = ipc_may(k->c, k->kind, k->id, mode);

	return r < 0 ? r : tr_native(k->c);
}

long sys_msgctl(struct tr_call *c, const struct msgctl_args *a)
{
	const struct control k = {c, IPC_KIND_MSG, a->msqid, 2, sizeof(struct msqid_ds)};

	switch (a->op) {
	case IPC_STAT:
		return tell(&k, false, false);
	case MSG_STAT:
	case MSG_STAT_ANY:
		return tell(&k, true, a->op == MSG_STAT_ANY);
	case IPC_SET:
		return set(&k);
	case IPC_RMID:
		return take_away(&k);
	default:
		return tr_native(c);
	}
}

long sys_semctl(struct tr_call *c, const struct semctl_args *a)
{
	const struct control k = {c, IPC_KIND_SEM, a->semid, 3, sizeof(struct semid_ds)};

	switch (a->op) {
	case IPC_STAT:
		return tell(&k, false, false);
	case SEM_STAT:
	case SEM_STAT_ANY:
		return tell(&k, true, a->op == SEM_STAT_ANY);
	case IPC_SET:
		return set(&k);
	case IPC_RMID:
		return take_away(&k);
	case GETVAL:
	case GETPID:
	case GETNCNT:
	case GETZCNT:
	case GETALL:
		return with_right(&k, 0444);
	case SETVAL:
	case SETALL:
		return with_right(&k, 0222);
	default:
		return tr_native(c);
	}
}

long sys_shmctl(struct tr_call *c, const struct shmctl_args *a)
{
	const struct control k = {c, IPC_KIND_SHM, a->shmid, 2, sizeof(struct shmid_ds)};
	int r;

	switch (a->op) {
	case IPC_STAT:
		return tell(&k, false, false);
	case SHM_STAT:
	case SHM_STAT_ANY:
		return tell(&k, true, a->op == SHM_STAT_ANY);
	case IPC_SET:
		return set(&k);
	case IPC_RMID:
		return take_away(&k);
	case SHM_LOCK:
	case SHM_UNLOCK:
		r = ipc_may_own(c, IPC_KIND_SHM, a->shmid, CAP_IPC_LOCK);
		return r < 0 ? r : tr_native(c);
	default:
		return tr_native(c);
	}
}
