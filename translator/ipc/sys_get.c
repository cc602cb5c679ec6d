/* msgget(2), semget(2), shmget(2): an object by its key, made or found. */
#include <errno.h>
#include <sys/ipc.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/ipc/ipc.h"

/* How often one may come and go between two looks. */
#define TRIES 100

/* size: what semget and shmget have between key and flags; msgget has none. */
static long ask(struct tr_call *c, enum ipc_kind kind, int key, uint64_t size, int flags)
{
	return kind == IPC_KIND_MSG ? host_call(c->nr, key, flags) : host_call(c->nr, key, size, flags);
}

static long make(struct tr_call *c, enum ipc_kind kind, int key, uint64_t size, int flags)
{
	long id = ask(c, kind, key, size, flags | IPC_CREAT | IPC_EXCL | IPC_HOST_MODE);

	if (id >= 0)
		ipc_made(c, kind, (uint64_t)id, c->creds->euid, c->creds->egid, (mode_t)flags);
	return id;
}

static long get(struct tr_call *c, enum ipc_kind kind, int key, uint64_t size, int flags)
{
	const bool may_make = (flags & IPC_CREAT) != 0, must_make = may_make && (flags & IPC_EXCL) != 0;

	if (key == IPC_PRIVATE)
		return make(c, kind, key, size, flags);
	for (int i = 0; i < TRIES; i++) {
		long id = must_make ? -ENOENT : ask(c, kind, key, size, flags & ~(0777 | IPC_CREAT | IPC_EXCL));

		if (id >= 0) {
			int r = ipc_may(c, kind, (int)id, (mode_t)flags & 0777);

			return r < 0 ? r : id;
		}
		if (id != -ENOENT || !may_make)
			return id;
		id = make(c, kind, key, size, flags);
		if (id != -EEXIST || must_make)
			return id;
	}
	return -ENOENT;
}

long sys_msgget(struct tr_call *c, const struct msgget_args *a)
{
	return get(c, IPC_KIND_MSG, a->key, 0, (int)a->msgflg);
}

long sys_semget(struct tr_call *c, const struct semget_args *a)
{
	return get(c, IPC_KIND_SEM, a->key, (uint64_t)a->nsems, (int)a->semflg);
}

long sys_shmget(struct tr_call *c, const struct shmget_args *a)
{
	return get(c, IPC_KIND_SHM, a->key, a->size, (int)a->shmflg);
}
