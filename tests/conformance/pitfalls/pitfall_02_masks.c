/*
 * Pitfall 2: what a handler finds as its mask, in force and in its frame, wherever the signal met the thread; and what is
 * in force afterwards. The masks are printed, so that they are compared with those of the plain kernel.
 */
#include "../check.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <ucontext.h>

static sigjmp_buf jump;
static volatile bool leap;
static volatile int depth, edit, raise_inside, seen;
static const struct timespec long_time = {.tv_sec = 10};

/* Without SIGSYS, which is never blocked in truth (a gap of rt_sigprocmask that the table tells of). */
static unsigned long bits(const sigset_t *set)
{
	return ((const unsigned long *)set)[0] & ~(1ul << (SIGSYS - 1));
}

static unsigned long in_force(void)
{
	sigset_t now;

	sigprocmask(SIG_SETMASK, NULL, &now);
	return bits(&now);
}

static void handler(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int in = depth++;

	printf("ok -   signal %d (code %d) at depth %d: frame %016lx, in force %016lx\n", sig, info->si_code, in,
	       bits(&uc->uc_sigmask), in_force());
	seen++;
	if (raise_inside != 0) {
		int other = raise_inside;

		raise_inside = 0;
		raise(other);
		printf("ok -   signal %d at depth %d again: in force %016lx\n", sig, in, in_force());
	}
	if (edit != 0)
		sigaddset(&uc->uc_sigmask, edit);
	edit = 0;
	depth--;
	if (leap)
		siglongjmp(jump, 1);
}

static void set(int sig, int flags, const int *also)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags};

	for (; also != NULL && *also != 0; also++)
		sigaddset(&act.sa_mask, *also);
	NEED(sigaction(sig, &act, NULL) == 0);
}

#define ALSO(...) ((const int[]){__VA_ARGS__, 0})

static void mask(int how, const int *which)
{
	sigset_t s;

	sigemptyset(&s);
	for (; *which != 0; which++)
		sigaddset(&s, *which);
	sigprocmask(how, &s, NULL);
}

static void alarm_in(long microseconds)
{
	struct itimerval t = {.it_value.tv_usec = microseconds};

	setitimer(ITIMER_REAL, &t, NULL);
}

static void after(const char *what, long r)
{
	CHECK(true, "%s: %s %d, afterwards %016lx, %d signals", what, r < 0 ? "errno" : "result", r < 0 ? errno : 0,
	      in_force(), seen);
	seen = 0;
}

static void waits(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"}, from;
	socklen_t size = sizeof(from);
	sigset_t other;
	int s = socket(AF_UNIX, SOCK_STREAM, 0), ep = epoll_create1(0);
	struct epoll_event event;
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};
	int pair[2];

	NEED(bind(s, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(s, 1) == 0);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	mask(SIG_SETMASK, ALSO(SIGWINCH, SIGRTMIN + 3));

	set(SIGALRM, 0, ALSO(SIGUSR1, SIGRTMAX));
	alarm_in(20000);
	after("accept", accept(s, (struct sockaddr *)&from, &size));
	alarm_in(20000);
	after("recvmsg", recvmsg(pair[0], &message, 0));
	alarm_in(20000);
	after("read", read(pair[0], &byte, 1));

	sigfillset(&other);
	sigdelset(&other, SIGALRM);
	sigdelset(&other, SIGHUP);
	alarm_in(20000);
	after("sigsuspend", sigsuspend(&other));
	alarm_in(20000);
	after("ppoll", ppoll(NULL, 0, &long_time, &other));
	alarm_in(20000);
	after("ppoll without a mask", ppoll(NULL, 0, &long_time, NULL));
	alarm_in(20000);
	after("pselect", pselect(0, NULL, NULL, NULL, &long_time, &other));
	alarm_in(20000);
	after("epoll_pwait", epoll_pwait(ep, &event, 1, 10000, &other));
	sigemptyset(&other);
	sigaddset(&other, SIGRTMIN + 3);
	alarm_in(20000);
	after("sigtimedwait for another", sigtimedwait(&other, NULL, &long_time));

	set(SIGALRM, SA_RESTART, ALSO(SIGUSR1));
	leap = true;
	for (volatile int save = 0; save < 2; save++) {
		if (sigsetjmp(jump, save) == 0) {
			alarm_in(20000);
			(void)!accept(s, (struct sockaddr *)&from, &size);
		}
		depth = 0;
		errno = 0;
		after(save ? "siglongjmp with the mask" : "siglongjmp without the mask", 0);
		mask(SIG_SETMASK, ALSO(SIGWINCH));
	}
	if (sigsetjmp(jump, 1) == 0) {
		alarm_in(20000);
		sigfillset(&other);
		sigdelset(&other, SIGALRM);
		sigsuspend(&other);
	}
	depth = 0;
	after("siglongjmp out of sigsuspend", 0);
	leap = false;
}

