/* How a process becomes a tracee: who may trace whom, and PTRACE_TRACEME, which is done late. */
#include <errno.h>
#include <linux/capability.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"
#include "translator/ptrace/ptrace.h"
#include "translator/ptrace/tracee.h"
#include "translator/state.h"

static int may_trace(struct tr_call *c, pid_t tid)
{
	struct ids_process p;
	int r = ids_process_read(tid, &p);

	if (tr_is_init(c, tid))
		return (int)tr_gap(c, -EPERM);
	if (r < 0 || !tr_is_guest(c, p.tgid))
		return -ESRCH;
	return p.tgid == c->ns.pid ? -EPERM : tr_may_access(c, tid, TR_ACCESS_BY_REAL);
}

long ptrace_attach(struct tr_call *c, pid_t tid, long request, uint64_t options)
{
	uint64_t ours = request == PTRACE_SEIZE ? options | PTRACE_O_TRACESYSGOOD : 0;
	struct tracee *t;
	long r;

	if (c->ns.in->gate == INSTANCE_GATE_PTRACE)
		return -EPERM;
	r = may_trace(c, tid);
	if (r < 0)
		return r;
	/* Its first stop may be here before the next line. */
	t = tracee_find(c, tid);
	if (t == NULL)
		t = tracee_add(c, tid);
	if (t == NULL)
		return -ENOMEM;
	r = host_call(SYS_ptrace, request, tid, 0, ours);
	if (r < 0)
		return r;
	t = tracee_add(c, tid);
	t->options = (uint32_t)options;
	t->configured = request == PTRACE_SEIZE;
	return 0;
}

/* --- PTRACE_TRACEME ---------------------------------------------------------------------------------------------------- */

static bool runs_resident(const struct instance *in, pid_t pid)
{
	struct stat st;
	char exe[32];

	str_format(exe, sizeof(exe), "/proc/%d/exe", pid);
	return host_fstatat(AT_FDCWD, exe, &st, 0) == 0 && st.st_dev == in->exe_device && st.st_ino == in->exe_inode;
}

/* A tracer that is no guest does not know what it would get. */
static long trace_me_now(const struct instance *in, struct tr_process *p)
{
	p->flags &= ~(uint32_t)PROCESS_TRACE_ME;
	if (!runs_resident(in, (pid_t)host_call(SYS_getppid)))
		return -EPERM;
	/* The tracer must see each call. */
	atomic_store(&tr_patched_closed, 1);
	return host_call(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0);
}

long ptrace_trace_me(struct tr_call *c)
{
	uint64_t tracer = 0;

	if (c->ns.in->gate == INSTANCE_GATE_PTRACE || (c->process->flags & PROCESS_TRACE_ME) != 0 ||
	    !runs_resident(c->ns.in, (pid_t)host_call(SYS_getppid)) ||
	    host_status(tr_tid(c), "TracerPid:\t", 10, &tracer) < 0 || tracer != 0)
		return -EPERM;
	tr_signals_catch_all(c->process);
	c->process->flags |= PROCESS_TRACE_ME;
	return 0;
}

bool tr_ptrace_is_watched(struct tr_call *c)
{
	uint64_t tracer = 0;
	struct creds who;

	if ((c->process->flags & PROCESS_TRACE_ME) != 0)
		tracer = (uint64_t)host_call(SYS_getppid);
	else if (host_status(tr_tid(c), "TracerPid:\t", 10, &tracer) < 0)
		return false;
	/* Not the gate's, nor somebody's outside. */
	if (tracer == 0 || !tr_is_guest(c, (pid_t)tracer) || tr_creds_of(c, (pid_t)tracer, &who) < 0)
		return false;
	return !creds_capable(&who, CAP_SYS_PTRACE);
}

/* A signal to itself, or to many. */
static bool sends_to_self(struct tr_call *c)
{
	pid_t to = (pid_t)c->arg[0];

	switch (c->nr) {
	case SYS_kill:
		return to == c->ns.pid || to <= 0;
	case SYS_tgkill:
	case SYS_rt_sigqueueinfo:
	case SYS_rt_tgsigqueueinfo:
		return to == c->ns.pid;
	case SYS_tkill:
		return to == tr_tid(c);
	case SYS_pidfd_send_signal:
		return true;
	default:
		return false;
	}
}

void tr_ptrace_before(struct tr_call *c)
{
	/* SIGSTOP cannot be noticed otherwise. */
	if (!sends_to_self(c))
		return;
	tr_signals_let_go(c->process);
	(void)trace_me_now(c->ns.in, c->process);
}

/* True for a signal that the instruction raises again when it is executed again. */
static bool is_fault(int sig, const siginfo_t *info)
{
	return info->si_code > 0 && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE);
}

/* Natively it had not been noticed before the tracer decides; without a handler it does not interrupt. */
static void send_again(const struct tr_process *p, int sig, const siginfo_t *info, ucontext_t *uc)
{
	if (!tr_is_handler(&p->action[sig]))
		make_call_again(uc);
	(void)host_call(SYS_rt_tgsigqueueinfo, p->pid, host_gettid(), sig, info);
}

bool tr_ptrace_signal(const struct instance *in, struct tr_process *p, int sig, const siginfo_t *info, ucontext_t *uc)
{
	tr_signals_let_go(p);
	if (trace_me_now(in, p) < 0)
		return false;
	/* A breakpoint instruction is one byte long. */
	if (sig == SIGTRAP && info->si_code == SI_KERNEL)
		uc->uc_mcontext.gregs[REG_RIP] -= 1;
	else if (!is_fault(sig, info))
		send_again(p, sig, info, uc);
	return true;
}

void tr_ptrace_executed(const struct instance *in, struct tr_process *p)
{
	/* As the kernel's own at the end of a tracee's execve. */
	siginfo_t info = {.si_signo = SIGTRAP, .si_code = SI_USER};
	long r = trace_me_now(in, p);

	p->slot->flags = p->flags;
	if (r < 0)
		return;
	info.si_pid = p->pid;
	info.si_uid = (uid_t)host_call(SYS_getuid);
	(void)host_call(SYS_rt_tgsigqueueinfo, p->pid, host_gettid(), SIGTRAP, &info);
}
