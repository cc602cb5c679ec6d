/*
 * What calls promise that wait with a signal mask of their own: it is in force while they wait and not a moment longer.
 *
 * A program says how its call is made: wait_with(mask, size, milliseconds) by number, with nothing to wait for; the time is
 * how long it may take at most (a call that has none waits until a signal comes).
 */
#ifndef LX_TESTS_CONFORMANCE_SIGNALS_MASK_COMMON_H
#define LX_TESTS_CONFORMANCE_SIGNALS_MASK_COMMON_H

#include "../check.h"

#include <signal.h>
#include <sys/time.h>
#include <time.h>

#define MASK_SIZE 8

static volatile sig_atomic_t usr1, usr2, masked_inside;

static void mask_handler(int sig)
{
	sigset_t now;

	if (sig == SIGUSR1)
		usr1++;
	else
		usr2++;
	sigprocmask(SIG_BLOCK, NULL, &now);
	masked_inside = sigismember(&now, SIGUSR2) != 0;
}

static void mask_prepare(void)
{
	struct sigaction act = {.sa_handler = mask_handler};

	sigaction(SIGUSR1, &act, NULL);
	sigaction(SIGUSR2, &act, NULL);
	sigaction(SIGALRM, &act, NULL);
}

static sigset_t set_of(int a, int b)
{
	sigset_t s;

	sigemptyset(&s);
	if (a != 0)
		sigaddset(&s, a);
	if (b != 0)
		sigaddset(&s, b);
	return s;
}

static bool mask_is(sigset_t want)
{
	sigset_t now;

	sigprocmask(SIG_BLOCK, NULL, &now);
	for (int sig = 1; sig < 32; sig++)
		if (sigismember(&now, sig) != sigismember(&want, sig))
			return false;
	return true;
}

CHECK_UNUSED static double mask_clock(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void send_soon(int sig)
{
	pid_t child = fork();

	NEED(child >= 0);
	if (child == 0) {
		usleep(100000);
		kill(getppid(), sig);
		_exit(0);
	}
}

typedef long mask_wait(const void *mask, size_t size, int milliseconds);

/* has_time: the call ends by itself; then its result is 0. null_waits: it takes NULL for "the mask as it is". */
static void check_mask(mask_wait *wait_with, bool has_time, bool null_waits)
{
	sigset_t blocked = set_of(SIGUSR1, 0), all, none = set_of(0, 0), usr2_blocked = set_of(SIGUSR2, 0);

	mask_prepare();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &blocked, NULL);

	raise(SIGUSR1);
	CHECK(usr1 == 0, "a blocked signal is pending");
	CHECK_ERRNO(wait_with(&usr2_blocked, MASK_SIZE, 5000), EINTR, "a mask that lets it through");
	CHECK(usr1 == 1 && masked_inside == 1, "its handler ran once, under that mask");
	CHECK(mask_is(blocked), "the mask is the old one again");

	send_soon(SIGUSR1);
	CHECK_ERRNO(wait_with(&none, MASK_SIZE, 5000), EINTR, "a signal that comes while it waits");
	CHECK(usr1 == 2 && mask_is(blocked), "the same");
	wait(NULL);

	/* SIGSYS as well: nothing may end because it is blocked. */
	sigdelset(&all, SIGALRM);
	raise(SIGUSR1);
	setitimer(ITIMER_REAL, &(struct itimerval){.it_value.tv_usec = 100000}, NULL);
	CHECK_ERRNO(wait_with(&all, MASK_SIZE, 5000), EINTR, "all signals but one are blocked");
	CHECK(usr1 == 2 && usr2 == 1, "only that one came");
	CHECK(mask_is(blocked), "the mask is the old one again");

	if (has_time) {
		sigprocmask(SIG_SETMASK, &none, NULL);
		CHECK_EQUAL(usr1, 3, "the pending one comes when it may");
		sigfillset(&all);
		send_soon(SIGUSR1);
		CHECK_EQUAL(wait_with(&all, MASK_SIZE, 300), 0, "a mask that holds everything back: the time is over");
		CHECK_EQUAL(usr1, 4, "what was held back comes behind the call");
		CHECK_EQUAL(wait_with(&all, MASK_SIZE, 0), 0, "no time at all");
		wait(NULL);
	}
	if (has_time && null_waits) {
		CHECK_EQUAL(wait_with(NULL, MASK_SIZE, 10), 0, "no mask");
		send_soon(SIGUSR1);
		CHECK_ERRNO(wait_with(NULL, MASK_SIZE, 5000), EINTR, "no mask: interrupted");
		CHECK_EQUAL(usr1, 5, "its handler ran");
		wait(NULL);
	}
	CHECK_ERRNO(wait_with(&none, 4, 0), EINVAL, "a mask of another size");
	CHECK_ERRNO(wait_with((void *)8, MASK_SIZE, 0), EFAULT, "a mask that is not there");
	CHECK(access("/", F_OK) == 0, "a call afterwards");
}

#endif
