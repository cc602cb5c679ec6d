/*
 * The index. An entry's search begins at its place, the hash of its number, and goes on until a place that was never taken. So
 * what is removed stays as a place that is passed (GONE), unless nothing stands behind it; the next entry whose search comes by
 * takes it.
 *
 * A reader copies an entry between two looks at its sequence. A writer that lost its processor in the middle gets it back; one
 * that was stopped there is not waited for, and the entry counts for none.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/sidecar.h"

enum state { FREE = 0, TAKEN, GONE };

/* How far an entry may stand from its place; how often a reader tries, and when it begins to let others run. */
#define PROBES 4096
#define TRIES  10000
#define SPINS  100

static uint32_t place_of(uint64_t device, uint64_t inode)
{
	uint64_t h = (inode ^ device << 40 ^ device >> 24) * 0x9e3779b97f4a7c15ull;

	return (uint32_t)(h >> 40) & (SIDECAR_INDEX_PLACES - 1);
}

static uint32_t next(uint32_t at)
{
	return (at + 1) & (SIDECAR_INDEX_PLACES - 1);
}

static bool is_begun(const struct sidecar_index *x, uint32_t place)
{
	return (atomic_load_explicit(&x->begun[place / 64], memory_order_relaxed) >> place % 64 & 1) != 0;
}

static enum state state_of(const struct sidecar_index *x, uint32_t at)
{
	return atomic_load_explicit(&x->entries[at].state, memory_order_acquire);
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* The shared memory is plain; what is read while it changes is thrown away. */
#define READ(field) __atomic_load_n(&(field), __ATOMIC_RELAXED)

static bool copy(const struct sidecar_entry *e, struct sidecar_key *key, struct sidecar_owner *o)
{
	for (unsigned i = 0; i < TRIES; i++) {
		uint32_t before = atomic_load_explicit(&e->sequence, memory_order_acquire);

		if (i > SPINS)
			(void)host_call(SYS_sched_yield);
		if ((before & 1) != 0)
			continue;
		*key = (struct sidecar_key){READ(e->key.device), READ(e->key.inode), READ(e->key.birth),
					    READ(e->key.type)};
		*o = (struct sidecar_owner){READ(e->owner.uid), READ(e->owner.gid), READ(e->owner.mode),
					    READ(e->owner.more), READ(e->owner.rdev)};
		atomic_thread_fence(memory_order_acquire);
		if (atomic_load_explicit(&e->sequence, memory_order_relaxed) == before)
			return true;
	}
	return false;
}

bool sidecar_index_find(const struct sidecar_index *x, uint64_t device, uint64_t inode, struct sidecar_key *ret_key,
			struct sidecar_owner *ret)
{
	uint32_t at = place_of(device, inode);
	struct sidecar_owner o;
	struct sidecar_key k;

	if (atomic_load_explicit(&x->count, memory_order_acquire) == 0 || !is_begun(x, at))
		return false;
	for (unsigned i = 0; i < PROBES; i++, at = next(at)) {
		enum state s = state_of(x, at);

		if (s == FREE)
			return false;
		if (s != TAKEN || READ(x->entries[at].key.inode) != inode || !copy(&x->entries[at], &k, &o) ||
		    k.device != device || k.inode != inode || state_of(x, at) != TAKEN)
			continue;
		*ret_key = k;
		*ret = o;
		return true;
	}
	return false;
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

#define WRITE(field, value) __atomic_store_n(&(field), (value), __ATOMIC_RELAXED)

static void change(struct sidecar_entry *e, const struct sidecar_key *k, const struct sidecar_owner *o)
{
	uint32_t sequence = atomic_load_explicit(&e->sequence, memory_order_relaxed);

	atomic_store_explicit(&e->sequence, sequence + 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_release);
	WRITE(e->key.device, k->device);
	WRITE(e->key.inode, k->inode);
	WRITE(e->key.birth, k->birth);
	WRITE(e->key.type, k->type);
	WRITE(e->owner.uid, o->uid);
	WRITE(e->owner.gid, o->gid);
	WRITE(e->owner.mode, o->mode);
	WRITE(e->owner.more, o->more);
	WRITE(e->owner.rdev, o->rdev);
	atomic_store_explicit(&e->sequence, sequence + 2, memory_order_release);
}

/* The entry of a number, or else -1 and in *ret_room the place for one, -1 if there is none. */
static long find(const struct sidecar_index *x, uint64_t device, uint64_t inode, long *ret_room)
{
	uint32_t at = place_of(device, inode);

	*ret_room = -1;
	for (unsigned i = 0; i < PROBES; i++, at = next(at)) {
		const struct sidecar_entry *e = &x->entries[at];
		enum state s = state_of(x, at);

		if (s == TAKEN && e->key.device == device && e->key.inode == inode)
			return at;
		if (s != TAKEN && *ret_room < 0)
			*ret_room = at;
		if (s == FREE)
			break;
	}
	return -1;
}

/* An entry comes (1) or goes (-1). */
static void tally(struct sidecar_index *x, const struct sidecar_key *key, const struct sidecar_owner *o, int change)
{
	if (S_ISLNK(key->type))
		atomic_fetch_add(&x->links, (uint32_t)change);
	if ((o->more & SIDECAR_ATTRIBUTES) != 0)
		atomic_fetch_add(&x->attributes, (uint32_t)change);
}

int sidecar_index_set(struct sidecar_index *x, const struct sidecar_key *key, const struct sidecar_owner *o)
{
	uint32_t place = place_of(key->device, key->inode);
	long room, at = find(x, key->device, key->inode, &room);

	if (at >= 0) {
		tally(x, &x->entries[at].key, &x->entries[at].owner, -1);
		tally(x, key, o, 1);
		change(&x->entries[at], key, o);
		return 0;
	}
	if (room < 0 || atomic_load(&x->count) >= SIDECAR_INDEX_MAX)
		return -ENOSPC;
	tally(x, key, o, 1);
	change(&x->entries[room], key, o);
	atomic_store_explicit(&x->entries[room].state, TAKEN, memory_order_release);
	atomic_fetch_or(&x->begun[place / 64], 1ull << place % 64);
	atomic_fetch_add(&x->count, 1);
	return 0;
}

void sidecar_index_remove(struct sidecar_index *x, uint64_t device, uint64_t inode)
{
	long room, at = find(x, device, inode, &room);
	uint32_t i;

	if (at < 0)
		return;
	tally(x, &x->entries[at].key, &x->entries[at].owner, -1);
	atomic_store_explicit(&x->entries[at].state, GONE, memory_order_release);
	atomic_fetch_sub(&x->count, 1);
	/* No search passes what nothing stands behind. */
	i = (uint32_t)at;
	while (state_of(x, i) == GONE && state_of(x, next(i)) == FREE) {
		atomic_store_explicit(&x->entries[i].state, FREE, memory_order_release);
		i = (i - 1) & (SIDECAR_INDEX_PLACES - 1);
	}
}
