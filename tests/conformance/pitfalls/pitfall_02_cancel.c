/*
 * Pitfall 2: threads that are cancelled while they wait in calls, or between them, by deferred and asynchronous
 * cancellation: all end, each with its clean-up handlers, at once; and a thread that a signal's handler ends by itself.
 */
#include "../check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/un.h>

#define ROUNDS 60

static atomic_int cleaned, started;
static int listening, pair[2];

static void clean(void *arg)
{
	(void)arg;
	cleaned++;
}

static void in_accept(void)
{
	struct sockaddr_un from;
	socklen_t size = sizeof(from);

	(void)!accept(listening, (struct sockaddr *)&from, &size);
}

static void in_recvmsg(void)
{
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

	(void)!recvmsg(pair[0], &message, 0);
}

static void in_open(void)
{
	int fd = open("/etc/passwd", O_RDONLY);

	if (fd >= 0)
		close(fd);
}

static void in_sigsuspend(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static void in_ppoll(void)
{
	sigset_t none;

	sigemptyset(&none);
	(void)!ppoll(NULL, 0, NULL, &none);
}

static void in_read(void)
{
	char byte;

	(void)!read(pair[0], &byte, 1);
}

static const struct {
	const char *name;
	void (*wait)(void);
} calls[] = {
	{"accept", in_accept}, {"recvmsg", in_recvmsg}, {"sigsuspend", in_sigsuspend},
	{"ppoll", in_ppoll},   {"read", in_read},       {"open and close", in_open},
};

static void *deferred(void *arg)
{
	void (*wait)(void) = calls[(long)arg].wait;

	pthread_cleanup_push(clean, NULL);
	started++;
	for (;;)
		wait();
	pthread_cleanup_pop(0);
	return NULL;
}

static void *asynchronous(void *arg)
{
	struct stat st;

	(void)arg;
	pthread_cleanup_push(clean, NULL);
	pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, NULL);
	started++;
	/* Nothing here holds anything. */
	for (;;)
		(void)!syscall(SYS_stat, "/etc/passwd", &st);
	pthread_cleanup_pop(0);
	return NULL;
}

static int cancel_many(void *(*body)(void *), long arg, int delay)
{
	int failed = 0;

	cleaned = 0;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_t t;
		void *r;

		started = 0;
		NEED(pthread_create(&t, NULL, body, (void *)arg) == 0);
		while (started == 0)
			usleep(100);
		if (delay >= 0)
			usleep((useconds_t)(delay * (i % 5)));
		pthread_cancel(t);
		pthread_join(t, &r);
		failed += r != PTHREAD_CANCELED;
	}
	return failed + (cleaned != ROUNDS);
}

static void leave(int sig)
{
	(void)sig;
	pthread_exit((void *)7);
}

static void *left(void *arg)
{
	pthread_cleanup_push(clean, NULL);
	started++;
	calls[(long)arg].wait();
	pthread_cleanup_pop(0);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct sigaction act = {.sa_handler = leave};

	check_begin(argc, argv);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	NEED(bind(listening, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(listening, 5) == 0);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	for (long i = 0; i < (long)(sizeof(calls) / sizeof(calls[0])); i++) {
		CHECK(cancel_many(deferred, i, -1) == 0, "cancelled at once: %s", calls[i].name);
		CHECK(cancel_many(deferred, i, 500) == 0, "cancelled soon: %s", calls[i].name);
	}
	CHECK_EQUAL(cancel_many(asynchronous, 0, 300), 0, "cancelled asynchronously between calls");

	sigaction(SIGUSR1, &act, NULL);
	for (long i = 0; i < 5; i++) {
		pthread_t t;
		void *r;

		started = cleaned = 0;
		pthread_create(&t, NULL, left, (void *)i);
		while (started == 0)
			usleep(100);
		usleep(2000);
		pthread_kill(t, SIGUSR1);
		pthread_join(t, &r);
		CHECK(r == (void *)7 && cleaned == 1, "a handler ends its thread: %s", calls[i].name);
	}
	return check_end();
}
