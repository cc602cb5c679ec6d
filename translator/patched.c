/*
 * The patched gate: a call comes from prepared text by a jump (patched.S), on a slot's stack, and handlers do the same as for
 * one that trapped.
 *
 * What differs from a trap: there is no signal frame, and signals are not masked. The guest's registers are in the frame's own
 * context. A signal that arrives meanwhile is kept in the frame, with everything masked from then on, and is sent to the thread
 * again when the guest's mask is back in force: the kernel then delivers it at the guest's pc. Calls whose handlers would
 * not bear to be interrupted run with everything masked from the beginning; patched.def says which.
 *
 * Whatever is not plain goes to the syscall instruction behind the site and traps: that is right at every moment, until
 * the handler has begun.
 */
#include <errno.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "syscall-tables/names.h"
#include "translator/state.h"

#define SYSCALL_SIZE 2

_Atomic uint64_t tr_patched_closed;
_Atomic uint32_t tr_alternate_stacks;

enum { NOT_PATCHED, PLAIN, MASKED };
static const uint8_t kinds[SYSCALL_NUMBERS] = {
#define PATCHED(name)        [SYSCALL_##name] = PLAIN,
#define PATCHED_MASKED(name) [SYSCALL_##name] = MASKED,
#include "syscall-tables/patched.def"
#undef PATCHED
#undef PATCHED_MASKED
	/* The loader's: where it maps text, rewriter/README.md. */
	[SYSCALL_mmap] = PLAIN,
};

/* --- a call ---------------------------------------------------------------------------------------------------------- */

/* A signal's frame would be put at the top of the alternate stack, over what the guest has there. */
static bool on_alternate_stack(uint64_t sp)
{
	stack_t s;
	uint64_t low;

	if (atomic_load_explicit(&tr_alternate_stacks, memory_order_relaxed) == 0)
		return false;
	if (host_call(SYS_sigaltstack, NULL, &s) < 0)
		return true;
	low = (uint64_t)(uintptr_t)s.ss_sp;
	return ((uint32_t)s.ss_flags & SS_DISABLE) == 0 && sp > low && sp - low <= s.ss_size;
}

static bool must_trap(struct tr_frame *f, uint32_t nr, uint64_t sp)
{
	const struct tr_process *p;

	if (nr >= ARRAY_SIZE(kinds) || kinds[nr] == NOT_PATCHED || tr_process_shared() || tr_instance_has_ended() ||
	    atomic_load_explicit(&tr_patched_closed, memory_order_relaxed) != 0 || on_alternate_stack(sp))
		return true;
	p = tr_process_current(f);
	return p->seccomp_mode != 0 || (p->flags & PROCESS_TRACE_ME) != 0;
}

bool tr_frame_is_patched(const struct tr_frame *f)
{
	return f >= tr_slot_frame(SLOT_PATCHED) && f < tr_slot_frame(SLOT_PATCHED + SLOTS_PATCHED);
}

void tr_patched_mask(struct tr_frame *f)
{
	static const uint64_t all = TR_MASK_ALL;
	uint64_t old;

	if (f->masked != 0)
		return;
	if (host_call(SYS_rt_sigprocmask, SIG_BLOCK, &all, &old, sizeof(all)) < 0)
		lx_bug();
	/* A signal that came first has noted what was in force, and masked everything. */
	if (f->masked == 0 || (old & TR_MASK_ALL) != TR_MASK_ALL) {
		*tr_context_mask(f->context) = old;
		f->deferred_base = old;
	}
	f->masked = 1;
	/* As for a trap (trap.c): a bad address is -EFAULT also for who blocks the signal. */
	if ((*tr_context_mask(f->context) & ~TR_MASK_ALL) != 0)
		(void)host_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
}

