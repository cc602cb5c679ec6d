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

static void note_names(struct instance *in)
{
	uint64_t names = 0;

	for (uint32_t i = 0; i < in->mount_count; i++) {
		const char *p = in->mounts[i].point;

		while (*p != '\0') {
			size_t n = 0;

			while (*p == '/')
				p++;
			while (p[n] != '\0' && p[n] != '/')
				n++;
			if (n > 0)
				names |= instance_name_bit(p, n);
			p += n;
		}
	}
	in->mount_names = names;
}

static void begin_change(struct instance *in)
{
	atomic_fetch_add(&in->mounts_generation, 1);
}

static void end_change(struct instance *in)
{
	note_names(in);
	atomic_fetch_add(&in->mounts_generation, 1);
	atomic_fetch_add(&in->generation, 1);
}

/* An id above those of all mounts that are there. */
static uint32_t next_id(const struct instance *in)
{
	uint32_t id = 20;

	for (uint32_t i = 0; i < in->mount_count; i++)
		if (in->mounts[i].id >= id)
			id = in->mounts[i].id + 1;
	return id;
}

int instance_add_mount(struct instance *in, const struct mount_entry *entry)
{
	uint32_t id = next_id(in);

	if (in->mount_count == INSTANCE_MOUNTS)
		return -ENOSPC;
	begin_change(in);
	in->mounts[in->mount_count] = *entry;
	in->mounts[in->mount_count].id = id;
	in->mount_count++;
	end_change(in);
	return 0;
}

int instance_remove_mount(struct instance *in, const char *point)
{
	for (uint32_t i = in->mount_count; i-- > 0;) {
		if (!str_eq(in->mounts[i].point, point))
			continue;
		begin_change(in);
		memmove(&in->mounts[i], &in->mounts[i + 1], (in->mount_count - i - 1) * sizeof(in->mounts[0]));
		in->mount_count--;
		end_change(in);
		return 0;
	}
	return -EINVAL;
}
