/*
 * Pitfall 2: realtime signals with values, sent to a process or a thread that waits in calls: all arrive, once, in the
 * order in which they were sent, with what the sender put in.
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>

#define COUNT 1000

static volatile sig_atomic_t next, wrong, first_wrong, foreign, finished;
static pid_t sender;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	if (info->si_value.sival_int != next && wrong++ == 0)
		first_wrong = info->si_value.sival_int;
	if (info->si_code != SI_QUEUE || info->si_pid != sender)
		foreign++;
	next++;
}

static void last(int sig)
{
	(void)sig;
	finished = 1;
}

/* So that no wait lasts for ever when the last signal came just before it. */
static void wake(int sig)
{
	(void)sig;
}

static void restart(void)
{
	next = wrong = foreign = finished = 0;
	first_wrong = -1;
}

static void verdict(const char *how)
{
	CHECK_EQUAL(next, COUNT, how);
	CHECK(wrong == 0, "%s: in order", how);
	if (wrong != 0)
		printf("# the first that is wrong: %d\n", first_wrong);
	CHECK(foreign == 0, "%s: with the sender's own values", how);
}

static void send_to_process(pid_t pid)
{
	for (int i = 0; i < COUNT; i++) {
		while (sigqueue(pid, SIGRTMIN + 1, (union sigval){.sival_int = i}) != 0)
			usleep(100);
		if (i % 37 == 0)
			usleep(300);
	}
	kill(pid, SIGRTMAX);
	_exit(0);
}

static pthread_t target;

static void *send_to_thread(void *arg)
{
	(void)arg;
	for (int i = 0; i < COUNT; i++) {
		while (pthread_sigqueue(target, SIGRTMIN + 1, (union sigval){.sival_int = i}) != 0)
			usleep(100);
		if (i % 37 == 0)
			usleep(300);
	}
	pthread_kill(target, SIGRTMAX);
	return NULL;
}

static int listening, pair[2];

/* The calls in which the signals find the thread. */
static void wait_receive(void)
{
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

	(void)!recvmsg(pair[0], &message, 0);
}

static void wait_accept(void)
{
	struct sockaddr_un from;
	socklen_t size = sizeof(from);

	(void)!accept(listening, (struct sockaddr *)&from, &size);
}

static void wait_suspended(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigsuspend(&none);
}

static void busy(void)
{
	struct stat st;

	stat("/etc/passwd", &st);
}

static const struct {
	const char *name;
	void (*wait)(void);
} waits[] = {
	{"receiving", wait_receive},
	{"accepting", wait_accept},
	{"suspended", wait_suspended},
	{"busy with calls", busy},
};

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct itimerval every = {.it_interval.tv_usec = 50000, .it_value.tv_usec = 50000};
	char text[64];
	sigset_t queued;

	sigemptyset(&queued);
	sigaddset(&queued, SIGRTMIN + 1);
	check_begin(argc, argv);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	NEED(bind(listening, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(listening, 1) == 0);
	sigaction(SIGRTMIN + 1, &act, NULL);
	sigaction(SIGRTMAX, &(struct sigaction){.sa_handler = last}, NULL);
	sigaction(SIGALRM, &(struct sigaction){.sa_handler = wake}, NULL);
	setitimer(ITIMER_REAL, &every, NULL);
	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		pid_t me = getpid();
		pthread_t t;

		restart();
		/* The first signals wait until it is known who sends them. */
		sigprocmask(SIG_BLOCK, &queued, NULL);
		sender = fork();
		if (sender == 0)
			send_to_process(me);
		sigprocmask(SIG_UNBLOCK, &queued, NULL);
		while (!finished)
			waits[i].wait();
		snprintf(text, sizeof(text), "to a process that is %s", waits[i].name);
		verdict(text);
		waitpid(sender, NULL, 0);

		restart();
		sender = me;
		target = pthread_self();
		pthread_create(&t, NULL, send_to_thread, NULL);
		while (!finished)
			waits[i].wait();
		snprintf(text, sizeof(text), "to a thread that is %s", waits[i].name);
		verdict(text);
		pthread_join(t, NULL);
	}
	return check_end();
}