void tr_on_patched(struct tr_frame *f)
{
	greg_t *r = f->patched.uc_mcontext.gregs;
	uint32_t nr = (uint32_t)r[REG_RAX];
	long result;

	f->context = &f->patched;
	f->index = (uint32_t)(((uintptr_t)f - (uintptr_t)tr_slot_frame(0)) / SLOT_SIZE);
	tr_slots_note_patched(f->index);
	if (must_trap(f, nr, (uint64_t)r[REG_RSP])) {
		r[REG_RIP] -= SYSCALL_SIZE;
		return;
	}
	tr_call_fill(&f->call, nr, r, f);
	if (kinds[nr] == MASKED || tr_faults_are_blocked())
		tr_patched_mask(f);
	tr_call_begin(&f->call, f);
	if ((f->call.process->flags & PROCESS_TRACE) != 0)
		tr_patched_mask(f);
	result = tr_dispatch(&f->call);
	if (f->call.verdict == TR_NATIVE)
		result = tr_blocking_call(&f->call, f->call.nr, f->call.arg);
	if (result == TR_RESTART) {
		/* There is a signal to be handled first. */
		r[REG_RIP] -= SYSCALL_SIZE;
		r[REG_RAX] = (greg_t)nr;
	} else {
		r[REG_RAX] = result;
	}
	/* One that interrupted the call was this thread's. */
	if (f->deferred != 0 && result != -EINTR && tr_signal_hand_back(f->deferred, &f->deferred_info))
		f->deferred = 0;
}

/* --- a signal that came meanwhile ------------------------------------------------------------------------------------ */

/*
 * It is the next thing that the guest sees, before others of its number that came later, so it cannot be sent again. The guest's
 * syscall instruction is executed with a number that no kernel knows: that traps, and the trap's frame becomes the signal's
 * (deliver.c). What the guest has to find then is kept here for that moment, by thread.
 */
#define KEPT 64
static struct kept {
	_Atomic pid_t tid;
	greg_t result, ip;
	int32_t signal;
	siginfo_t info;
	uint64_t mask, base;
} kept[KEPT] COLD;
static _Atomic uint32_t kept_used;

void tr_patched_after_fork(void)
{
	if (atomic_load(&kept_used) == 0)
		return;
	for (unsigned i = 0; i < KEPT; i++)
		atomic_store(&kept[i].tid, 0);
	atomic_store(&kept_used, 0);
}

static bool keep(struct tr_frame *f)
{
	greg_t *r = f->patched.uc_mcontext.gregs;
	pid_t tid = host_gettid();

	atomic_fetch_add(&kept_used, 1);
	for (unsigned i = 0; i < KEPT; i++) {
		struct kept *k = &kept[i];
		pid_t none = 0;

		if (!atomic_compare_exchange_strong(&k->tid, &none, tid))
			continue;
		k->result = r[REG_RAX];
		k->ip = r[REG_RIP];
		k->signal = f->deferred;
		k->info = f->deferred_info;
		k->mask = *tr_context_mask(f->context);
		k->base = f->deferred_base;
		r[REG_RAX] = TR_DELIVER_NR;
		r[REG_RIP] = (greg_t)(f->call.ip - SYSCALL_SIZE);
		*tr_context_mask(f->context) = ~0ull;
		return true;
	}
	atomic_fetch_sub(&kept_used, 1);
	return false;
}

bool tr_patched_take_kept(ucontext_t *uc, struct tr_frame *f)
{
	greg_t *r = uc->uc_mcontext.gregs;
	pid_t tid = host_gettid();

	for (unsigned i = 0; i < KEPT; i++) {
		struct kept *k = &kept[i];

		if (atomic_load(&k->tid) != tid)
			continue;
		r[REG_RAX] = k->result;
		r[REG_RIP] = k->ip;
		*tr_context_mask(uc) = k->mask;
		f->deferred = k->signal;
		f->deferred_info = k->info;
		f->deferred_base = k->base;
		atomic_store(&k->tid, 0);
		atomic_fetch_sub(&kept_used, 1);
		return true;
	}
	return false;
}

