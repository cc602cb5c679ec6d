/*
 * A tracee has stopped: is it the tracer's to know, and as what?
 *
 * This is where the picture of a process without a resident is made. The order of what the host's kernel tells of a
 * translated call, and what becomes of it:
 *
 *	entry, at the guest's ip                   shown
 *	exit of the call that the filter skipped   hidden
 *	SIGSYS with our mark                       hidden and delivered
 *	entries and exits in the resident          hidden; the exit of a wait that a signal interrupts is shown
 *	exit of rt_sigreturn, at the guest's ip    shown as the call's exit
 */
#include <errno.h>
#include <stddef.h>

#include "base/host.h"
#include "translator/ptrace/ptrace.h"
#include "translator/ptrace/tracee.h"
#include "translator/state.h"

/* PTRACE_INTERRUPT's, or a new child's first one. */
#define INTERRUPT_STOP (SIGTRAP | PTRACE_EVENT_STOP << 8)

static bool is_interrupted(int64_t result)
{
	return result == -EINTR || is_restart(result);
}

static void show(struct tracee *t, enum appearance appearance, int code)
{
	t->stopped = true;
	t->told = false;
	t->interrupted = false;
	t->interrupt_held = false;
	t->appearance = appearance;
	t->code = code == SYSCALL_STOP && (t->options & PTRACE_O_TRACESYSGOOD) == 0 ? SIGTRAP : code;
}

static bool is_waiting(const struct user_regs_struct *r)
{
	return (long)r->orig_rax >= 0 && is_interrupted((int64_t)r->rax);
}

/*
 * A call that came from prepared text ends without one of the host's that could be shown as its exit. Where it waits it is made
 * again, by a trap.
 */
static bool waits_patched(const struct user_regs_struct *r)
{
	const struct tr_frame *f = tr_frame_of_stack(r->rsp);

	return is_waiting(r) && f != NULL && tr_frame_is_patched(f);
}

/* A stop with the thread inside: with the guest's registers, where it has some. */
static void show_inside(struct tracee *t, const struct user_regs_struct *r, int code)
{
	t->waiting = is_waiting(r);
	show(t, tracee_find_context(t, r) ? IN_CALL : AS_IT_IS, code);
}

static void show_pretended(struct tracee *t, int code, const siginfo_t *info)
{
	t->info = *info;
	show(t, PRETENDED, code);
}

/* --- system calls ---------------------------------------------------------------------------------------------------- */

/*
 * execve is done, and all that is left is the rt_sigreturn that begins the guest's program, from the frame at the stack
 * pointer: the program's registers are in there.
 */
static bool present_exec(struct tracee *t)
{
	struct user_regs_struct r = {0};

	if (tracee_request(t, PTRACE_GETREGS, 0, &r) < 0)
		return false;
	t->context = r.rsp;
	t->waiting = false;
	t->executing = false;
	t->driving = false;
	t->in_call = true;
	t->exit_due = true;
	show(t, EXECUTED, SIGTRAP | PTRACE_EVENT_EXEC << 8);
	return true;
}

static void on_entry(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	struct user_regs_struct r = {0};
	bool again = t->restarting;

	/* What is held waits for the guest now, which is next. */
	t->at_entry = info->entry.nr != SYS_rt_sigreturn;
	t->entered_inside = t->inside;
	t->restarting = false;
	if (!t->inside) {
		t->driving = false;
		if (t->want == PTRACE_CONT || is_step(t->want)) {
			tracee_go_on(t, 0);
			return;
		}
		t->nr = (uint32_t)info->entry.nr;
		t->ip = info->instruction_pointer;
		t->exit_due = t->want == PTRACE_SYSCALL;
		show(t, AS_IT_IS, SYSCALL_STOP);
		return;
	}
	if (t->executing && info->entry.nr == SYS_rt_sigreturn && present_exec(t))
		return;
	if (again && t->want == PTRACE_SYSCALL && tracee_request(t, PTRACE_GETREGS, 0, &r) == 0) {
		t->exit_due = true;
		show_inside(t, &r, SYSCALL_STOP);
		return;
	}
	tracee_go_on(t, 0);
}

/* The result of the call that the guest made has come, with the resident left behind. */
static void on_way_out(struct tracee *t, int64_t result)
{
	bool again = t->out_ip == t->ip - SYSCALL_SIZE && result == t->nr;
	bool was_call = t->in_call;

	t->entered_inside = false;
	t->driving = false;
	t->in_call = false;
	if (t->exit_due && t->want == PTRACE_SYSCALL) {
		t->exit_due = false;
		/* rt_sigreturn has no number to return from, natively too. */
		if (!again && t->nr != SYS_rt_sigreturn && t->nr != ~0u)
			(void)!host_call(SYS_ptrace, PTRACE_POKEUSER, t->tid,
					 offsetof(struct user_regs_struct, orig_rax), t->nr);
		show(t, again ? RESTARTED : AS_IT_IS, SYSCALL_STOP);
		return;
	}
	if (is_step(t->want) && was_call && t->resent == 0) {
		siginfo_t info = {.si_signo = SIGTRAP, .si_code = TRAP_BRKPT};

		/* The kernel's own, from when the call was trapped, if no wait has swallowed it. */
		if (tracee_has_pending(t, SIGTRAP)) {
			tracee_go_on(t, 0);
			return;
		}
		info.si_addr = (void *)(uintptr_t)t->out_ip; /* NOLINT: an address in the tracee */
		show_pretended(t, SIGTRAP, &info);
		return;
	}
	tracee_go_on(t, 0);
}

