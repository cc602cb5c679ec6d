#include "base/instance.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"

/* How far from its place a slot may stand. */
#define PROBES 64

static uint32_t place(pid_t pid, unsigned i)
{
	return ((uint32_t)pid + i) & (INSTANCE_SLOTS - 1);
}

struct process_slot *instance_find_slot(struct instance *in, pid_t pid)
{
	for (unsigned i = 0; i < PROBES; i++) {
		uint32_t at = place(pid, i);

		if (atomic_load_explicit(&in->pids[at], memory_order_acquire) == (uint32_t)pid)
			return &in->slots[at];
	}
	return NULL;
}

static bool gone(uint32_t pid)
{
	return pid == 0 || host_kill((pid_t)pid, 0) == -ESRCH;
}

struct process_slot *instance_claim_slot(struct instance *in, pid_t pid)
{
	struct process_slot *s = instance_find_slot(in, pid);

	if (s != NULL)
		return s;
	for (unsigned i = 0; i < PROBES; i++) {
		uint32_t at = place(pid, i), owner = atomic_load_explicit(&in->pids[at], memory_order_acquire);

		if (!gone(owner) || !atomic_compare_exchange_strong(&in->pids[at], &owner, (uint32_t)pid))
			continue;
		/* The last owner may have been killed while it wrote. */
		if ((atomic_load(&in->slots[at].sequence) & 1) != 0)
			atomic_fetch_add(&in->slots[at].sequence, 1);
		return &in->slots[at];
	}
	return NULL;
}

void instance_note_missed(struct instance *in, uint32_t nr)
{
	const uint64_t bit = 1ull << (nr % 64);

	if (nr < INSTANCE_CALLS && (atomic_load_explicit(&in->missed_calls[nr / 64], memory_order_relaxed) & bit) == 0)
		atomic_fetch_or(&in->missed_calls[nr / 64], bit);
}

void instance_note_unknown(struct instance *in, uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(in->unknown_calls); i++) {
		uint64_t old = 0;

		if (atomic_compare_exchange_strong(&in->unknown_calls[i], &old, INSTANCE_UNKNOWN_CALL | nr) ||
		    old == (INSTANCE_UNKNOWN_CALL | nr))
			return;
	}
}
