/*
 * Which thread takes a signal that is sent to the process.
 *
 * Linux chooses when the signal is sent: the first thread if it does not block it, else the sender or some other. Two things
 * of ours get in between. A thread that is in the resident blocks everything and is passed over. And one that leaves it
 * looks for what is pending for the process, and is faster than a thread that has been chosen but has not run yet. So
 * signals to the own process are sent with the guest's mask in force, and a signal that was taken from another thread is
 * handed back.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <time.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/state.h"

/* How long a chosen thread may take to run: some rounds of yielding, then, if it does want the signal, of sleeping. */
#define YIELDS            10
#define SLEEPS            500
#define SLEEP_NANOSECONDS 200000

/* What kill(2) cannot say again of a signal that is handed back. */
static struct {
	_Atomic int sig; /* 0: free, -1: being filled */
	siginfo_t info;
} given[8] COLD;
static _Atomic uint32_t given_used;

static bool pending(int sig)
{
	uint64_t set = 0;

	return host_call(SYS_rt_sigpending, &set, sizeof(set)) == 0 && (set & TR_SIGNAL_BIT(sig)) != 0;
}

static bool first_thread_blocks(pid_t pid, int sig)
{
	static const char name[] = "\nSigBlk:\t";
	int fd CLEANUP(host_close_at) = -1;
	char buf[2048];
	const char *at = buf;
	uint64_t mask = 0;
	ssize_t n;

	str_format(buf, sizeof(buf), "/proc/self/task/%d/status", pid);
	fd = host_open(buf, O_RDONLY | O_CLOEXEC, 0);
	n = fd < 0 ? fd : host_pread_full(fd, buf, sizeof(buf) - 1, 0);
	if (n < 0)
		return true;
	buf[n] = '\0';
	while (*at != '\0' && !str_starts(at, name))
		at++;
	if (*at == '\0')
		return true;
	at += sizeof(name) - 1;
	(void)str_hex(at, strlen(at), &mask);
	return (mask & TR_SIGNAL_BIT(sig)) != 0;
}

/* The caller blocks sig, which is pending for the process: waits for another thread to take it. */
static void let_others_take(pid_t pid, int sig)
{
	static const struct timespec nap = {.tv_nsec = SLEEP_NANOSECONDS};

	for (unsigned i = 0; i < YIELDS + SLEEPS && pending(sig); i++) {
		if (i < YIELDS)
			(void)host_call(SYS_sched_yield);
		else if (i == YIELDS && first_thread_blocks(pid, sig))
			return;
		else
			(void)host_call(SYS_nanosleep, &nap, NULL);
	}
}

long tr_signal_self(struct tr_call *c, int sig, long nr, const uint64_t arg[6])
{
	long r = tr_blocking_call(c, nr, arg);

	if (r == 0 && sig > 0 && tr_tid(c) != c->process->pid &&
	    (*tr_context_mask(c->frame->context) & TR_SIGNAL_BIT(sig)) == 0)
		let_others_take(c->process->pid, sig);
	return r;
}

/* --- handing back ---------------------------------------------------------------------------------------------------- */

static void remember(int sig, const siginfo_t *info)
{
	for (unsigned i = 0; i < ARRAY_SIZE(given); i++) {
		int none = 0;

		if (!atomic_compare_exchange_strong(&given[i].sig, &none, -1))
			continue;
		given[i].info = *info;
		atomic_store(&given[i].sig, sig);
		atomic_fetch_add(&given_used, 1);
		return;
	}
}

void tr_signal_recall(int sig, siginfo_t *info)
{
	if (atomic_load_explicit(&given_used, memory_order_relaxed) == 0 || info->si_code != SI_USER ||
	    info->si_pid != host_getpid())
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(given); i++) {
		int expected = sig;

		if (!atomic_compare_exchange_strong(&given[i].sig, &expected, -1))
			continue;
		*info = given[i].info;
		atomic_store(&given[i].sig, 0);
		atomic_fetch_sub(&given_used, 1);
		return;
	}
}

void tr_recipient_after_fork(void)
{
	if (atomic_load(&given_used) == 0)
		return;
	for (unsigned i = 0; i < ARRAY_SIZE(given); i++)
		atomic_store(&given[i].sig, 0);
	atomic_store(&given_used, 0);
}

/* Sent to the process, and not because of what this thread did; of timers, the one that prefers the first thread. */
static bool is_for_process(int sig, const siginfo_t *info)
{
	const uint64_t others = TR_SIGNAL_BIT(SIGSEGV) | TR_SIGNAL_BIT(SIGBUS) | TR_SIGNAL_BIT(SIGILL) |
				TR_SIGNAL_BIT(SIGFPE) | TR_SIGNAL_BIT(SIGTRAP) | TR_SIGNAL_BIT(SIGPROF) |
				TR_SIGNAL_BIT(SIGVTALRM);

	return (info->si_code == SI_USER || info->si_code == SI_KERNEL) && (others & TR_SIGNAL_BIT(sig)) == 0;
}

bool tr_signal_at_way_out(const ucontext_t *uc)
{
	const greg_t *r = uc->uc_mcontext.gregs;
	uint8_t code[2];

	return r[REG_RAX] != -EINTR && tr_copy(code, (const void *)(uintptr_t)(r[REG_RIP] - 2), sizeof(code)) == 0 &&
	       code[0] == 0x0f && code[1] == 0x05;
}

bool tr_signal_hand_back(int sig, const siginfo_t *info)
{
	static const struct timespec now;
	const uint64_t set = TR_SIGNAL_BIT(sig);
	siginfo_t again;
	pid_t pid;

	if (!is_for_process(sig, info))
		return false;
	pid = host_getpid();
	if (pid == host_gettid())
		return false;
	remember(sig, info);
	if (host_kill(pid, sig) == 0)
		let_others_take(pid, sig);
	if (host_call(SYS_rt_sigtimedwait, &set, &again, &now, sizeof(set)) != sig)
		return true;
	/* Nobody else wants it. */
	tr_signal_recall(sig, &again);
	return false;
}