static void on_exit_inside(struct tracee *t, int64_t result)
{
	struct user_regs_struct r;

	/* The guest's handler is next, or would be: only single steps lead there. */
	if (t->out_ip == (uint64_t)(uintptr_t)tr_tail_begin && (is_step(t->want) || is_holding(t))) {
		t->stepping = true;
	} else if (t->exit_due && t->want == PTRACE_SYSCALL && is_interrupted(result) &&
		   tracee_request(t, PTRACE_GETREGS, 0, &r) == 0) {
		t->exit_due = false;
		show_inside(t, &r, SYSCALL_STOP);
		return;
	}
	tracee_go_on(t, 0);
}

static void on_exit_outside(struct tracee *t, int64_t result)
{
	/* Skipped calls have their number for a result, and the trap comes next. */
	if (result >= 0 && result < 0x1000 && tracee_has_pending(t, SIGSYS)) {
		t->inside = true;
		tracee_go_on(t, 0);
		return;
	}
	t->exit_due = false;
	if (t->want == PTRACE_SYSCALL)
		show(t, AS_IT_IS, SYSCALL_STOP);
	else
		tracee_go_on(t, 0);
}

static void on_syscall(struct tracee *t)
{
	struct __ptrace_syscall_info info = {0};

	if (tracee_request(t, PTRACE_GET_SYSCALL_INFO, sizeof(info), &info) < 0) {
		show(t, AS_IT_IS, SYSCALL_STOP);
		return;
	}
	t->inside = is_inside(info.instruction_pointer);
	t->out_ip = info.instruction_pointer;
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, &info);
	else if (t->inside)
		on_exit_inside(t, info.exit.rval);
	else if (t->entered_inside)
		on_way_out(t, info.exit.rval);
	else
		on_exit_outside(t, info.exit.rval);
}

/* --- signals ---------------------------------------------------------------------------------------------------------- */

static bool is_in(uint64_t ip, const char *from, const char *to)
{
	return ip >= (uint64_t)(uintptr_t)from && ip < (uint64_t)(uintptr_t)to;
}

/*
 * A stop that cannot be shown where it happened is held: the thread is brought out of the resident, or into a wait. Just in
 * front of a wait it would go to sleep first.
 */
static void drive(struct tracee *t, const struct user_regs_struct *r)
{
	t->driving = true;
	if (waits_patched(r))
		(void)!host_call(SYS_ptrace, PTRACE_POKEUSER, t->tid, offsetof(struct user_regs_struct, orig_rax), -1l);
	if (waits_patched(r) || is_in(r->rip, tr_interruptible_begin, tr_interruptible_syscall + 1))
		(void)!host_call(SYS_ptrace, PTRACE_POKEUSER, t->tid, offsetof(struct user_regs_struct, rip),
				 tr_interruptible_abort);
	if (is_in(r->rip, tr_tail_begin, tr_tail_end))
		t->stepping = true;
	tracee_go_on(t, 0);
}

static void on_signal_inside(struct tracee *t, const struct user_regs_struct *r, int sig, const siginfo_t *info)
{
	if (tr_ptrace_is_event(info)) {
		if (tracee_on_seccomp(t, r, info))
			show(t, IN_SECCOMP, SIGTRAP | PTRACE_EVENT_SECCOMP << 8);
		else
			tracee_go_on(t, 0);
		return;
	}
	/* A bad address of the guest's, about to become -EFAULT. */
	if ((sig == SIGSEGV || sig == SIGBUS) && info->si_code > 0) {
		tracee_go_on(t, sig);
		return;
	}
	/* A step that ended in here: at the entry of a signal's handler, in its last part, or in a wait. */
	if (sig == SIGTRAP && info->si_code > 0 && (is_step(t->want) || t->stepping)) {
		t->stepping = is_in(r->rip, tr_tail_begin, tr_tail_end);
		tracee_go_on(t, 0);
		return;
	}
	if (is_waiting(r) && !waits_patched(r))
		show_inside(t, r, sig);
	else if (hold_signal(t, sig, info))
		drive(t, r);
	else
		tracee_go_on(t, sig);
}

/*
 * SIGSEGV, SIGBUS and SIGSYS have a handler of ours even where the guest has none. That one takes itself away and lets the
 * signal come a second time, for the kernel to end the process.
 */
