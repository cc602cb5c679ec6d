/*
 * A signal that one thread waits for with sigwait(3) is not delivered to another one that does not block it.
 *
 * conformance: not under ptrace: a thread that was stopped looks for signals again, and is faster than the one that waits
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>

#define ROUNDS 30

static void *kill_soon(void *sig)
{
	usleep(10000);
	kill(getpid(), (int)(long)sig);
	return NULL;
}

static void mask(int how, int sig)
{
	sigset_t s;

	sigemptyset(&s);
	sigaddset(&s, sig);
	pthread_sigmask(how, &s, NULL);
}

static int waited(int sig)
{
	sigset_t s;
	int n = 0;

	sigemptyset(&s);
	sigaddset(&s, sig);
	for (int i = 0; i < ROUNDS; i++) {
		pthread_t other;
		int got;

		/* The other one does not block it, and its default would be the end. */
		pthread_create(&other, NULL, kill_soon, (void *)(long)sig);
		mask(SIG_BLOCK, sig);
		n += sigwait(&s, &got) == 0 && got == sig;
		mask(SIG_UNBLOCK, sig);
		pthread_join(other, NULL);
	}
	return n;
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	CHECK_EQUAL(waited(SIGUSR2), ROUNDS,
		    "sigwait in the first thread gets a signal that another one does not block");
	return check_end();
}
