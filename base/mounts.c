/*
 * The mount table, written.
 *
 * A writer can be killed between any two instructions. So an entry that is being copied is a free one until it is
 * complete, the count grows last, and who takes the lock from a dead owner drops what is free or there twice.
 */
#include <errno.h>
#include <stdatomic.h>
#include <time.h>

#include "base/host.h"
#include "base/instance.h"
#include "base/str.h"

#define FIRST_ID 20
/* A change takes microseconds. An owner that is stopped, or whose pid was given to another process, holds the lock no
 * longer than this many milliseconds. */
#define PATIENCE 2000

static void note_names(struct instance *in)
{
	uint64_t names = 0, lasts = 0;

	for (uint32_t i = 0; i < in->mount_count; i++) {
		const char *p = in->mounts[i].point;
		uint64_t last = 0;

		while (*p != '\0') {
			size_t n = 0;

			while (*p == '/')
				p++;
			while (p[n] != '\0' && p[n] != '/')
				n++;
			if (n > 0)
				names |= last = instance_name_bit(p, n);
			p += n;
		}
		lasts |= last;
	}
	in->mount_names = names;
	in->mount_lasts = lasts;
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

static void set_kind(struct mount_entry *e, uint32_t kind)
{
	__atomic_store_n(&e->kind, kind, __ATOMIC_SEQ_CST);
}

static void copy_entry(struct mount_entry *to, const struct mount_entry *from, uint32_t id)
{
	const size_t skip = offsetof(struct mount_entry, flags);

	set_kind(to, MOUNT_NONE);
	memcpy((char *)to + skip, (const char *)from + skip, sizeof(*to) - skip);
	to->id = id;
	set_kind(to, from->kind);
}

static bool has_id(const struct instance *in, uint32_t count, uint32_t id)
{
	for (uint32_t i = 0; i < count; i++)
		if (in->mounts[i].id == id)
			return true;
	return false;
}

/* The last owner died; if it was in the middle of a change, the change ends here. */
static void repair(struct instance *in)
{
	uint32_t n = 0;

	if ((atomic_load(&in->mounts_generation) & 1) == 0)
		return;
	if (in->mount_count > INSTANCE_MOUNTS)
		in->mount_count = INSTANCE_MOUNTS;
	for (uint32_t i = 0; i < in->mount_count; i++) {
		struct mount_entry *e = &in->mounts[i];

		if (e->kind == MOUNT_NONE || has_id(in, n, e->id))
			continue;
		if (n != i)
			copy_entry(&in->mounts[n], e, e->id);
		n++;
	}
	in->mount_count = n;
	end_change(in);
}

void instance_mounts_lock(struct instance *in)
{
	const struct timespec millisecond = {.tv_nsec = 1000000};
	const uint32_t me = (uint32_t)host_getpid();
	int waited = 0;

	for (;;) {
		uint32_t owner = 0;

		if (atomic_compare_exchange_strong(&in->mounts_lock, &owner, me))
			return;
		/* Threads of one process know each other by nothing but their turn. */
		if (host_kill((pid_t)owner, 0) == -ESRCH || waited > PATIENCE) {
			if (atomic_compare_exchange_strong(&in->mounts_lock, &owner, me)) {
				repair(in);
				return;
			}
			continue;
		}
		(void)host_call(SYS_nanosleep, &millisecond, NULL);
		waited++;
	}
}

void instance_mounts_unlock(struct instance *in)
{
	uint32_t me = (uint32_t)host_getpid();

	/* Unless it was taken away. */
	(void)atomic_compare_exchange_strong(&in->mounts_lock, &me, 0);
}

int instance_find_mount(const struct instance *in, uint32_t ns, const char *path)
{
	for (uint32_t i = in->mount_count; i-- > 0;) {
		const char *point = in->mounts[i].point;
		size_t n = strlen(point);

		if (in->mounts[i].kind != MOUNT_NONE && in->mounts[i].ns == ns && strncmp(path, point, n) == 0 &&
		    (path[n] == '\0' || path[n] == '/'))
			return (int)i;
	}
	return -1;
}

/* An id above those of all mounts that are there. */
static uint32_t next_id(const struct instance *in)
{
	uint32_t id = FIRST_ID;

	for (uint32_t i = 0; i < in->mount_count; i++)
		if (in->mounts[i].id >= id)
			id = in->mounts[i].id + 1;
	return id;
}

int instance_insert_mount(struct instance *in, const struct mount_entry *entry)
{
	if (in->mount_count >= INSTANCE_MOUNTS)
		return -ENOSPC;
	begin_change(in);
	copy_entry(&in->mounts[in->mount_count], entry, entry->id != 0 ? entry->id : next_id(in));
	atomic_thread_fence(memory_order_seq_cst);
	in->mount_count++;
	end_change(in);
	return 0;
}

void instance_replace_mount(struct instance *in, int index, const struct mount_entry *entry)
{
	begin_change(in);
	copy_entry(&in->mounts[index], entry, entry->id);
	end_change(in);
}

void instance_delete_mount(struct instance *in, int index)
{
	begin_change(in);
	for (uint32_t i = (uint32_t)index; i + 1 < in->mount_count; i++)
		copy_entry(&in->mounts[i], &in->mounts[i + 1], in->mounts[i + 1].id);
	set_kind(&in->mounts[in->mount_count - 1], MOUNT_NONE);
	in->mount_count--;
	end_change(in);
}

int instance_copy_mount_ns(struct instance *in, uint32_t from, uint32_t *ret)
{
	const uint32_t count = in->mount_count, nodes = MOUNT_BUILT_IN | MOUNT_FILE;
	uint32_t needed = 0, ns;
	struct mount_entry e;

	for (uint32_t i = 0; i < count; i++)
		needed += in->mounts[i].ns == from;
	if (count + needed > INSTANCE_MOUNTS)
		return -ENOSPC;
	ns = ++in->mount_ns_last;
	for (uint32_t i = 0; i < count; i++) {
		if (in->mounts[i].ns != from)
			continue;
		e = in->mounts[i];
		e.ns = ns;
		e.id = 0;
		if ((e.flags & nodes) == nodes)
			e.flags |= MOUNT_PART;
		e.flags &= ~(uint32_t)MOUNT_BUILT_IN;
		/* There is room. */
		if (instance_insert_mount(in, &e) < 0)
			lx_bug();
	}
	*ret = ns;
	return 0;
}

void instance_drop_mount_ns(struct instance *in, uint32_t ns)
{
	for (uint32_t i = in->mount_count; i-- > 0;)
		if (in->mounts[i].ns == ns)
			instance_delete_mount(in, (int)i);
}

int instance_add_mount(struct instance *in, const struct mount_entry *entry)
{
	struct mount_entry e = *entry;
	int r;

	e.id = 0;
	instance_mounts_lock(in);
	r = instance_insert_mount(in, &e);
	instance_mounts_unlock(in);
	return r;
}

int instance_remove_mount(struct instance *in, uint32_t ns, const char *point)
{
	int i, r = -EINVAL;

	instance_mounts_lock(in);
	for (i = (int)in->mount_count - 1; i >= 0 && !(in->mounts[i].ns == ns && str_eq(in->mounts[i].point, point));
	     i--)
		;
	if (i >= 0) {
		instance_delete_mount(in, i);
		r = 0;
	}
	instance_mounts_unlock(in);
	return r;
}
