/*
 * The table of tracees, private memory of the tracer's process. An entry belongs to a thread of it, as a tracee does; what
 * fork copies belongs to nobody in the child. Numbers stand apart, so that a look through all of them is cheap.
 */
#include "translator/ptrace/tracee.h"

#include <stdatomic.h>
#include <sys/wait.h>

#include "base/host.h"
#include "translator/ids/process.h"

#define TRACEES 1024

static _Atomic pid_t tids[TRACEES] COLD;
static struct tracee tracees[TRACEES] COLD;
/* Entries from here on were never used. */
static _Atomic uint32_t used;

struct tracee *tracee_find(struct tr_call *c, pid_t tid)
{
	uint32_t n = atomic_load(&used);
	pid_t tracer;

	if (n == 0)
		return NULL;
	tracer = tr_tid(c);
	for (uint32_t i = 0; i < n; i++)
		if (atomic_load_explicit(&tids[i], memory_order_relaxed) == tid && tracees[i].tracer == tracer)
			return &tracees[i];
	return NULL;
}

static void raise_used(uint32_t to)
{
	uint32_t n = atomic_load(&used);

	while (n < to && !atomic_compare_exchange_strong(&used, &n, to))
		;
}

/* Entry i, if its number is old: for tid from now on. */
static bool take(uint32_t i, pid_t old, pid_t tid)
{
	if (!atomic_compare_exchange_strong(&tids[i], &old, tid))
		return false;
	raise_used(i + 1);
	return true;
}

/* A free entry, or else one whose tracer is no thread of this process (any more). */
static struct tracee *make(struct tr_call *c, pid_t tid)
{
	for (uint32_t i = 0; i < TRACEES; i++)
		if (atomic_load(&tids[i]) == 0 && take(i, 0, tid))
			return &tracees[i];
	for (uint32_t i = 0; i < TRACEES; i++) {
		pid_t old = atomic_load(&tids[i]);

		if (host_tgkill(c->ns.pid, tracees[i].tracer, 0) < 0 && take(i, old, tid))
			return &tracees[i];
	}
	return NULL;
}

struct tracee *tracee_add(struct tr_call *c, pid_t tid)
{
	struct tracee *t = tracee_find(c, tid);

	if (t == NULL) {
		t = make(c, tid);
		if (t != NULL)
			tracer_gained(c->process);
	}
	if (t != NULL)
		*t = (struct tracee){.tid = tid, .tracer = tr_tid(c), .want = PTRACE_CONT};
	return t;
}

void tracee_forget(struct tr_call *c, pid_t tid)
{
	struct tracee *t = tracee_find(c, tid);

	if (t == NULL)
		return;
	t->tracer = 0;
	atomic_store(&tids[t - tracees], 0);
	tracer_lost(c->process);
}

/* A child that an option caught has its parent's options, the host's as well as those that the tracer thinks of. */
static const struct tracee *parent_of(struct tr_call *c, pid_t tid)
{
	struct ids_process p;
	const struct tracee *t = NULL;

	if (ids_process_read(tid, &p) < 0)
		return NULL;
	if (p.tgid != tid)
		t = tracee_find(c, p.tgid);
	if (t == NULL && p.ppid != c->ns.pid)
		t = tracee_find(c, p.ppid);
	return t;
}

struct tracee *tracee_meet(struct tr_call *c, pid_t tid)
{
	const struct tracee *parent = parent_of(c, tid);
	struct tracee *t = tracee_add(c, tid);

	if (t != NULL && parent != NULL) {
		t->options = parent->options;
		t->configured = parent->configured;
	}
	return t;
}

static void settle_each(struct tr_call *c)
{
	uint32_t n = atomic_load(&used);
	pid_t tracer = tr_tid(c);

	for (uint32_t i = 0; i < n; i++)
		if (atomic_load_explicit(&tids[i], memory_order_relaxed) != 0 && tracees[i].tracer == tracer)
			tracee_settle(c, &tracees[i]);
}

void tracee_settle_all(struct tr_call *c)
{
	for (;;) {
		siginfo_t info = {0};
		struct tracee *t;

		if (host_call(SYS_waitid, P_ALL, 0, &info, WSTOPPED | WNOHANG | WNOWAIT | __WALL, NULL) < 0 ||
		    info.si_pid == 0)
			return;
		t = info.si_code == CLD_TRAPPED ? tracee_find(c, info.si_pid) : NULL;
		/* One that is to be waited for stands in front of those that come behind it. */
		if (t == NULL || t->stopped) {
			settle_each(c);
			return;
		}
		tracee_on_stop(c, t, info.si_status);
	}
}
