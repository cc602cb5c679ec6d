/*
 * A call that waits in a handler on an alternate stack, interrupted by a handler that uses the same stack.
 *
 * conformance: not under notify: the supervisor waits in place of the guest, out of reach of its signals
 */
#include "../check.h"

#include <signal.h>
#include <sys/time.h>

static char alternate[16384] __attribute__((aligned(16)));
static volatile sig_atomic_t calls_ok, nested;

static bool is_on(const char *p)
{
	return p >= alternate && p < alternate + sizeof(alternate);
}

static void inner(int sig)
{
	char here;

	(void)sig;
	nested = is_on(&here);
}

static void outer(int sig)
{
	char guard[64];
	stack_t now;

	(void)sig;
	memset(guard, 0x5a, sizeof(guard));
	/* A call that waits, on the alternate stack, interrupted by a handler that uses it too. */
	(void)!open("fifo", O_RDONLY);
	for (size_t i = 0; i < sizeof(guard); i++)
		if (guard[i] != 0x5a)
			calls_ok = 0;
	sigaltstack(NULL, &now);
	if ((now.ss_flags & SS_ONSTACK) == 0)
		calls_ok = 0;
}

int main(int argc, char **argv)
{
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)};
	struct sigaction act = {.sa_handler = inner, .sa_flags = SA_ONSTACK};
	struct itimerval soon = {.it_value.tv_usec = 50000};

	check_begin(argc, argv);
	NEED(mkfifo("fifo", 0600) == 0);
	CHECK_OK(sigaltstack(&stack, NULL), "an alternate stack");
	sigaction(SIGALRM, &act, NULL);
	act.sa_handler = outer;
	sigaction(SIGUSR2, &act, NULL);
	calls_ok = 1;
	setitimer(ITIMER_REAL, &soon, NULL);
	raise(SIGUSR2);
	CHECK(nested, "a handler interrupts a waiting call of another on the same alternate stack");
	CHECK(calls_ok, "which finds its stack as it was");
	return check_end();
}
