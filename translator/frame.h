/*
 * What a call or a signal has while it is in the resident: a private stack and, on top of it, its bookkeeping.
 *
 * A slot is taken by the entry code with one locked instruction and given back by the exit code; in between it belongs to
 * one thread. Nothing in it survives the call. entry.S knows the offsets (checked in slots.c).
 */
#ifndef LX_TRANSLATOR_FRAME_H
#define LX_TRANSLATOR_FRAME_H

/* Offsets into struct tr_frame for entry.S. */
#define FRAME_MASK      0
#define FRAME_DEFERRED  8
#define FRAME_INDEX     12
#define FRAME_OWNER     16
#define FRAME_SIGNAL    20
#define FRAME_CONTEXT   24
#define FRAME_INFO      32
#define FRAME_BUSY      40
#define FRAME_MASKED    48
#define FRAME_PATCHED   56

#define SLOT_SIZE       0x40000 /* power of two; a slot's address is a multiple of it */
#define SLOT_FRAME_SIZE 0x5000
#define SLOTS_BUILT_IN  24
#define SLOTS_PATCHED   8 /* of these, for the patched gate alone; a block of code for each */
/* The first of them: number 0, which most processes need, lies beside it, so that they share a page table. */
#define SLOT_PATCHED    1
#define PATCHED_STEP    32
#define SLOTS_PER_CHUNK 64
#define SLOT_CHUNKS     64

/* For entry.S: base/layout.h's RESIDENT_STACKS and TR_MASK_ALL without a C suffix. */
#define RESIDENT_STACKS_ADDRESS 0x550800000000
#define TR_MASK_ALL_VALUE       0xfffffffffffffbbf

#ifndef __ASSEMBLER__

#include <signal.h>
#include <stdint.h>
#include <ucontext.h>

#include "translator/translator.h"

struct tr_frame {
	uint64_t mask;    /* to be in force when the guest goes on; also scratch for the entry code */
	int32_t deferred; /* a signal that arrived in here and has to be delivered to the guest; 0: none */
	uint32_t index;   /* which slot this is */
	pid_t owner;      /* who took it, as far as known: 0 unless a child shares the memory, and while it is free */
	int32_t signal; /* these three: the signal that is handled, and its frame on the guest's stack, as the kernel */
	ucontext_t *
		context; /* made them; the guest's registers are in the context. What the guest's handler, if one is to */
	siginfo_t *info; /* be entered, gets. */
	/*
	 * The patched gate (patched.S). There is no signal frame: the guest's registers are in `patched`, which is what context
	 * points to. masked: everything is masked, and the guest's mask is in the context; 0: the guest's is in force.
	 */
	uint64_t busy;
	uint32_t masked;
	ucontext_t patched;
	siginfo_t deferred_info;
	uint64_t deferred_base; /* the mask that was in force when the deferred signal arrived */
	struct tr_call call;
	char scratch[TR_SCRATCH_SIZE];
};

/* A call that returns this is made again at the guest's site, after the signal that aborted it. Never seen outside. */
#define TR_RESTART (-512l)

/* All signals but those that tell of a fault in the resident itself. */
#define TR_MASK_ALL        (~((1ull << (SIGSEGV - 1)) | (1ull << (SIGBUS - 1))))
#define TR_SIGNAL_BIT(sig) (1ull << ((sig)-1))

/* The kernel's sigset is the first 8 bytes of glibc's. */
static inline uint64_t *tr_context_mask(ucontext_t *uc)
{
	return (uint64_t *)(void *)&uc->uc_sigmask;
}

/* Addresses of these are taken: hidden, so that no offset table stands between. */
#pragma GCC visibility push(hidden)

/* --- entry.S ---------------------------------------------------------------------------------------------------- */

/* The handler of every signal, as the kernel calls it; never called from C. */
void tr_signal_entry(int sig, siginfo_t *info, void *context);

/*
 * The call nr with mask in force while it waits; all signals masked again afterwards. TR_RESTART when a signal came
 * before the kernel had begun or when the kernel wants the call made again; f->deferred then names the signal. mask is NULL
 * where it is in force already (the patched gate).
 */
long tr_interruptible(long nr, const uint64_t arg[6], const uint64_t *mask, struct tr_frame *f);
extern const char tr_interruptible_begin[], tr_interruptible_syscall[], tr_interruptible_abort[];

