#include "base/instance.h"

#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"

/* How far from its place a slot may stand. */
#define PROBES 64

static struct process_slot *place(struct instance *in, pid_t pid, unsigned i)
{
	return &in->slots[((uint32_t)pid + i) & (INSTANCE_SLOTS - 1)];
}

struct process_slot *instance_find_slot(struct instance *in, pid_t pid)
{
	for (unsigned i = 0; i < PROBES; i++) {
		struct process_slot *s = place(in, pid, i);

		if (atomic_load_explicit(&s->pid, memory_order_acquire) == (uint32_t)pid)
			return s;
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
		s = place(in, pid, i);
		uint32_t owner = atomic_load_explicit(&s->pid, memory_order_acquire);

		if (gone(owner) && atomic_compare_exchange_strong(&s->pid, &owner, (uint32_t)pid))
			return s;
	}
	return NULL;
}
