/*
 * Pitfall 2: a profiler and a timer while threads load and unload libraries, look up names and exit.
 *
 * conformance: dynamic
 */
#include "../storm.h"

#include <dlfcn.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

static atomic_long signals, foreign, wrong, loads;
static atomic_bool stop;

static void handler(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	unsigned long pc = (unsigned long)uc->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	signals++;
	foreign += pc >= 0x550000000000 && pc < 0x552000000000;
}

static void *load(void *arg)
{
	const char *name = arg;

	while (!stop) {
		void *l = dlopen(name, RTLD_NOW);

		if (l == NULL || dlclose(l) != 0)
			wrong++;
		if (dlopen("/nothing.so", RTLD_NOW) != NULL)
			wrong++;
		loads++;
	}
	return NULL;
}

static void *nothing(void *arg)
{
	return arg;
}

static void *threads(void *arg)
{
	while (!stop) {
		pthread_t t;
		void *r;

		if (pthread_create(&t, NULL, nothing, arg) != 0 || pthread_join(t, &r) != 0 || r != arg)
			wrong++;
	}
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct itimerval often = {.it_value.tv_usec = 1000, .it_interval.tv_usec = 1000};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec every = {0};
	pthread_t t[4];
	timer_t timer;

	check_begin(argc, argv);
	sigaction(SIGRTMIN, &act, NULL);
	sigaction(SIGPROF, &act, NULL);
	NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	every.it_value.tv_nsec = every.it_interval.tv_nsec = storm_interval(200, storm_call) * 1000;
	timer_settime(timer, 0, &every, NULL);
	setitimer(ITIMER_PROF, &often, NULL);
	pthread_create(&t[0], NULL, load, (void *)"libm.so.6");
	pthread_create(&t[1], NULL, load, (void *)"libresolv.so.2");
	pthread_create(&t[2], NULL, load, (void *)"libutil.so.1");
	pthread_create(&t[3], NULL, threads, &t);
	for (time_t end = time(NULL) + 15; time(NULL) < end && (signals <= 2000 || loads <= 200);)
		usleep(10000);
	stop = true;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	setitimer(ITIMER_PROF, &(struct itimerval){{0}, {0}}, NULL);
	timer_delete(timer);
	CHECK(signals > 500 && loads > 50, "signals came, libraries were loaded");
	CHECK_EQUAL(wrong, 0, "all was right");
	CHECK_EQUAL(foreign, 0, "no handler saw a foreign pc");
	return check_end();
}
