/* rt_sigprocmask(2): what is set is what is read and what is in force; SIGSYS is a signal like any other. */
#include "../check.h"

#include <signal.h>

#define BIT(sig) (1ull << ((sig)-1))

static volatile sig_atomic_t seen;

static void handler(int sig)
{
	seen = sig;
}

static long call(int how, const void *set, void *old, size_t size)
{
	return syscall(SYS_rt_sigprocmask, how, set, old, size);
}

static uint64_t current(void)
{
	uint64_t now = ~0ull;

	if (call(SIG_BLOCK, NULL, &now, 8) != 0)
		return ~0ull;
	return now;
}

static void setting(void)
{
	uint64_t set = BIT(SIGUSR1) | BIT(40), old = 77;

	CHECK_OK(call(SIG_SETMASK, &set, &old, 8), "sets a mask");
	CHECK_EQUAL(old, 0, "the old one is told");
	CHECK_EQUAL(current(), set, "the new one is in force");
	set = BIT(SIGUSR2);
	CHECK_OK(call(SIG_BLOCK, &set, &old, 8), "blocks one more");
	CHECK_EQUAL(old, BIT(SIGUSR1) | BIT(40), "the old one is told again");
	CHECK_EQUAL(current(), BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(40), "all are blocked");
	set = BIT(40) | BIT(41);
	CHECK_OK(call(SIG_UNBLOCK, &set, NULL, 8), "lets one go");
	CHECK_EQUAL(current(), BIT(SIGUSR1) | BIT(SIGUSR2), "the others stay");
	set = ~0ull;
	CHECK_OK(call(SIG_SETMASK, &set, &set, 8), "one place for both masks");
	CHECK_EQUAL(set, BIT(SIGUSR1) | BIT(SIGUSR2), "holds the old one then");
	CHECK_EQUAL(current() & (BIT(SIGKILL) | BIT(SIGSTOP)), 0, "two signals cannot be blocked");
	CHECK_EQUAL(current() | BIT(SIGKILL) | BIT(SIGSTOP) | BIT(SIGSYS), ~0ull, "all others can");
	CHECK(access("/", F_OK) == 0, "a call with all of them blocked");
	set = 0;
	CHECK_OK(call(SIG_SETMASK, &set, NULL, 8), "unblocks all");
	CHECK_EQUAL(current(), 0, "none is left");
}

static void pending(void)
{
	uint64_t set = BIT(SIGUSR1), waiting = 0;

	signal(SIGUSR1, handler);
	CHECK_OK(call(SIG_BLOCK, &set, NULL, 8), "blocks one");
	raise(SIGUSR1);
	CHECK(seen == 0, "it waits");
	CHECK(syscall(SYS_rt_sigpending, &waiting, 8) == 0 && waiting == BIT(SIGUSR1), "and is said to");
	CHECK_OK(call(SIG_UNBLOCK, &set, NULL, 8), "unblocks it");
	CHECK(seen == SIGUSR1, "it has come before the call is back");
}

static void errors(void)
{
	uint64_t set = 0;

	CHECK_ERRNO(call(17, &set, NULL, 8), EINVAL, "an unknown way");
	CHECK_OK(call(17, NULL, &set, 8), "which nobody looks at without a set");
	CHECK_ERRNO(call(SIG_BLOCK, &set, NULL, 4), EINVAL, "another size");
	CHECK_ERRNO(call(SIG_BLOCK, &set, NULL, 16), EINVAL, "a larger one");
	CHECK_ERRNO(call(SIG_SETMASK, (void *)8, NULL, 8), EFAULT, "a set that is not there");
	CHECK_ERRNO(call(SIG_SETMASK, NULL, (void *)8, 8), EFAULT, "no room for the old one");
	CHECK_EQUAL(current(), 0, "nothing was changed");
	set = BIT(SIGUSR1);
	CHECK_ERRNO(call(SIG_SETMASK, &set, (void *)8, 8), EFAULT, "no room for the old one of a change");
	CHECK_EQUAL(current(), BIT(SIGUSR1), "which has happened");
}

int main(int argc, char **argv)
{
	uint64_t none = 0;

	check_begin(argc, argv);
	NEED(call(SIG_SETMASK, &none, NULL, 8) == 0);
	setting();
	pending();
	errors();
	return check_end();
}
