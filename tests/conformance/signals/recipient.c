/* Which thread takes a signal that is sent to the process: the first one, if it does not block it. */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <time.h>

#define ROUNDS 30

static volatile sig_atomic_t by_first, by_others, sender;
static volatile int stop;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	sender = info->si_pid;
	if (gettid() == getpid())
		by_first++;
	else
		by_others++;
}

static void *kill_soon(void *sig)
{
	usleep(30000);
	kill(getpid(), (int)(long)sig);
	return NULL;
}

static void *rest(void *result)
{
	struct timespec t = {.tv_nsec = 200000000};

	*(int *)result = nanosleep(&t, NULL);
	return NULL;
}

static void *make_calls(void *arg)
{
	struct stat st;

	while (!stop) {
		(void)!stat("/etc/passwd", &st);
		close(open("/etc/passwd", O_RDONLY));
	}
	return arg;
}

static void set(int sig)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	sigaction(sig, &act, NULL);
	by_first = by_others = 0;
}

static void mask(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	pthread_sigmask(how, &s, NULL);
}

/* The first thread sleeps, and another one sends. */
static int interrupted_by_thread(int sig)
{
	int n = 0;

	for (int i = 0; i < ROUNDS; i++) {
		struct timespec t = {.tv_nsec = 300000000};
		pthread_t other;

		pthread_create(&other, NULL, kill_soon, (void *)(long)sig);
		n += nanosleep(&t, NULL) == -1;
		pthread_join(other, NULL);
	}
	return n;
}

/* The first thread sleeps, others are busy, and somebody else sends. */
static void interrupted_by_process(int sig, int *ret_times, int *ret_senders)
{
	*ret_times = *ret_senders = 0;
	for (int i = 0; i < ROUNDS; i++) {
		struct timespec t = {.tv_nsec = 300000000};
		pid_t child = fork();

		if (child == 0) {
			usleep(30000);
			kill(getppid(), sig);
			_exit(0);
		}
		*ret_times += nanosleep(&t, NULL) == -1;
		*ret_senders += sender == child;
		waitpid(child, NULL, 0);
	}
}

int main(int argc, char **argv)
{
	int slept[3], times, senders, before = 0;
	pthread_t t[3];

	check_begin(argc, argv);
	set(SIGUSR1);
	CHECK_EQUAL(interrupted_by_thread(SIGUSR1), ROUNDS, "a thread's kill interrupts the first thread");
	CHECK_EQUAL(by_first, ROUNDS, "its handler runs there");
	CHECK_EQUAL(by_others, 0, "and nowhere else");
	CHECK_EQUAL(sender, getpid(), "the sender is the process");

	set(SIGUSR1);
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, rest, &slept[i]);
	usleep(20000);
	for (int i = 0; i < ROUNDS; i++) {
		kill(getpid(), SIGUSR1);
		before += by_first == i + 1;
	}
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	CHECK_EQUAL(before, ROUNDS, "the first thread's own kill is handled before it returns");
	CHECK(slept[0] == 0 && slept[1] == 0 && slept[2] == 0, "no other thread is disturbed");

	set(SIGUSR1);
	mask(SIG_BLOCK, SIGUSR1);
	pthread_create(&t[0], NULL, kill_soon, (void *)(long)SIGUSR1);
	pthread_join(t[0], NULL);
	CHECK_EQUAL(by_others, 0, "a thread inherits what is blocked");
	mask(SIG_UNBLOCK, SIGUSR1);
	CHECK_EQUAL(by_first, 1, "unblocking delivers");

	/* A scheduler may let another thread see one first. */
	for (int i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, make_calls, NULL);
	set(SIGUSR1);
	interrupted_by_process(SIGUSR1, &times, &senders);
	CHECK(times >= ROUNDS - 3, "another process's kill interrupts the first thread, whatever the others do");
	CHECK_EQUAL(senders, ROUNDS, "the sender is that process");
	CHECK_EQUAL(by_first + by_others, ROUNDS, "none is lost, none comes twice");
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	return check_end();
}
