/* Alternate stacks of 8 KB, handlers on them that make calls, threads with the smallest stack. */
#include "../check.h"

#include <limits.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>

static char alternate[16384] __attribute__((aligned(16)));
static volatile sig_atomic_t on_alternate, calls_ok;
static sigjmp_buf jump;

static bool is_on(const char *p)
{
	return p >= alternate && p < alternate + sizeof(alternate);
}

static void handler(int sig)
{
	struct stat st;
	char here;

	(void)sig;
	on_alternate = is_on(&here);
	calls_ok = stat("/etc", &st) == 0 && access("/nothing", F_OK) == -1;
}

static void overflow(int sig)
{
	struct stat st;

	(void)sig;
	calls_ok = stat("/", &st) == 0;
	siglongjmp(jump, 1);
}

#pragma GCC diagnostic ignored "-Winfinite-recursion"
static int recurse(int n)
{
	volatile char page[4096];

	page[0] = (char)n;
	return recurse(n + 1) + page[0];
}

static void *thread(void *arg)
{
	struct stat st;

	(void)arg;
	for (int i = 0; i < 100; i++)
		if (stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1)
			return (void *)1;
	return NULL;
}

int main(int argc, char **argv)
{
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)}, now;
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK};
	pthread_attr_t attributes;
	pthread_t t[16];
	int failed = 0;

	check_begin(argc, argv);
	CHECK_OK(sigaltstack(&stack, NULL), "an alternate stack of 8 KB");
	CHECK(access("/etc", F_OK) == 0, "a call with an alternate stack");
	CHECK_OK(sigaltstack(NULL, &now), "asks for it");
	CHECK(now.ss_sp == alternate && now.ss_size == sizeof(alternate) && now.ss_flags == 0, "it is as it was set");
	sigaction(SIGUSR1, &act, NULL);
	for (int i = 0; i < 100; i++)
		raise(SIGUSR1);
	CHECK(on_alternate && calls_ok, "a handler on it makes calls");

	act.sa_handler = overflow;
	sigaction(SIGSEGV, &act, NULL);
	for (int i = 0; i < 3; i++)
		if (sigsetjmp(jump, 1) == 0)
			(void)recurse(0);
	CHECK(calls_ok, "a stack overflow is handled on it, three times");

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, PTHREAD_STACK_MIN);
	for (int i = 0; i < 16; i++)
		failed += pthread_create(&t[i], &attributes, thread, NULL) != 0;
	for (int i = 0; i < 16; i++) {
		void *r;

		pthread_join(t[i], &r);
		failed += r != NULL;
	}
	CHECK_EQUAL(failed, 0, "threads with the smallest stack make calls");
	return check_end();
}
