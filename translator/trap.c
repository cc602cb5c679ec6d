/*
 * The trap gate: SIGSYS, a call at a time.
 *
 * The kernel has put the guest's registers on the guest's stack (or alternate stack) and masked everything; the call
 * runs on a slot's stack and its result goes into the saved registers. While it runs the alternate stack is switched
 * off: a nested signal's frame would be put at its top, on what is the guest's. rt_sigreturn switches it on again.
 */
#include <errno.h>
#include <sys/syscall.h>

#include "base/host.h"
#include "base/layout.h"
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
