/*
 * wait4(2) and waitid(2). They are translated for tracers only: stops that a tracer must not see are answered in here, and
 * the wait goes on. For everybody else a wait is the host's own, with the result looked at once.
 */
#include <errno.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/ptrace/tracee.h"

/* True for a child or thread that the calling thread traces, and that has stopped. */
static bool is_tracee(pid_t tid)
{
	siginfo_t info;
	long r = host_call(SYS_ptrace, PTRACE_GETSIGINFO, tid, 0, &info);

	/* -EINVAL: a group stop. */
	return r == 0 || r == -EINVAL;
}

/* A stop with this code was seen, for good (taken) or not: what the caller has to be told, or -1 if nothing. */
static int on_stop(struct tr_call *c, pid_t tid, int code, bool taken)
{
	struct tracee *t = tracee_find(c, tid);

	if (t == NULL && is_tracee(tid))
		t = tracee_meet(c, tid);
	if (t == NULL)
		return code;
	/* One that is stopped and told of stops again if it is killed. */
	if (!t->stopped || t->told)
		tracee_on_stop(c, t, code);
	t->told = taken;
	return t->stopped ? t->code : -1;
}

long sys_wait4(struct tr_call *c, const struct wait4_args *a)
{
	struct rusage usage;
	int status = 0;
	long r;

	for (;;) {
		const uint64_t arg[6] = {(uint64_t)a->pid, (uint64_t)(uintptr_t)&status, (uint64_t)a->options,
					 a->rusage != 0 ? (uint64_t)(uintptr_t)&usage : 0};
		int code;

		r = tracer_wait(c, SYS_wait4, arg);
		if (r <= 0)
			return r;
		if (!WIFSTOPPED(status)) {
			if (!WIFCONTINUED(status))
				tracee_forget(c, (pid_t)r);
			break;
		}
		code = on_stop(c, (pid_t)r, status >> 8, true);
		if (code >= 0) {
			status = code << 8 | 0x7f;
			break;
		}
	}
	if ((a->wstatus != 0 && tr_write(c, a->wstatus, &status, sizeof(status)) < 0) ||
	    (a->rusage != 0 && tr_write(c, a->rusage, &usage, sizeof(usage)) < 0))
		return -EFAULT;
	return r;
}

/* The fields that waitid(2) fills; the kernel leaves all others alone. */
static int write_info(struct tr_call *c, uint64_t to, const siginfo_t *info)
{
	size_t child = offsetof(siginfo_t, si_pid);
	const char *from = (const char *)info;

	if (to == 0)
		return 0;
	if (tr_write(c, to, from, 3 * sizeof(int)) < 0)
		return -EFAULT;
	return tr_write(c, to + child, from + child, 3 * sizeof(int));
}

long sys_waitid(struct tr_call *c, const struct waitid_args *a)
{
	struct rusage usage;
	siginfo_t info;
	long r;

	for (;;) {
		const uint64_t arg[6] = {(uint64_t)a->idtype, (uint64_t)a->id, (uint64_t)(uintptr_t)&info,
					 (uint64_t)a->options, a->rusage != 0 ? (uint64_t)(uintptr_t)&usage : 0};
		int code;

		info = (siginfo_t){0};
		r = tracer_wait(c, SYS_waitid, arg);
		if (r < 0)
			return r;
		if (info.si_code != CLD_TRAPPED) {
			if (info.si_pid != 0 && info.si_code != CLD_CONTINUED && info.si_code != CLD_STOPPED &&
			    (a->options & WNOWAIT) == 0)
				tracee_forget(c, info.si_pid);
			break;
		}
		code = on_stop(c, info.si_pid, info.si_status, (a->options & WNOWAIT) == 0);
		if (code >= 0) {
			info.si_status = code;
			break;
		}
	}
	if (write_info(c, a->infop, &info) < 0 ||
	    (a->rusage != 0 && info.si_pid != 0 && tr_write(c, a->rusage, &usage, sizeof(usage)) < 0))
		return -EFAULT;
	return r;
}

/* A stop that has not been waited for: its code, or -1. flags: WNOHANG. */
static int peek(pid_t tid, int flags)
{
	siginfo_t info = {0};

	if (host_call(SYS_waitid, P_PID, tid, &info, WSTOPPED | WNOWAIT | __WALL | flags, NULL) < 0 ||
	    info.si_pid != tid || info.si_code != CLD_TRAPPED)
		return -1;
	return info.si_status;
}

void tracee_settle(struct tr_call *c, struct tracee *t)
{
	int code;

	while (!t->stopped && (code = peek(t->tid, WNOHANG)) >= 0)
		tracee_on_stop(c, t, code);
}

/* On its way to a stop that natively had been made already, through nothing that could keep it. */
static bool is_on_its_way(const struct tracee *t)
{
	return is_stopping(t) || t->stepping || t->executing;
}

void tracee_settle_now(struct tr_call *c, struct tracee *t)
{
	int code;

	while (!t->stopped && (code = peek(t->tid, is_on_its_way(t) ? WEXITED : WNOHANG)) >= 0)
		tracee_on_stop(c, t, code);
}

struct tracee *tracee_settle_unknown(struct tr_call *c, pid_t tid)
{
	struct tracee *t;

	if (peek(tid, WNOHANG) < 0 || !is_tracee(tid))
		return NULL;
	t = tracee_meet(c, tid);
	if (t != NULL)
		tracee_settle_now(c, t);
	return t;
}
