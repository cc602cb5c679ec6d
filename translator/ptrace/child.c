/*
 * SIGCHLD in a tracer. The kernel sends it for each stop of a tracee, those that the tracer must not know of included; and a
 * tracer that does not wait would never let a tracee go on that is in one of these. So a process with tracees has a handler
 * of ours for SIGCHLD whatever it has set itself, which answers hidden stops at once and passes on only what has a reason
 * that the guest can see.
 */
#include <stdatomic.h>
#include <sys/wait.h>

#include "base/host.h"
#include "translator/ptrace/ptrace.h"
#include "translator/ptrace/tracee.h"
#include "translator/state.h"

/* The process that has tracees, and how many; in a child after fork the pid is another's. */
static _Atomic pid_t tracer;
static _Atomic uint32_t tracees;

bool tr_ptrace_is_tracer(const struct tr_process *p)
{
	return atomic_load_explicit(&tracer, memory_order_relaxed) == p->pid;
}

void tracer_gained(struct tr_process *p)
{
	if (!tr_ptrace_is_tracer(p)) {
		atomic_store(&tracees, 0);
		atomic_store(&tracer, p->pid);
		tr_signals_refresh(p, SIGCHLD);
	}
	atomic_fetch_add(&tracees, 1);
}

void tracer_lost(struct tr_process *p)
{
	if (!tr_ptrace_is_tracer(p) || atomic_fetch_sub(&tracees, 1) != 1)
		return;
	atomic_store(&tracer, 0);
	tr_signals_refresh(p, SIGCHLD);
}

static bool is_pending(void)
{
	uint64_t set = 0;

	return host_call(SYS_rt_sigpending, &set, sizeof(set)) == 0 && (set & TR_SIGNAL_BIT(SIGCHLD)) != 0;
}

static bool is_stop(const siginfo_t *info)
{
	return info->si_code == CLD_TRAPPED || info->si_code == CLD_STOPPED || info->si_code == CLD_CONTINUED;
}

/*
 * The signal was for a stop that has been answered. It may have swallowed another one, of something that a wait would find:
 * then it is that one's.
 */
static bool becomes_another(siginfo_t *info, bool stops)
{
	int options = stops ? WEXITED | WSTOPPED | WCONTINUED : WEXITED;
	siginfo_t other = {0};
	long r = host_call(SYS_waitid, P_ALL, 0, &other, options | WNOHANG | WNOWAIT | __WALL, NULL);

	/* In this order: if it has a signal of its own, that is there before a wait finds it. */
	if (r < 0 || other.si_pid == 0 || (is_stop(&other) && !stops) || is_pending())
		return false;
	other.si_utime = info->si_utime;
	other.si_stime = info->si_stime;
	*info = other;
	return true;
}

static bool is_hidden(struct tr_call *c, const siginfo_t *info)
{
	const struct tracee *t = info->si_code == CLD_TRAPPED ? tracee_find(c, info->si_pid) : NULL;

	return t != NULL && !t->stopped;
}

/* After hidden stops have been answered: is there anything in it for the guest? */
static bool is_of_interest(struct tr_call *c, const struct tr_sigaction *act, siginfo_t *info)
{
	bool stops = (act->flags & SA_NOCLDSTOP) == 0;

	if (!tr_is_handler(act))
		return false;
	if (!is_stop(info))
		return true;
	if (stops && !is_hidden(c, info))
		return !is_pending();
	return becomes_another(info, stops);
}

bool tr_ptrace_child(struct tr_process *p, siginfo_t *info, struct tr_frame *f)
{
	struct tr_call c = {0};

	tr_call_begin(&c, f);
	/* Signals of a number do not queue: this one may stand for stops of all of them. */
	tracee_settle_all(&c);
	if (is_of_interest(&c, &p->action[SIGCHLD], info))
		return false;
	make_call_again(f->context);
	return true;
}

/*
 * A wait with SIGCHLD blocked, where nobody but us would handle it. What has come meanwhile says nothing that the wait has
 * not said.
 */
long tracer_wait(struct tr_call *c, long nr, const uint64_t arg[6])
{
	static const struct timespec now;
	const uint64_t child = TR_SIGNAL_BIT(SIGCHLD), mask = *tr_context_mask(c->frame->context);
	uint64_t during = mask | child;
	long r;

	if (!tr_ptrace_is_tracer(c->process) || tr_is_handler(&c->process->action[SIGCHLD]) || (mask & child) != 0)
		return tr_blocking_call(c, nr, arg);
	r = tr_interruptible(nr, arg, &during, c->frame);
	(void)host_call(SYS_rt_sigtimedwait, &child, NULL, &now, sizeof(child));
	return r;
}

void tr_ptrace_exec_begins(struct tr_process *p)
{
	if ((p->flags & PROCESS_TRACE_ME) != 0)
		tr_signals_let_go(p);
	if (!tr_ptrace_is_tracer(p))
		return;
	atomic_store(&tracer, 0);
	tr_signals_refresh(p, SIGCHLD);
	atomic_store(&tracer, p->pid);
}

void tr_ptrace_exec_failed(struct tr_process *p)
{
	if ((p->flags & PROCESS_TRACE_ME) != 0)
		tr_signals_catch_all(p);
	if (tr_ptrace_is_tracer(p))
		tr_signals_refresh(p, SIGCHLD);
}