/* What is left to do before the guest's mask is in force again: afterwards a signal finds the guest. */
void tr_patched_settle(struct tr_frame *f)
{
	if (f->deferred != 0 && (f->patched.uc_mcontext.gregs[REG_RAX] == TR_DELIVER_NR || !keep(f)))
		(void)host_call(SYS_rt_tgsigqueueinfo, host_getpid(), host_gettid(), f->deferred, &f->deferred_info);
	f->deferred = 0;
	f->mask = *tr_context_mask(f->context) & ~TR_SIGNAL_BIT(SIGSYS);
}

/* --- signals --------------------------------------------------------------------------------------------------------- */

static bool is_in(uint64_t pc, const char *from, const char *to)
{
	return pc >= (uint64_t)(uintptr_t)from && pc < (uint64_t)(uintptr_t)to;
}

static void release(uint64_t frame)
{
	((struct tr_frame *)(uintptr_t)frame)->masked = 0;
	__atomic_store_n(&((struct tr_frame *)(uintptr_t)frame)->busy, 0, __ATOMIC_RELEASE);
}

/* Back to the syscall instruction in front of `behind`, as if the site had not been changed. */
static void go_back(greg_t *r, uint64_t behind)
{
	r[REG_RIP] = (greg_t)(behind - SYSCALL_SIZE);
}

/*
 * A block of the search for a slot: mov (5 bytes), xchg (7), jrcxz (2), jmp (2), lea (7), jmp. The slot is taken from the lea on,
 * and at the jrcxz if the word was 0.
 */
#define AT_JRCXZ 12
#define AT_LEA   16

static void leave_search(greg_t *r, uint64_t pc)
{
	uint64_t at = pc - (uint64_t)(uintptr_t)tr_patched_scan;
	uint32_t slot = SLOT_PATCHED + (uint32_t)(at / PATCHED_STEP);
	uint64_t inside = at % PATCHED_STEP;

	if (inside >= AT_LEA || (inside == AT_JRCXZ && r[REG_RCX] == 0))
		release((uint64_t)(uintptr_t)tr_slot_frame(slot));
	go_back(r, (uint64_t)r[REG_R11]);
}

/* The guest's registers as they are at the end of the call. */
static void finish(greg_t *r, uint64_t frame)
{
	const struct tr_frame *f = (const struct tr_frame *)(uintptr_t)frame;
	const greg_t *from = f->patched.uc_mcontext.gregs;

	for (int i = 0; i <= REG_RIP; i++)
		if (i != REG_RCX && i != REG_R11)
			r[i] = from[i];
	release(frame);
}

/*
 * A trampoline of prepared text (rewriter/prepare.c): mov $nr,%eax; instructions of the site's; lea behind(%rip),%rcx; movabs
 * $RESIDENT_GATE,%r11; jmp *%r11; a byte that says how long the site's are. The last three are like nothing else.
 */
#define MOV_SIZE    5
#define GAP_MAX     40
#define AT_BEHIND   3
#define AT_MOVABS   7
#define AT_GATE     9
#define AT_JUMP     17
#define AT_GAP      20
#define ENDING_SIZE 21

static bool is_ending(const uint8_t *e)
{
	const uint64_t gate = RESIDENT_GATE;

	return e[0] == 0x48 && e[1] == 0x8d && e[2] == 0x0d && e[AT_MOVABS] == 0x49 && e[AT_MOVABS + 1] == 0xbb &&
	       memcmp(e + AT_GATE, &gate, sizeof(gate)) == 0 && e[AT_JUMP] == 0x41 && e[AT_JUMP + 1] == 0xff &&
	       e[AT_JUMP + 2] == 0xe3;
}

/*
 * In a trampoline? Then back into the text: to the like of the instruction that is next, which stands there at the same distance
 * from the syscall instruction, or to that.
 */
