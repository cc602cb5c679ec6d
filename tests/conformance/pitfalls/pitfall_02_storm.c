/* A timer storm over threads that make translated calls all the time: every call right, every frame the guest's own. */
#include "../storm.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>

#define THREADS 8
#define SECONDS 2

static atomic_long signals, foreign, wrong, calls;
static atomic_bool stop;
static char *text_begin, *text_end;

/* The program's and its libraries' code is below 0x8000_0000_0000 and never where only a translator could be. */
static bool is_foreign(uintptr_t pc)
{
	return pc >= 0x550000000000 && pc < 0x552000000000;
}

static void handler(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;

	(void)sig;
	(void)info;
	signals++;
	if (is_foreign((uintptr_t)uc->uc_mcontext.gregs[REG_RIP]))
		foreign++;
}

static void *work(void *arg)
{
	char name[32];
	struct stat st;
	long n = 0;

	snprintf(name, sizeof(name), "file%ld", (long)arg);
	while (!stop) {
		int fd = open(name, O_RDWR | O_CREAT, 0600);

		if (fd < 0)
			wrong++;
		else if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode) || close(fd) != 0)
			wrong++;
		if (access("nothing", F_OK) != -1 || errno != ENOENT)
			wrong++;
		if (unlink(name) != 0 || stat(name, &st) != -1)
			wrong++;
		n++;
	}
	calls += n;
	return NULL;
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec every = {0};
	pthread_t t[THREADS];
	timer_t timer;
	long interval;

	(void)text_begin;
	(void)text_end;
	check_begin(argc, argv);
	sigaction(SIGRTMIN, &act, NULL);
	CHECK_OK(timer_create(CLOCK_MONOTONIC, &event, &timer), "makes a timer");
	interval = storm_interval(200, storm_call);
	every.it_interval.tv_nsec = every.it_value.tv_nsec = interval * 1000;
	timer_settime(timer, 0, &every, NULL);
	for (long i = 0; i < THREADS; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (time_t end = time(NULL) + SECONDS; time(NULL) < end;)
		usleep(10000);
	stop = true;
	timer_delete(timer);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK(signals > SECONDS * 1000000 / interval / 10, "signals came");
	CHECK(calls > 100, "calls were made");
	CHECK_EQUAL(wrong, 0, "every call was right");
	CHECK_EQUAL(foreign, 0, "no handler saw a foreign pc");
	return check_end();
}
