/*
 * SECCOMP_RET_TRACE of a call that the filter of ours has already trapped: the resident finds out what the guest's program
 * says, so the resident has to call the tracer. It sends itself a SIGSYS that stands for the event. The tracer's side shows
 * that stop as PTRACE_EVENT_SECCOMP, puts a 1 where the resident looks for it, and lets it go on; if nobody traces, or
 * nobody wants to know, nothing happens.
 */
#include <errno.h>
#include <stddef.h>

#include "base/host.h"
#include "base/layout.h"
#include "translator/ptrace/ptrace.h"
#include "translator/ptrace/tracee.h"

/* In front of the program's 16 bits of data, in si_value. */
#define EVENT_MARK ((uint64_t)TRAP_MARK << 32)

bool tr_ptrace_is_event(const siginfo_t *info)
{
	return info->si_signo == SIGSYS && info->si_code == SI_QUEUE &&
	       ((uint64_t)(uintptr_t)info->si_value.sival_ptr & ~0xfffful) == EVENT_MARK;
}

/* The tracee's side: true if a tracer has seen the event. */
static bool ask_tracer(struct tr_call *c, uint16_t data)
{
	static const uint64_t only = ~TR_SIGNAL_BIT(SIGSYS), all = TR_MASK_ALL;
	siginfo_t info = {.si_signo = SIGSYS, .si_code = SI_QUEUE};
	uint64_t tracer = 0;
	long r;

	if (c->ns.in->gate == INSTANCE_GATE_PTRACE || host_status(tr_tid(c), "TracerPid:\t", 10, &tracer) < 0 ||
	    tracer == 0)
		return false;
	info.si_value.sival_ptr = (void *)(uintptr_t)(EVENT_MARK | data); /* NOLINT: a number */
	if (host_call(SYS_rt_tgsigqueueinfo, c->ns.pid, tr_tid(c), SIGSYS, &info) < 0)
		return false;
	r = host_call(SYS_rt_sigprocmask, SIG_SETMASK, &only, NULL, sizeof(only));
	(void)host_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	return r == 1;
}

bool tr_ptrace_seccomp(struct tr_call *c, uint16_t data, long *ret)
{
	const greg_t *r = c->frame->context->uc_mcontext.gregs;

	if (!ask_tracer(c, data)) {
		*ret = -ENOSYS;
		return true;
	}
	/* The tracer may have changed the call, or taken it away. */
	if ((int32_t)c->nr >= 0)
		return false;
	*ret = r[REG_RAX];
	return true;
}

/* The tracer's side. */
bool tracee_on_seccomp(struct tracee *t, const struct user_regs_struct *r, const siginfo_t *info)
{
	const uint64_t no_result = (uint64_t)-ENOSYS;

	if ((t->options & PTRACE_O_TRACESECCOMP) == 0 || !tracee_find_context(t, r) ||
	    host_call(SYS_ptrace, PTRACE_POKEUSER, t->tid, offsetof(struct user_regs_struct, rax), 1) < 0 ||
	    tracee_write_result(t, no_result) < 0)
		return false;
	t->message = (uint64_t)(uintptr_t)info->si_value.sival_ptr & 0xffff;
	t->waiting = false;
	t->exit_due = true;
	return true;
}