static void nested(void)
{
	sigset_t none;

	mask(SIG_SETMASK, ALSO(SIGWINCH));
	set(SIGUSR1, 0, ALSO(SIGHUP));
	set(SIGUSR2, 0, ALSO(SIGINT));
	raise_inside = SIGUSR2;
	after("one handler within another", raise(SIGUSR1));
	raise_inside = SIGUSR1;
	after("a signal in its own handler", raise(SIGUSR1));
	set(SIGUSR1, SA_NODEFER, ALSO(SIGHUP));
	raise_inside = SIGUSR1;
	after("the same with SA_NODEFER", raise(SIGUSR1));
	set(SIGUSR1, 0, ALSO(SIGUSR2));
	raise_inside = SIGUSR2;
	after("a signal that the handler blocks", raise(SIGUSR1));
	edit = SIGTERM;
	after("a handler that edits the mask of its frame", raise(SIGUSR1));

	/* Several that are pending come at once: the frames lie on top of each other. */
	set(SIGUSR1, 0, ALSO(SIGHUP));
	mask(SIG_SETMASK, ALSO(SIGUSR1, SIGUSR2, SIGRTMIN, SIGRTMIN + 1));
	set(SIGRTMIN, 0, NULL);
	set(SIGRTMIN + 1, 0, ALSO(SIGRTMIN));
	raise(SIGRTMIN + 1);
	raise(SIGRTMIN);
	raise(SIGUSR2);
	raise(SIGUSR1);
	sigemptyset(&none);
	after("four that were pending, in sigsuspend", sigsuspend(&none));
	raise(SIGRTMIN + 1);
	raise(SIGRTMIN);
	raise(SIGUSR2);
	raise(SIGUSR1);
	after("four that were pending, in ppoll", ppoll(NULL, 0, &long_time, &none));
	raise(SIGRTMIN + 1);
	raise(SIGRTMIN);
	raise(SIGUSR2);
	raise(SIGUSR1);
	sigprocmask(SIG_SETMASK, &none, NULL);
	after("four that were pending, unblocked", 0);
}

static void *in_thread(void *arg)
{
	(void)arg;
	after("a thread inherits", 0);
	mask(SIG_BLOCK, ALSO(SIGTERM));
	set(SIGUSR1, 0, NULL);
	pthread_kill(pthread_self(), SIGUSR1);
	after("a signal to a thread", 0);
	return NULL;
}

int main(int argc, char **argv)
{
	sigset_t all;
	pthread_t t;
	pid_t pid;

	check_begin(argc, argv);
	waits();
	nested();
	mask(SIG_SETMASK, ALSO(SIGURG));
	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
	after("the thread that made it", 0);

	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	after("all blocked", 0);
	pid = fork();
	if (pid == 0) {
		after("a child inherits", 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
	pid = vfork();
	if (pid == 0) {
		mask(SIG_SETMASK, ALSO(SIGTERM));
		_exit(in_force() == 1ul << (SIGTERM - 1) ? 3 : 4);
	}
	int status;

	waitpid(pid, &status, 0);
	CHECK_EQUAL(WEXITSTATUS(status), 3, "a vfork child's mask is its own");
	after("the parent of a vfork child", 0);
	return check_end();
}