/* 0, or -EFAULT if a byte of either side is not accessible. */
int tr_copy(void *to, const void *from, size_t n);
/* The string's length, size if there is no NUL in size bytes, or -EFAULT. */
long tr_copy_string(char *to, const char *from, size_t size);
/* The processor's counter of nanoseconds or the like; negative where the guest may not read it. */
uint64_t tr_ticks(void);
extern const char tr_copy_begin[], tr_copy_end[], tr_copy_fault[];

/* Leaves for the guest frame at sp through rt_sigreturn, giving the slot of f back. */
NORETURN void tr_leave_to_frame(uint64_t sp, struct tr_frame *f);

/* The window behind the unmasking at the end of tr_signal_entry, see there. */
extern const char tr_tail_begin[], tr_tail_released[], tr_tail_end[];

/*
 * clone(2) with CLONE_VM for a child that goes on as the guest: the child writes its pid to *ret_pid and leaves through
 * the signal frame whose ucontext is child_context. The parent gets the result.
 */
long tr_clone_shared(uint64_t flags, uint64_t parent_tid, uint64_t child_tid, uint64_t tls, ucontext_t *child_context,
		     pid_t *ret_pid);

/*
 * A child that shares the memory (flags: CLONE_VM and CLONE_VFORK at least) calls function(argument) on the caller's stack
 * and ends. Its pid, or -errno; it has to be waited for with __WALL.
 */
long tr_clone_errand(uint64_t flags, void (*function)(void *argument), void *argument);

/* --- patched.S -------------------------------------------------------------------------------------------------- */

/* Where trampolines of prepared text jump to; at RESIDENT_GATE. */
extern const char tr_gate[];
/* See patched.S. */
extern const char tr_patched_entry[], tr_patched_scan[], tr_patched_scanned[], tr_patched_taken[], tr_patched_inside[],
	tr_patched_leave[], tr_patched_left[], tr_patched_released[], tr_patched_end[], tr_patched_unmask[],
	tr_patched_unmasked[], tr_patched_unmasked_end[];

#pragma GCC visibility pop

/* --- patched.c -------------------------------------------------------------------------------------------------- */

/* Called by patched.S. */
void tr_on_patched(struct tr_frame *f);
void tr_patched_settle(struct tr_frame *f);

/* The number of the call that a patched call makes where a signal has come meanwhile. The kernel knows none such; it traps. */
#define TR_DELIVER_NR 0x4c59
/* That trap: uc becomes what the guest has to find, f->deferred the signal. False: the guest has called the number. */
MUST_CHECK bool tr_patched_take_kept(ucontext_t *uc, struct tr_frame *f);
void tr_patched_after_fork(void);
/* True for a frame of the patched gate's slots; also before anything is in it. */
bool tr_frame_is_patched(const struct tr_frame *f);
/* Masks everything until the call is over, as a trap does. The guest's mask is then in f->context. */
void tr_patched_mask(struct tr_frame *f);
/*
 * A signal found the pc in the few instructions around a patched call that are neither the guest's nor on a slot's stack, or in a
 * trampoline: makes *uc what it would be a moment later or earlier in the guest.
 */
MUST_CHECK bool tr_patched_finish(ucontext_t *uc);
/* The frame of a patched call that a signal found: by the stack, or where that is the guest's again. NULL: no such call. */
struct tr_frame *tr_patched_frame(const ucontext_t *uc);
/* A signal has found a patched call, f, and is about to be kept in f. */
void tr_patched_arrived(struct tr_frame *f, ucontext_t *uc);

/* --- slots.c ---------------------------------------------------------------------------------------------------- */

extern uint64_t tr_slot_free[SLOT_CHUNKS];
/* Called by the entry code when no slot is free: makes some, or waits for one. */
void tr_slots_grow(void);
/* The frame of slot index. */
struct tr_frame *tr_slot_frame(uint32_t index);
/* The frame of the slot on whose stack sp is, in this or another process; NULL for other addresses. */
struct tr_frame *tr_frame_of_stack(uint64_t sp);
/* A slot of the patched gate's is in use: after a fork it has to be looked at. */
void tr_slots_note_patched(uint32_t index);
/* After fork: all slots but keep are free. */
void tr_slots_reset(uint32_t keep);
/* Frees the slots that a child took in shared memory and left by exec or death. */
void tr_slots_reclaim(pid_t owner);

/* --- called by entry.S --------------------------------------------------------------------------------------------- */

/* The guest's handler to go to with f->mask, or 0 to return from the signal. */
uint64_t tr_on_signal(int sig, siginfo_t *info, ucontext_t *uc, struct tr_frame *f);

#endif
#endif