static bool leave_trampoline(greg_t *r, uint64_t pc)
{
	uint8_t code[ENDING_SIZE + MOV_SIZE + GAP_MAX + ENDING_SIZE];
	const uint64_t page = 4095;
	uint64_t from = pc - ENDING_SIZE + 1, end = pc + MOV_SIZE + GAP_MAX + ENDING_SIZE, n;

	/* Trampolines are in the page that their text ends in. */
	if (((end - 1) & ~page) != (pc & ~page))
		end = (pc & ~page) + page + 1;
	if ((from & ~page) != (pc & ~page))
		from = pc & ~page;
	n = end - from;
	if (tr_copy(code, (const void *)(uintptr_t)from, n) < 0)
		return false;
	for (uint64_t at = 0; at + ENDING_SIZE <= n; at++) {
		uint64_t ending = from + at, site;
		int32_t behind;

		if (pc >= ending + AT_GAP || !is_ending(code + at))
			continue;
		if (pc < ending - code[at + AT_GAP] - MOV_SIZE)
			return false;
		memcpy(&behind, code + at + AT_BEHIND, sizeof(behind));
		site = ending + AT_MOVABS + (uint64_t)(int64_t)behind - SYSCALL_SIZE;
		r[REG_RIP] = (greg_t)(pc < ending ? site - (ending - pc) : site);
		return true;
	}
	return false;
}

bool tr_patched_finish(ucontext_t *uc)
{
	greg_t *r = uc->uc_mcontext.gregs;
	uint64_t pc = (uint64_t)r[REG_RIP];

	if (TR_INSTANCE->text[0] == '\0')
		return false;
	if (pc < RESIDENT_BASE || pc >= RESIDENT_TEXT_END)
		return leave_trampoline(r, pc);
	if (pc == (uint64_t)(uintptr_t)tr_gate || pc == (uint64_t)(uintptr_t)tr_patched_entry) {
		go_back(r, (uint64_t)r[REG_RCX]);
	} else if (is_in(pc, tr_patched_entry, tr_patched_scan)) {
		go_back(r, (uint64_t)r[REG_R11]);
	} else if (is_in(pc, tr_patched_scan, tr_patched_scanned)) {
		leave_search(r, pc);
	} else if (is_in(pc, tr_patched_scanned, tr_patched_taken)) {
		go_back(r, (uint64_t)r[REG_R11]);
	} else if (is_in(pc, tr_patched_taken, tr_patched_inside)) {
		release((uint64_t)r[REG_RCX]);
		go_back(r, (uint64_t)r[REG_R11]);
	} else if (is_in(pc, tr_patched_left, tr_patched_end)) {
		if (pc < (uint64_t)(uintptr_t)tr_patched_released)
			release((uint64_t)r[REG_RCX]);
		r[REG_RIP] = r[REG_R11];
	} else if (is_in(pc, tr_patched_unmasked, tr_patched_unmasked_end + 1)) {
		finish(r, (uint64_t)r[pc == (uint64_t)(uintptr_t)tr_patched_unmasked ? REG_RBX : REG_RCX]);
	} else {
		return false;
	}
	return true;
}

struct tr_frame *tr_patched_frame(const ucontext_t *uc)
{
	const greg_t *r = uc->uc_mcontext.gregs;
	struct tr_frame *f = tr_frame_of_stack((uint64_t)r[REG_RSP]);

	if ((uint64_t)r[REG_RIP] == (uint64_t)(uintptr_t)tr_patched_unmask)
		return (struct tr_frame *)(uintptr_t)r[REG_RBX];
	return f != NULL && tr_frame_is_patched(f) ? f : NULL;
}

void tr_patched_arrived(struct tr_frame *f, ucontext_t *uc)
{
	greg_t *r = uc->uc_mcontext.gregs;
	uint64_t mask = *tr_context_mask(uc);

	f->context = &f->patched;
	if (f->masked == 0) {
		*tr_context_mask(&f->patched) = mask;
		f->deferred_base = mask;
		f->masked = 1;
	}
	if (is_in((uint64_t)r[REG_RIP], tr_patched_leave, tr_patched_left) ||
	    is_in((uint64_t)r[REG_RIP], tr_patched_end, tr_patched_unmasked)) {
		r[REG_RIP] = (greg_t)(uintptr_t)tr_patched_leave;
		r[REG_RBX] = r[REG_RSP] = (greg_t)(uintptr_t)f;
	}
}
