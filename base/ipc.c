#include "base/ipc.h"

#include <stdatomic.h>
#include <stddef.h>

/* Keys that are no object's: those have a kind. A search goes on behind what was removed. */
enum {
	FREE = 0,
	REMOVED = 1,
	BEING_FILLED = 2,
};

#define KIND_SHIFT 60
/* After a sweep in vain. */
#define PASSES IPC_OWNERS

static uint64_t key_of(enum ipc_kind kind, uint64_t id)
{
	return (uint64_t)kind << KIND_SHIFT | id;
}

static uint32_t place_of(uint64_t key)
{
	return (uint32_t)(key * 0x9e3779b97f4a7c15ull >> 40) & (IPC_OWNERS - 1);
}

/* Its index, or -1. */
static int search(const struct ipc_table *t, uint64_t key)
{
	for (uint32_t i = 0; i < IPC_OWNERS; i++) {
		uint32_t at = (place_of(key) + i) & (IPC_OWNERS - 1);
		uint64_t k = atomic_load_explicit(&t->entries[at].key, memory_order_acquire);

		if (k == key)
			return (int)at;
		if (k == FREE)
			break;
	}
	return -1;
}

bool ipc_find(const struct ipc_table *t, enum ipc_kind kind, uint64_t id, struct ipc_owner *ret)
{
	int at = search(t, key_of(kind, id));

	if (at < 0)
		return false;
	*ret = t->entries[at].owner;
	return true;
}

bool ipc_set(struct ipc_table *t, enum ipc_kind kind, uint64_t id, const struct ipc_owner *owner)
{
	uint64_t key = key_of(kind, id);
	int at = search(t, key);

	if (at >= 0) {
		t->entries[at].owner = *owner;
		return true;
	}
	for (uint32_t i = 0; i < IPC_OWNERS; i++) {
		uint32_t n = (place_of(key) + i) & (IPC_OWNERS - 1);
		uint64_t k = atomic_load_explicit(&t->entries[n].key, memory_order_relaxed);

		if ((k != FREE && k != REMOVED) ||
		    !atomic_compare_exchange_strong(&t->entries[n].key, &k, BEING_FILLED))
			continue;
		t->entries[n].owner = *owner;
		atomic_store_explicit(&t->entries[n].key, key, memory_order_release);
		return true;
	}
	return false;
}

/* Somebody else may have removed it meanwhile, and a third one taken its place. */
static void remove_at(struct ipc_table *t, uint32_t at, uint64_t key)
{
	atomic_compare_exchange_strong(&t->entries[at].key, &key, REMOVED);
}

void ipc_remove(struct ipc_table *t, enum ipc_kind kind, uint64_t id)
{
	const uint64_t key = key_of(kind, id);
	int at = search(t, key);

	if (at >= 0)
		remove_at(t, (uint32_t)at, key);
}

unsigned ipc_sweep(struct ipc_table *t, bool (*is_gone)(enum ipc_kind kind, uint64_t id))
{
	unsigned removed = 0;

	if (atomic_load_explicit(&t->passes, memory_order_relaxed) > 0) {
		atomic_fetch_sub_explicit(&t->passes, 1, memory_order_relaxed);
		return 0;
	}
	for (uint32_t at = 0; at < IPC_OWNERS; at++) {
		uint64_t key = atomic_load_explicit(&t->entries[at].key, memory_order_acquire);

		if (key <= BEING_FILLED ||
		    !is_gone((enum ipc_kind)(key >> KIND_SHIFT), key & ((1ull << KIND_SHIFT) - 1)))
			continue;
		remove_at(t, at, key);
		removed++;
	}
	if (removed == 0)
		atomic_store_explicit(&t->passes, PASSES, memory_order_relaxed);
	return removed;
}
