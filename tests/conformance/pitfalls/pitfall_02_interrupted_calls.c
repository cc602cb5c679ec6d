/*
 * Calls that wait, interrupted: EINTR, SA_RESTART, siglongjmp out of the handler, cancellation with clean-up handlers.
 *
 * conformance: not under notify: the supervisor waits in place of the guest, out of reach of its signals
 */
#include "../check.h"

#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

static volatile sig_atomic_t count;
static sigjmp_buf jump;

static void handler(int sig)
{
	(void)sig;
	count++;
}

static void jumper(int sig)
{
	(void)sig;
	count++;
	siglongjmp(jump, 1);
}

static void set(int sig, void (*f)(int), int flags)
{
	struct sigaction act = {.sa_handler = f, .sa_flags = flags};

	sigaction(sig, &act, NULL);
}

static void timer(long microseconds, long interval)
{
	struct itimerval t = {.it_value.tv_usec = microseconds, .it_interval.tv_usec = interval};

	setitimer(ITIMER_REAL, &t, NULL);
}

static void *open_other_end(void *name)
{
	usleep(150000);
	return (void *)(long)open(name, O_WRONLY);
}

static volatile int cleaned;

static void clean(void *arg)
{
	(void)arg;
	cleaned = 1;
}

static void *wait_for_ever(void *name)
{
	pthread_cleanup_push(clean, NULL);
	(void)!open(name, O_RDONLY);
	pthread_cleanup_pop(0);
	return NULL;
}

static void *accept_for_ever(void *fd)
{
	struct sockaddr_un from;
	socklen_t size = sizeof(from);

	pthread_cleanup_push(clean, NULL);
	(void)!accept(*(int *)fd, (struct sockaddr *)&from, &size);
	pthread_cleanup_pop(0);
	return NULL;
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"}, from;
	socklen_t size = sizeof(from);
	int listening;
	pthread_t t;
	void *result;
	long fd;

	check_begin(argc, argv);
	CHECK_OK(mkfifo("fifo", 0600), "makes a FIFO");

	set(SIGALRM, handler, 0);
	timer(50000, 0);
	CHECK_ERRNO(open("fifo", O_RDONLY), EINTR, "opening a FIFO is interrupted");
	CHECK_EQUAL(count, 1, "its handler ran once");

	set(SIGALRM, handler, SA_RESTART);
	count = 0;
	timer(30000, 30000);
	pthread_create(&t, NULL, open_other_end, (void *)"fifo");
	fd = open("fifo", O_RDONLY);
	timer(0, 0);
	CHECK(fd >= 0, "opening a FIFO is restarted");
	CHECK(count >= 2, "the handler ran meanwhile");
	pthread_join(t, &result);
	CHECK((long)result >= 0, "the other end is open");
	close((int)fd);
	close((int)(long)result);

	set(SIGALRM, jumper, 0);
	count = 0;
	for (volatile int i = 0; i < 200; i++)
		if (sigsetjmp(jump, 1) == 0) {
			timer(1000, 0);
			(void)!open("fifo", O_RDONLY);
		}
	CHECK_EQUAL(count, 200, "siglongjmp leaves a waiting call 200 times");

	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	CHECK_OK(bind(listening, (struct sockaddr *)&name, sizeof(name)), "binds");
	CHECK_OK(listen(listening, 5), "listens");
	set(SIGALRM, handler, 0);
	count = 0;
	timer(50000, 0);
	CHECK_ERRNO(accept(listening, (struct sockaddr *)&from, &size), EINTR, "accept with an address is interrupted");
	CHECK_EQUAL(count, 1, "its handler ran");

	cleaned = 0;
	pthread_create(&t, NULL, wait_for_ever, (void *)"fifo");
	usleep(50000);
	pthread_cancel(t);
	pthread_join(t, &result);
	CHECK(result == PTHREAD_CANCELED && cleaned == 1, "cancelling an open runs the clean-up handlers");
	cleaned = 0;
	pthread_create(&t, NULL, accept_for_ever, &listening);
	usleep(50000);
	pthread_cancel(t);
	pthread_join(t, &result);
	CHECK(result == PTHREAD_CANCELED && cleaned == 1, "cancelling an accept runs the clean-up handlers");
	return check_end();
}
