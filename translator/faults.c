/*
 * Threads that block SIGSEGV or SIGBUS. A bad address in a call of theirs must be -EFAULT as well, so while there is one, patched
 * calls run as a trap does: with everything masked but these two. All changes of masks come by here: calls, handlers, their returns.
 * A thread that begins with its creator's mask is missed until it sets one.
 */
#include "base/host.h"
#include "translator/state.h"

#define THREADS 32
#define FAULTS  (TR_SIGNAL_BIT(SIGSEGV) | TR_SIGNAL_BIT(SIGBUS))

static _Atomic pid_t threads[THREADS] COLD;
/* How many entries are taken, and one for ever where there was no room. */
static _Atomic uint32_t used;

bool tr_faults_are_blocked(void)
{
	return atomic_load_explicit(&used, memory_order_relaxed) != 0;
}

static bool replace(pid_t old, pid_t new)
{
	for (unsigned i = 0; i < THREADS; i++) {
		pid_t expected = old;

		if (atomic_load_explicit(&threads[i], memory_order_relaxed) == old &&
		    atomic_compare_exchange_strong(&threads[i], &expected, new))
			return true;
	}
	return false;
}

static bool is_known(pid_t tid)
{
	for (unsigned i = 0; i < THREADS; i++)
		if (atomic_load_explicit(&threads[i], memory_order_relaxed) == tid)
			return true;
	return false;
}

void tr_faults_mask_is(uint64_t mask)
{
	bool blocked = (mask & FAULTS) != 0;
	pid_t tid;

	if (TR_INSTANCE->text[0] == '\0' || (!blocked && !tr_faults_are_blocked()))
		return;
	tid = host_gettid();
	if (!blocked) {
		if (replace(tid, 0))
			atomic_fetch_sub(&used, 1);
	} else if (!is_known(tid)) {
		(void)replace(0, tid);
		atomic_fetch_add(&used, 1);
	}
}

void tr_faults_after_fork(void)
{
	uint64_t mask = 0;

	if (!tr_faults_are_blocked())
		return;
	for (unsigned i = 0; i < THREADS; i++)
		atomic_store(&threads[i], 0);
	atomic_store(&used, 0);
	(void)host_call(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &mask, sizeof(mask));
	/* Where it is a trap's, the guest's is not known: it blocks them until it says otherwise. */
	tr_faults_mask_is(mask | FAULTS);
}
