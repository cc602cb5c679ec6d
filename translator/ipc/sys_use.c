/* msgsnd(2), msgrcv(2), semop(2), semtimedop(2), shmat(2): the host does them for who may. */
#include <errno.h>
#include <linux/capability.h>
#include <sys/sem.h>
#include <sys/shm.h>

#include "translator/args.h"
#include "translator/ipc/ipc.h"

/* What is read of sops at a time, and the kernel's limit of a call (SEMOPM may be more: E2BIG is the host's to say). */
#define BATCH   32u
#define OPS_MAX 32000u

static long use(struct tr_call *c, enum ipc_kind kind, int id, mode_t mode)
{
	int r = ipc_may(c, kind, id, mode);

	return r < 0 ? r : tr_native(c);
}

long sys_msgsnd(struct tr_call *c, const struct msgsnd_args *a)
{
	return use(c, IPC_KIND_MSG, a->msqid, 0222);
}

long sys_msgrcv(struct tr_call *c, const struct msgrcv_args *a)
{
	return use(c, IPC_KIND_MSG, a->msqid, 0444);
}

/* Waiting for zero only reads. 0222 or 0444, or -EFAULT. */
static int mode_of(struct tr_call *c, uint64_t sops, uint64_t count)
{
	struct sembuf ops[BATCH];

	for (uint64_t at = 0; at < count && at < OPS_MAX; at += BATCH) {
		uint64_t n = count - at < BATCH ? count - at : BATCH;
		int r = tr_read(c, ops, sops + at * sizeof(*ops), n * sizeof(*ops));

		if (r < 0)
			return r;
		for (uint64_t i = 0; i < n; i++)
			if (ops[i].sem_op != 0)
				return 0222;
	}
	return 0444;
}

static long operate(struct tr_call *c, int id, uint64_t sops, uint64_t count)
{
	int mode;

	if (creds_capable(c->creds, CAP_IPC_OWNER))
		return tr_native(c);
	mode = mode_of(c, sops, count);
	/* The host knows which error comes first. */
	return mode < 0 ? tr_native(c) : use(c, IPC_KIND_SEM, id, (mode_t)mode);
}

long sys_semop(struct tr_call *c, const struct semop_args *a)
{
	return operate(c, a->semid, a->sops, a->nsops);
}

long sys_semtimedop(struct tr_call *c, const struct semtimedop_args *a)
{
	return operate(c, a->semid, a->sops, a->nsops);
}

long sys_shmat(struct tr_call *c, const struct shmat_args *a)
{
	mode_t mode = (a->shmflg & SHM_RDONLY) != 0 ? 0444 : 0666;

	if ((a->shmflg & SHM_EXEC) != 0)
		mode |= 0111;
	return use(c, IPC_KIND_SHM, a->shmid, mode);
}
