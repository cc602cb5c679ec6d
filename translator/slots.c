/*
 * The pool of stacks that calls and signals use while they are in the resident.
 *
 * Chunk 0 is built in, the others are mapped as they are needed and stay. A set bit is a free slot. Taking and giving
 * back are single locked instructions in entry.S; here is what happens seldom.
 */
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/layout.h"
#include "translator/frame.h"

_Static_assert(RESIDENT_STACKS == RESIDENT_STACKS_ADDRESS, "layout.h and entry.S");
_Static_assert(TR_MASK_ALL == TR_MASK_ALL_VALUE, "frame.h and entry.S");
_Static_assert(offsetof(struct tr_frame, mask) == FRAME_MASK, "entry.S");
_Static_assert(offsetof(struct tr_frame, deferred) == FRAME_DEFERRED, "entry.S");
_Static_assert(offsetof(struct tr_frame, index) == FRAME_INDEX, "entry.S");
_Static_assert(sizeof(struct tr_frame) <= SLOT_FRAME_SIZE, "the frame does not fit");
_Static_assert(SLOT_SIZE == 1 << 18, "tr_slot_frame_fast shifts by 18");

char tr_slots_built_in[SLOTS_BUILT_IN * SLOT_SIZE] __attribute__((aligned(4096)));
uint64_t tr_slot_free[SLOT_CHUNKS] = {(1ull << SLOTS_BUILT_IN) - 1};
/* How many chunks are there; the next one to map. */
static _Atomic uint32_t chunks = 1;

struct tr_frame *tr_slot_frame(uint32_t index)
{
	char *base = index < 64 ? tr_slots_built_in : (char *)(uintptr_t)RESIDENT_STACKS;
	uint32_t n = index < 64 ? index : index - 64;

	return (struct tr_frame *)(void *)(base + (uint64_t)(n + 1) * SLOT_SIZE - SLOT_FRAME_SIZE);
}

struct tr_frame *tr_frame_of_stack(uint64_t sp)
{
	uint64_t built_in = (uint64_t)(uintptr_t)tr_slots_built_in;

	if (sp >= built_in && sp < built_in + sizeof(tr_slots_built_in))
		return tr_slot_frame((uint32_t)((sp - built_in) / SLOT_SIZE));
	if (sp >= RESIDENT_STACKS && sp < INSTANCE_BASE)
		return tr_slot_frame((uint32_t)((sp - RESIDENT_STACKS) / SLOT_SIZE + SLOTS_PER_CHUNK));
	return NULL;
}

void tr_slots_grow(void)
{
	uint32_t n = atomic_fetch_add(&chunks, 1);
	uint64_t size = (uint64_t)SLOTS_PER_CHUNK * SLOT_SIZE;
	long r;

	if (n >= SLOT_CHUNKS) {
		/* Thousands of threads wait in calls: one of them has to come back first. */
		atomic_store(&chunks, SLOT_CHUNKS);
		(void)host_call(SYS_sched_yield);
		return;
	}
	r = host_mmap(RESIDENT_STACKS + (n - 1) * size, size, PROT_READ | PROT_WRITE,
		      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
	if (host_is_error(r)) {
		(void)host_call(SYS_sched_yield);
		return;
	}
	__atomic_store_n(&tr_slot_free[n], ~0ull, __ATOMIC_RELEASE);
}

void tr_slots_reset(uint32_t keep)
{
	uint32_t n = atomic_load(&chunks);

	for (uint32_t i = 0; i < n && i < SLOT_CHUNKS; i++)
		tr_slot_free[i] = i == 0 ? (1ull << SLOTS_BUILT_IN) - 1 : ~0ull;
	tr_slot_free[keep / 64] &= ~(1ull << keep % 64);
}

void tr_slots_reclaim(pid_t owner)
{
	uint32_t n = atomic_load(&chunks);

	for (uint32_t i = 0; i < n && i < SLOT_CHUNKS; i++) {
		uint32_t in_chunk = i == 0 ? SLOTS_BUILT_IN : SLOTS_PER_CHUNK;

		for (uint32_t k = 0; k < in_chunk; k++) {
			uint64_t bit = 1ull << k;
			struct tr_frame *f = tr_slot_frame(i * 64 + k);

			if ((__atomic_load_n(&tr_slot_free[i], __ATOMIC_ACQUIRE) & bit) != 0 || f->owner != owner)
				continue;
			f->owner = 0;
			__atomic_fetch_or(&tr_slot_free[i], bit, __ATOMIC_RELEASE);
		}
	}
}
