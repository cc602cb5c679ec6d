/*
 * Pitfall 3: stacks of 8 KB by makecontext, the smallest alternate stack that the system asks for, and calls on them, also
 * interrupted ones.
 */
#include "../storm.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <ucontext.h>

#define CONTEXTS 20
#define STACK    8192

static ucontext_t back, contexts[CONTEXTS];
static int finished, wrong, pair[2];
static atomic_int alarms, threads_wrong;

/* A stack with nothing on both sides. */
static char *make_stack(size_t size)
{
	char *p = mmap(NULL, size + 8192, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	NEED(p != MAP_FAILED && mprotect(p + 4096, size, PROT_READ | PROT_WRITE) == 0);
	return p + 4096;
}

static void body(int n)
{
	struct stat st;

	for (int i = 0; i < 20; i++) {
		if (stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1 || errno != ENOENT)
			wrong++;
		swapcontext(&contexts[n], n + 1 < CONTEXTS ? &contexts[n + 1] : &back);
	}
	finished++;
}

static void handler(int sig)
{
	struct stat st;

	(void)sig;
	alarms++;
	if (stat("/etc/passwd", &st) != 0)
		wrong++;
}

static void *in_thread(void *arg)
{
	stack_t own = {.ss_size = (size_t)(long)arg};
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

	own.ss_sp = make_stack(own.ss_size);
	if (sigaltstack(&own, NULL) != 0)
		threads_wrong++;
	for (int i = 0; i < 50; i++) {
		pthread_kill(pthread_self(), SIGUSR1);
		(void)!recvmsg(pair[0], &message, MSG_DONTWAIT);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct itimerval often = {0}, never = {0};
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_ONSTACK | SA_RESTART};
	/* What the kernel says that it needs, and as much again as an ordinary handler does. */
	size_t smallest = (getauxval(AT_MINSIGSTKSZ) + 2048 + 4095) & ~4095ul;
	stack_t alternate = {.ss_size = smallest};
	pthread_t t[8];

	check_begin(argc, argv);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	for (int i = 0; i < CONTEXTS; i++) {
		getcontext(&contexts[i]);
		contexts[i].uc_stack.ss_sp = make_stack(STACK);
		contexts[i].uc_stack.ss_size = STACK;
		contexts[i].uc_link = &back;
		makecontext(&contexts[i], (void (*)(void))body, 1, i);
	}
	for (int i = 0; i < 20; i++)
		swapcontext(&back, &contexts[0]);
	CHECK_EQUAL(wrong, 0, "calls in twenty contexts with stacks of 8 KB");

	alternate.ss_sp = make_stack(smallest);
	CHECK_OK(sigaltstack(&alternate, NULL), "an alternate stack as small as the system allows, and 2 KB");
	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	often.it_value.tv_usec = often.it_interval.tv_usec = storm_interval(1000, storm_call);
	setitimer(ITIMER_REAL, &often, NULL);
	for (int i = 0; i < CONTEXTS; i++) {
		getcontext(&contexts[i]);
		makecontext(&contexts[i], (void (*)(void))body, 1, i);
	}
	while (alarms < 100) {
		struct stat st;

		if (stat("/etc/passwd", &st) != 0)
			wrong++;
	}
	for (int i = 0; i < 20; i++)
		swapcontext(&back, &contexts[0]);
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK_EQUAL(wrong, 0, "the same with handlers on it that make calls");

	for (int i = 0; i < 8; i++)
		NEED(pthread_create(&t[i], NULL, in_thread, (void *)smallest) == 0);
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	CHECK(threads_wrong == 0 && wrong == 0, "eight threads with such stacks");

	/* With SS_AUTODISARM the kernel gives the alternate stack up while a handler is on it, and back at its end. */
	alternate.ss_flags = (int)(1u << 31);
	if (sigaltstack(&alternate, NULL) == 0) {
		stack_t now;

		for (int i = 0; i < 50; i++)
			raise(SIGUSR1);
		sigaltstack(NULL, &now);
		CHECK(wrong == 0 && now.ss_sp == alternate.ss_sp && now.ss_flags == alternate.ss_flags,
		      "SS_AUTODISARM");
	} else {
		check_skip("SS_AUTODISARM", "not known");
	}
	return check_end();
}
