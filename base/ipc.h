/*
 * Whose System V objects and POSIX message queues are, in the instance's shared memory. To the host all belong to one user.
 *
 * Plain data, no pointers, no lock: an entry is claimed by compare-and-swap of its key, its owner is changed field by field. Who is
 * killed in between loses one entry. The objects are the host's, and others may remove them: what is kept of an object that is gone
 * counts for nobody, because numbers come back only after some 100,000 others, and goes when the table is full.
 */
#ifndef LX_BASE_IPC_H
#define LX_BASE_IPC_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"

#define IPC_OWNERS 2048 /* power of two */

enum ipc_kind {
	IPC_KIND_MSG = 1,
	IPC_KIND_SEM,
	IPC_KIND_SHM,
	IPC_KIND_MQUEUE, /* by inode number */
};

struct ipc_owner {
	uint32_t uid, gid, cuid, cgid;
	uint32_t mode; /* 0777 */
};

struct ipc_table {
	_Atomic int32_t passes; /* how many calls of ipc_sweep() do nothing */
	struct {
		_Atomic uint64_t key; /* enum of ipc.c, or kind and id */
		struct ipc_owner owner;
		uint32_t unused;
	} entries[IPC_OWNERS];
};

/* False: nothing is kept of it. */
bool ipc_find(const struct ipc_table *t, enum ipc_kind kind, uint64_t id, struct ipc_owner *ret);
/* A new object, or another owner of one. False: the table is full, and ipc_sweep() may help. */
bool ipc_set(struct ipc_table *t, enum ipc_kind kind, uint64_t id, const struct ipc_owner *owner);
void ipc_remove(struct ipc_table *t, enum ipc_kind kind, uint64_t id);
/*
 * Forgets objects that are gone: memory goes with its last user, and other programs remove what they like. How many they were. It
 * looks at each object, so after one in vain it does nothing for a while: who makes thousands of them is not to wait for it each time.
 */
unsigned ipc_sweep(struct ipc_table *t, bool (*is_gone)(enum ipc_kind kind, uint64_t id));

#endif
