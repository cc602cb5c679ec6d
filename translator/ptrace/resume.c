/* Letting a tracee run: by the tracer's wish, or because the tracer does not know of the stop. */
#include <errno.h>
#include <stddef.h>
#include <sys/wait.h>

#include "base/host.h"
#include "translator/ptrace/tracee.h"

/* How many stops may come on the few instructions out of the resident. */
#define PUSH_OUT_STOPS 64

/* The request that serves t->want at the place where it is. */
static long request_for(const struct tracee *t)
{
	if (t->stepping)
		return PTRACE_SINGLESTEP;
	if (!t->inside)
		return t->want;
	return t->driving || is_holding(t) || t->executing || t->want != PTRACE_CONT ? PTRACE_SYSCALL : PTRACE_CONT;
}

void tracee_go_on(struct tracee *t, int sig)
{
	bool at_once;

	t->stopped = false;
	if (t->interrupted)
		t->interrupt_held = true;
	/* The exit of a call that it interrupts is a stop as good as its own. */
	at_once = raise_held(t) && !(t->exit_due && t->want == PTRACE_SYSCALL);
	(void)host_call(SYS_ptrace, at_once ? PTRACE_CONT : request_for(t), t->tid, 0, sig);
}

/* The stop was not the host's: what the kernel does at a signal's is done here. */
static void leave_pretended(struct tracee *t, int sig)
{
	struct user_regs_struct r;

	if (tracee_request(t, PTRACE_GETREGS, 0, &r) == 0 && (long)r.orig_rax >= 0 && is_restart((int64_t)r.rax)) {
		r.rip -= SYSCALL_SIZE;
		r.rax = r.orig_rax;
		r.orig_rax = ~0ul;
		(void)!tracee_request(t, PTRACE_SETREGS, 0, &r);
	}
	if (sig == 0)
		return;
	/* The signal comes again, as one that the host's kernel knows. */
	t->resent = sig;
	if (sig == t->info.si_signo)
		expect_signal(t, sig, &t->info);
}

static void leave_call(struct tracee *t, int sig)
{
	struct user_regs_struct r;
	bool is_signal = t->code >> 8 == 0 && (t->code & ~SYSCALL_STOP) != 0;

	t->in_call = true;
	if (!t->waiting || tracee_request(t, PTRACE_GETREGS, 0, &r) < 0)
		return;
	t->restarting = is_restart((int64_t)r.rax);
	/* The resident's handler gives up the wait and sends the signal again, to arrive where the guest called. */
	if (is_signal && sig != 0 && tracee_catches(t, sig)) {
		t->resent = sig;
		t->restarting = false;
	}
}

static void leave_stop(struct tracee *t, long request, int sig)
{
	if (t->appearance == PRETENDED)
		leave_pretended(t, sig);
	else if (t->appearance == IN_CALL || t->appearance == IN_SECCOMP)
		leave_call(t, sig);
	if (request != PTRACE_SYSCALL)
		t->exit_due = false;
	t->delivered = sig;
}

long tracee_resume(struct tr_call *c, struct tracee *t, long request, uint64_t sig)
{
	long r;

	if (request == PTRACE_LISTEN) {
		r = tracee_request(t, PTRACE_LISTEN, 0, NULL);
		t->stopped = r < 0;
		return r;
	}
	if (sig > SIGNALS)
		return -EIO;
	leave_stop(t, request, (int)sig);
	if (request != PTRACE_DETACH)
		t->want = (int)request;
	t->stopped = false;
	(void)raise_held(t);
	r = host_call(SYS_ptrace, request == PTRACE_DETACH ? request : request_for(t), t->tid, 0, sig);
	if (request == PTRACE_DETACH && r == 0)
		tracee_forget(c, t->tid);
	return r;
}

/* The next stop, not taken away from a later wait; -ESRCH if there will be none. */
static int wait_for_stop(const struct tracee *t, siginfo_t *ret)
{
	long r = host_call(SYS_waitid, P_PID, t->tid, ret, WSTOPPED | WEXITED | WNOWAIT | __WALL, NULL);

	return r < 0 || ret->si_code != CLD_TRAPPED ? -ESRCH : 0;
}

/* From call to call until the exit of rt_sigreturn, at the guest's ip. */
static int run_out(struct tracee *t)
{
	for (int i = 0; i < PUSH_OUT_STOPS; i++) {
		struct __ptrace_syscall_info call = {0};
		siginfo_t stop = {0};

		if (host_call(SYS_ptrace, PTRACE_SYSCALL, t->tid, 0, 0) < 0 || wait_for_stop(t, &stop) < 0)
			return -ESRCH;
		if (stop.si_status == SYSCALL_STOP) {
			(void)!tracee_request(t, PTRACE_GET_SYSCALL_INFO, sizeof(call), &call);
			if (!is_inside(call.instruction_pointer) && call.op == PTRACE_SYSCALL_INFO_EXIT)
				break;
		} else if (stop.si_status >> 8 == PTRACE_EVENT_STOP) {
			t->interrupt_held = true;
		} else if (tracee_request(t, PTRACE_GETSIGINFO, 0, &stop) == 0) {
			(void)!hold_signal(t, stop.si_signo, &stop);
		}
	}
	(void)host_call(SYS_waitid, P_PID, t->tid, NULL, WSTOPPED | WNOHANG | __WALL, NULL);
	return 0;
}

int tracee_push_out(struct tracee *t)
{
	uint64_t all = TR_MASK_ALL;
	struct user_regs_struct r, host, seen;
	int e = tracee_get_registers(t, &seen);

	if (e < 0 || tracee_request(t, PTRACE_GETREGS, 0, &host) < 0)
		return -ESRCH;
	t->info = (siginfo_t){.si_signo = t->code & 0xff};
	(void)!tracee_request(t, PTRACE_GETSIGINFO, 0, &t->info);
	(void)!tracee_request(t, PTRACE_SETSIGMASK, sizeof(all), &all);
	host.rip = (uint64_t)(uintptr_t)tr_leave_to_frame;
	host.rdi = t->context;
	host.rsi = t->frame;
	host.orig_rax = ~0ul;
	if (tracee_request(t, PTRACE_SETREGS, 0, &host) < 0)
		return -ESRCH;
	e = run_out(t);
	if (e < 0)
		return e;
	t->inside = t->entered_inside = t->in_call = t->waiting = false;
	t->appearance = PRETENDED;

	if (tracee_request(t, PTRACE_GETREGS, 0, &r) < 0)
		return -ESRCH;
	r.rax = seen.rax;
	r.orig_rax = seen.orig_rax;
	return (int)tracee_request(t, PTRACE_SETREGS, 0, &r);
}