static bool is_second_time(const struct tracee *t, int sig)
{
	return (sig == SIGSEGV || sig == SIGBUS || sig == SIGSYS) && t->delivered == sig && !tracee_catches(t, sig);
}

static void on_signal_outside(struct tracee *t, int sig)
{
	if (t->stepping && sig == SIGTRAP) {
		t->stepping = false;
		t->driving = false;
		if (!is_step(t->want)) {
			tracee_go_on(t, 0);
			return;
		}
	}
	if (t->resent == sig) {
		t->resent = 0;
		tracee_go_on(t, sig);
	} else if (is_second_time(t, sig)) {
		tracee_go_on(t, sig);
	} else {
		show(t, AS_IT_IS, sig);
	}
}

static void on_signal(struct tracee *t, int sig)
{
	struct user_regs_struct r = {0};
	siginfo_t info;
	long e = tracee_request(t, PTRACE_GETSIGINFO, 0, &info);

	if (e < 0 || tracee_request(t, PTRACE_GETREGS, 0, &r) < 0) {
		/* -EINVAL: a group stop. */
		t->inside = e == -EINVAL && tracee_request(t, PTRACE_GETREGS, 0, &r) == 0 && is_inside(r.rip);
		if (t->inside)
			show_inside(t, &r, sig);
		else
			show(t, AS_IT_IS, sig);
		return;
	}
	t->inside = is_inside(r.rip);
	if (is_trap(&info)) {
		t->in_call = true;
		t->nr = (uint32_t)info.si_syscall;
		t->ip = r.rip;
		t->inside = true;
		tracee_go_on(t, SIGSYS);
		return;
	}
	if (take_signal(t, sig, &info))
		(void)!tracee_request(t, PTRACE_SETSIGINFO, 0, &info);
	if (t->inside)
		on_signal_inside(t, &r, sig, &info);
	else
		on_signal_outside(t, sig);
}

/* --- events ----------------------------------------------------------------------------------------------------------- */

/* The thread that called execve has the leader's number now. */
static void on_exec(struct tr_call *c, struct tracee *t)
{
	uint64_t former = 0;
	pid_t tid = t->tid;

	(void)!tracee_request(t, PTRACE_GETEVENTMSG, 0, &former);
	if (former != 0 && (pid_t)former != tid) {
		const struct tracee *caller = tracee_find(c, (pid_t)former);

		if (caller != NULL) {
			*t = *caller;
			t->tid = tid;
			tracee_forget(c, (pid_t)former);
		}
	}
	t->message = former;
	t->executing = true;
	t->driving = true;
	t->inside = true;
	tracee_go_on(t, 0);
}

static void meet_child(struct tr_call *c, const struct tracee *t)
{
	uint64_t tid = 0;
	struct tracee *child;

	if (tracee_request(t, PTRACE_GETEVENTMSG, 0, &tid) < 0 || tracee_find(c, (pid_t)tid) != NULL)
		return;
	child = tracee_add(c, (pid_t)tid);
	if (child != NULL) {
		child->options = t->options;
		child->configured = t->configured;
	}
}

static void on_event(struct tr_call *c, struct tracee *t, int code)
{
	struct user_regs_struct r = {0};
	int event = code >> 8;

	if (event == PTRACE_EVENT_EXEC) {
		on_exec(c, t);
		return;
	}
	if (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)
		meet_child(c, t);
	(void)!tracee_request(t, PTRACE_GETREGS, 0, &r);
	/* On its way into the resident, if a trap is to be delivered. */
	t->inside = is_inside(r.rip) || (code == INTERRUPT_STOP && tracee_has_pending(t, SIGSYS));
	if (event != PTRACE_EVENT_STOP && event != PTRACE_EVENT_EXIT)
		t->exit_due = true;
	if (!t->inside) {
		show(t, AS_IT_IS, code);
	} else if (code != INTERRUPT_STOP || (is_waiting(&r) && !waits_patched(&r))) {
		show_inside(t, &r, code);
	} else {
		t->interrupted = true;
		drive(t, &r);
	}
}

/* With the first stop prepared text is brought to trap, for each call is to be seen, and the host's options can be set. */
static void configure(struct tracee *t)
{
	const uint64_t closed = 1;

	if (!t->unpatched)
		t->unpatched = tracee_write(t, (uint64_t)(uintptr_t)&tr_patched_closed, &closed, 1) >= 0;
	if (t->configured)
		return;
	t->configured = host_call(SYS_ptrace, PTRACE_SETOPTIONS, t->tid, 0, t->options | PTRACE_O_TRACESYSGOOD) == 0;
}

void tracee_on_stop(struct tr_call *c, struct tracee *t, int code)
{
	configure(t);
	t->at_entry = false;
	if (code == SYSCALL_STOP)
		on_syscall(t);
	else if (code >> 8 != 0)
		on_event(c, t, code);
	else
		on_signal(t, code);
}
