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
#include "translator/state.h"

_Static_assert(RESIDENT_STACKS == RESIDENT_STACKS_ADDRESS, "layout.h and entry.S");
_Static_assert(TR_MASK_ALL == TR_MASK_ALL_VALUE, "frame.h and entry.S");
_Static_assert(offsetof(struct tr_frame, mask) == FRAME_MASK, "entry.S");
_Static_assert(offsetof(struct tr_frame, deferred) == FRAME_DEFERRED, "entry.S");
_Static_assert(offsetof(struct tr_frame, index) == FRAME_INDEX, "entry.S");
_Static_assert(offsetof(struct tr_frame, owner) == FRAME_OWNER, "entry.S");
_Static_assert(offsetof(struct tr_frame, signal) == FRAME_SIGNAL, "entry.S");
_Static_assert(offsetof(struct tr_frame, context) == FRAME_CONTEXT, "entry.S");
_Static_assert(offsetof(struct tr_frame, info) == FRAME_INFO, "entry.S");
_Static_assert(offsetof(struct tr_frame, busy) == FRAME_BUSY, "patched.S");
_Static_assert(offsetof(struct tr_frame, masked) == FRAME_MASKED, "patched.S");
_Static_assert(offsetof(struct tr_frame, patched) == FRAME_PATCHED, "patched.S");
_Static_assert(offsetof(ucontext_t, uc_mcontext.gregs) == 40 && REG_R8 == 0 && REG_EFL == 17, "patched.S");
_Static_assert(sizeof(struct tr_frame) <= SLOT_FRAME_SIZE, "the frame does not fit");
_Static_assert(SLOT_SIZE == 1 << 18, "tr_slot_frame_fast shifts by 18");

char tr_slots_built_in[SLOTS_BUILT_IN * SLOT_SIZE] __attribute__((aligned(4096))) IN(stacks);
/* Those of chunk 0 that are in the pool. The others are the patched gate's. */
#define SLOTS_POOL (((1ull << SLOTS_BUILT_IN) - 1) & ~(((1ull << SLOTS_PATCHED) - 1) << SLOT_PATCHED))
uint64_t tr_slot_free[SLOT_CHUNKS] = {SLOTS_POOL};
/* The chunks whose memory is there, a bit each. Who has set `growing` maps the next one. */
static _Atomic uint64_t mapped = 1;
static _Atomic uint32_t growing;
_Static_assert(SLOT_CHUNKS <= 64, "a bit for each chunk");

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
	if (sp >= RESIDENT_STACKS && sp < RESIDENT_STACKS_END)
		return tr_slot_frame((uint32_t)((sp - RESIDENT_STACKS) / SLOT_SIZE + SLOTS_PER_CHUNK));
	return NULL;
}

static bool map_chunk(unsigned n)
{
	uint64_t size = (uint64_t)SLOTS_PER_CHUNK * SLOT_SIZE;
	long r = host_mmap(RESIDENT_STACKS + (n - 1) * size, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0);

	if (host_is_error(r))
		return false;
	__atomic_store_n(&tr_slot_free[n], ~0ull, __ATOMIC_RELEASE);
	atomic_fetch_or(&mapped, 1ull << n);
	return true;
}

void tr_slots_grow(void)
{
	/* In a new child it may be a thread of the parent that was growing here. */
	if (atomic_exchange(&growing, 1) == 0 || tr_process_forked()) {
		uint64_t missing = ~atomic_load(&mapped);
		bool grown = missing != 0 && map_chunk((unsigned)__builtin_ctzll(missing));

		atomic_store(&growing, 0);
		if (grown)
			return;
	}
	/* Thousands of threads wait in calls, or there is no memory: one of them has to come back first. */
	(void)host_call(SYS_sched_yield);
}

static uint64_t all_of_chunk(unsigned n)
{
	return n == 0 ? SLOTS_POOL : ~0ull;
}

static uint64_t taken_of_chunk(unsigned n)
{
	return ~__atomic_load_n(&tr_slot_free[n], __ATOMIC_ACQUIRE) & all_of_chunk(n);
}

static void give_back(unsigned chunk, unsigned bit)
{
	tr_slot_frame(chunk * 64 + bit)->owner = 0;
	__atomic_fetch_or(&tr_slot_free[chunk], 1ull << bit, __ATOMIC_RELEASE);
}

/* Those of the patched gate's from here on were never used: nobody has to touch their memory. */
static _Atomic uint32_t patched_end;

void tr_slots_note_patched(uint32_t index)
{
	if (index >= atomic_load_explicit(&patched_end, memory_order_relaxed))
		atomic_store_explicit(&patched_end, index + 1, memory_order_relaxed);
}

/* What other threads of the parent were doing in the patched gate. One that has just taken its slot may be missed: it is lost. */
static void reset_patched(uint32_t keep)
{
	uint32_t end = atomic_load_explicit(&patched_end, memory_order_relaxed);

	for (uint32_t i = SLOT_PATCHED; i < end; i++) {
		struct tr_frame *f = tr_slot_frame(i);

		if (i == keep || f->busy == 0)
			continue;
		f->deferred = 0;
		f->masked = 0;
		__atomic_store_n(&f->busy, 0, __ATOMIC_RELEASE);
	}
}

void tr_slots_reset(uint32_t keep)
{
	uint64_t there = atomic_load(&mapped);

	atomic_store(&growing, 0);
	reset_patched(keep);
	for (unsigned i = 0; i < SLOT_CHUNKS; i++) {
		if ((there >> i & 1) == 0)
			tr_slot_free[i] = 0;
		else
			for (uint64_t taken = taken_of_chunk(i); taken != 0; taken &= taken - 1)
				if (i * 64 + (unsigned)__builtin_ctzll(taken) != keep)
					give_back(i, (unsigned)__builtin_ctzll(taken));
	}
}

void tr_slots_reclaim(pid_t owner)
{
	uint64_t there = atomic_load(&mapped);

	/* Of what other threads take meanwhile the owner is 0, or not this one. */
	for (unsigned i = 0; i < SLOT_CHUNKS; i++)
		for (uint64_t taken = (there >> i & 1) != 0 ? taken_of_chunk(i) : 0; taken != 0; taken &= taken - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(taken);

			if (tr_slot_frame(i * 64 + bit)->owner == owner)
				give_back(i, bit);
		}
}
