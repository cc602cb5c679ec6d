/*
 * The trap gate: SIGSYS, a call at a time.
 *
 * The kernel has put the guest's registers on the guest's stack (or alternate stack) and masked everything; the call
 * runs on a slot's stack and its result goes into the saved registers. While it runs the alternate stack is switched
 * off: a nested signal's frame would be put at its top, on what is the guest's. rt_sigreturn switches it on again.
 *
 * A guest that takes no signals on its alternate stack may have given that memory back, or never have had room for a frame in it.
 * Then the kernel has no place for SIGSYS and sends SIGSEGV in its stead, which it can put on the guest's stack: the registers
 * there are the same.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "translator/ptrace/ptrace.h"
#include "translator/state.h"

static void put_alternate_stack_away(const ucontext_t *uc)
{
	static const stack_t none = {.ss_flags = SS_DISABLE};

	if ((uc->uc_stack.ss_flags & SS_DISABLE) == 0)
		(void)host_call(SYS_sigaltstack, &none, NULL);
}

/* The guest may block them; a fault in tr_copy would then be the end. */
static void let_faults_through(uint64_t guest_mask)
{
	static const uint64_t faults = TR_SIGNAL_BIT(SIGSEGV) | TR_SIGNAL_BIT(SIGBUS);

	if ((guest_mask & faults) != 0)
		(void)host_call(SYS_rt_sigprocmask, SIG_UNBLOCK, &faults, NULL, sizeof(faults));
}

/* asm-generic/siginfo.h; glibc's headers do not have it. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

static bool is_ours(const siginfo_t *info)
{
	return info->si_code == SYS_SECCOMP && info->si_errno == TRAP_MARK;
}

long tr_blocking_call(struct tr_call *c, long nr, const uint64_t arg[6])
{
	struct tr_frame *f = c->frame;

	if (tr_frame_is_patched(f) && f->masked == 0)
		return tr_interruptible(nr, arg, NULL, f);
	return tr_interruptible(nr, arg, tr_context_mask(f->context), f);
}

/* The length of a syscall instruction: where a call is made again. */
#define SYSCALL_SIZE 2

/* The supervisor is gone, and with it whoever is in this instance. */
static NORETURN void end(void)
{
	for (;;)
		(void)!host_kill(host_getpid(), SIGKILL);
}

static bool is_accessible(uint64_t address)
{
	char byte;

	return tr_copy(&byte, (const void *)(uintptr_t)address, 1) == 0;
}

/* Could the kernel not put a frame like this one on the alternate stack? */
static bool is_alternate_stack_lost(const ucontext_t *uc)
{
	uint64_t top = (uint64_t)(uintptr_t)uc->uc_stack.ss_sp + uc->uc_stack.ss_size, size = tr_frame_size(uc);

	return (uc->uc_stack.ss_flags & SS_DISABLE) == 0 &&
	       (uc->uc_stack.ss_size < size || !is_accessible(top - 1) || !is_accessible(top - size));
}

bool tr_trap_was_lost(const siginfo_t *info, const ucontext_t *uc)
{
	static const uint8_t syscall_instruction[SYSCALL_SIZE] = {0x0f, 0x05};
	const uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];
	uint8_t code[SYSCALL_SIZE];

	if (info->si_signo != SIGSEGV || info->si_code != SI_KERNEL || (pc >= RESIDENT_BASE && pc < RESIDENT_TEXT_END))
		return false;
	/* The signal blocks itself. */
	let_faults_through(TR_SIGNAL_BIT(SIGSEGV));
	return is_alternate_stack_lost(uc) &&
	       tr_copy(code, (const void *)(uintptr_t)(pc - SYSCALL_SIZE), sizeof(code)) == 0 &&
	       memcmp(code, syscall_instruction, sizeof(code)) == 0;
}

uint64_t tr_on_lost_trap(ucontext_t *uc, struct tr_frame *f)
{
	siginfo_t info = {.si_signo = SIGSYS, .si_errno = TRAP_MARK, .si_code = SYS_SECCOMP};

	info.si_syscall = (int)uc->uc_mcontext.gregs[REG_RAX];
	return tr_on_trap(&info, uc, f);
}

uint64_t tr_on_trap(siginfo_t *info, ucontext_t *uc, struct tr_frame *f)
{
	greg_t *r = uc->uc_mcontext.gregs;
	long result;

	if (tr_instance_has_ended())
		end();
	f->owner = tr_process_shared() ? host_getpid() : 0;
	if (tr_ptrace_is_event(info))
		return 0;
	if (!is_ours(info))
		return tr_signal_found_resident(SIGSYS, info, uc) ? 0 : tr_guest_sigsys(info, f);
	put_alternate_stack_away(uc);
	if (info->si_syscall == TR_DELIVER_NR && tr_patched_take_kept(uc, f))
		return tr_deliver_deferred(f);
	f->deferred_base = *tr_context_mask(uc);
	let_faults_through(f->deferred_base);

	tr_call_fill(&f->call, (uint32_t)info->si_syscall, r, f);
	tr_call_begin(&f->call, f);
	result = tr_dispatch(&f->call);
	if (f->call.verdict == TR_NATIVE)
		result = tr_blocking_call(&f->call, f->call.nr, f->call.arg);

	if (result == TR_RESTART) {
		r[REG_RIP] = (greg_t)(f->call.ip - SYSCALL_SIZE);
		r[REG_RAX] = (greg_t)f->call.nr;
	} else {
		r[REG_RAX] = result;
	}
	/* One that interrupted the call was this thread's. */
	if (f->deferred == 0 || (result != -EINTR && tr_signal_hand_back(f->deferred, &f->deferred_info)))
		return 0;
	return tr_deliver_deferred(f);
}
