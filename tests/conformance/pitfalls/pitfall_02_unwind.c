/*
 * Pitfall 2: handlers that unwind. Wherever a signal finds the thread (in its own code, in calls that are over at once, in
 * calls that wait), the way from the handler leads through the functions that made the call, down to main.
 */
#include "../check.h"

#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unwind.h>

#define FRAMES 64

static volatile sig_atomic_t samples, complete, in_caller, in_main;
static sig_atomic_t foreign;
static int pair[2];

static _Unwind_Reason_Code take(struct _Unwind_Context *context, void *arg);
static long waits(int which);
int main(int argc, char **argv);

struct trace {
	int n;
	bool caller, main;
};

static _Unwind_Reason_Code take(struct _Unwind_Context *context, void *arg)
{
	struct trace *t = arg;
	uintptr_t ip = _Unwind_GetIP(context);
	void *function = _Unwind_FindEnclosingFunction((void *)(ip - 1));

	t->caller |= function == (void *)waits;
	t->main |= function == (void *)main;
	if (ip >= 0x550000000000 && ip < 0x552000000000)
		foreign++;
	return ++t->n < FRAMES ? _URC_NO_REASON : _URC_END_OF_STACK;
}

static void handler(int sig)
{
	struct trace t = {0};

	(void)sig;
	_Unwind_Backtrace(take, &t);
	samples++;
	complete += t.n > 2 && t.n < FRAMES;
	in_caller += t.caller;
	in_main += t.main;
}

/* Not inlined, and with something to do after its calls. */
__attribute__((noinline, noclone)) static long waits(int which)
{
	struct stat st;
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
	long r;

	if (which == 0)
		r = stat("/etc/passwd", &st);
	else if (which == 1)
		r = recvmsg(pair[0], &message, 0);
	else
		r = pause();
	return r + 1;
}

static void set(int sig, int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};

	sigaction(sig, &act, NULL);
}

static void restart(void)
{
	samples = complete = in_caller = in_main = 0;
}

static void verdict(const char *where, int least)
{
	CHECK(samples >= least, "%s: handlers ran", where);
	CHECK(complete == samples && in_main == samples, "%s: each unwound to main", where);
	CHECK(in_caller == samples, "%s: through the function that made the call", where);
}

int main(int argc, char **argv)
{
	struct itimerval soon = {.it_value.tv_usec = 10000};
	struct itimerval often = {.it_value.tv_usec = 1000, .it_interval.tv_usec = 1000}, never = {0};

	check_begin(argc, argv);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	set(SIGALRM, 0);
	for (int i = 0; i < 20; i++) {
		setitimer(ITIMER_REAL, &soon, NULL);
		(void)waits(1);
	}
	verdict("in a translated call that waits", 20);
	restart();
	for (int i = 0; i < 20; i++) {
		setitimer(ITIMER_REAL, &soon, NULL);
		(void)waits(2);
	}
	verdict("in a plain call that waits", 20);

	/* A profiler. Signals that come outside of waits() cannot be in it. */
	restart();
	set(SIGPROF, SA_RESTART);
	setitimer(ITIMER_PROF, &often, NULL);
	for (int i = 0; i < 2000000 && samples < 100; i++)
		(void)waits(0);
	setitimer(ITIMER_PROF, &never, NULL);
	CHECK(samples >= 100, "profiled: handlers ran");
	CHECK(complete == samples && in_main == samples, "profiled: each unwound to main");
	CHECK(in_caller * 2 > samples, "profiled: most of them through the function that made calls");
	CHECK_EQUAL(foreign, 0, "no frame is anybody else's");
	return check_end();
}
