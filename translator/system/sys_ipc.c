/*
 * The owners of System V queues, semaphores and shared memory: msgctl(2), semctl(2), shmctl(2). All else about them is the
 * host's. An object cannot carry a guest's ids, so what the host's caller owns belongs to whoever asks, as files do
 * whose owner nobody keeps.
 */
#include <errno.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "base/host.h"
#include "translator/args.h"

/* Where each of the kernel's structs msqid64_ds, semid64_ds and shmid64_ds has its ids, and how large they are. */
struct ids {
	uint32_t uid, gid, cuid, cgid;
};
#define IDS_AT     4u
#define STRUCT_MAX sizeof(struct msqid_ds)

_Static_assert(offsetof(struct msqid_ds, msg_perm.uid) == IDS_AT &&
		       offsetof(struct msqid_ds, msg_perm.cgid) == IDS_AT + 12,
	       "queues");
_Static_assert(offsetof(struct semid_ds, sem_perm.uid) == IDS_AT, "semaphores");
_Static_assert(offsetof(struct shmid_ds, shm_perm.uid) == IDS_AT, "memory");
_Static_assert(STRUCT_MAX >= sizeof(struct semid_ds) && STRUCT_MAX >= sizeof(struct shmid_ds), "the largest");

static void show(uint32_t *id, uint32_t host, uint32_t guest)
{
	if (*id == host)
		*id = guest;
}

static long show_owner(struct tr_call *c, uint64_t buf)
{
	const struct instance *in = c->ns.in;
	struct ids ids;
	int r = tr_read(c, &ids, buf + IDS_AT, sizeof(ids));

	if (r < 0)
		return r;
	show(&ids.uid, in->host_uid, c->creds->euid);
	show(&ids.cuid, in->host_uid, c->creds->euid);
	show(&ids.gid, in->host_gid, c->creds->egid);
	show(&ids.cgid, in->host_gid, c->creds->egid);
	return tr_write(c, buf + IDS_AT, &ids, sizeof(ids));
}

/* buf: which argument it is; size: the struct's. */
static long control(struct tr_call *c, int op, unsigned buf, size_t size)
{
	union {
		char bytes[STRUCT_MAX];
		struct {
			uint32_t key;
			struct ids ids;
		} perm;
	} set;
	uint64_t address = c->arg[buf], arg[4] = {c->arg[0], c->arg[1], c->arg[2], c->arg[3]};
	long r;

	if (op != IPC_SET) {
		r = host_call(c->nr, arg[0], arg[1], arg[2], arg[3]);
		if (r >= 0) {
			long shown = show_owner(c, address);

			r = shown < 0 ? shown : r;
		}
		return r;
	}
	r = tr_read(c, set.bytes, address, size);
	if (r < 0)
		return r;
	/* Another owner would be a user of the host's. */
	if (set.perm.ids.uid == (uint32_t)-1 || set.perm.ids.gid == (uint32_t)-1)
		return -EINVAL;
	set.perm.ids.uid = c->ns.in->host_uid;
	set.perm.ids.gid = c->ns.in->host_gid;
	arg[buf] = (uintptr_t)&set;
	return host_call(c->nr, arg[0], arg[1], arg[2], arg[3]);
}

long sys_msgctl(struct tr_call *c, const struct msgctl_args *a)
{
	return control(c, a->op, 2, sizeof(struct msqid_ds));
}

long sys_semctl(struct tr_call *c, const struct semctl_args *a)
{
	return control(c, a->op, 3, sizeof(struct semid_ds));
}

long sys_shmctl(struct tr_call *c, const struct shmctl_args *a)
{
	return control(c, a->op, 2, sizeof(struct shmid_ds));
}
