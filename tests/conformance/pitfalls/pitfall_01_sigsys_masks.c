/* SIGSYS in every kind of mask: a translated call made then still works. */
#include "../check.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <ucontext.h>

static void fill(sigset_t *set)
{
	sigfillset(set);
}

static bool call_works(void)
{
	struct stat st;

	return stat("/", &st) == 0 && access("/etc", F_OK) == 0;
}

static volatile sig_atomic_t seen, worked_inside;

static void handler(int sig)
{
	seen = sig;
	worked_inside = call_works();
}

static void edit_mask(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)info;
	seen = sig;
	sigaddset(&uc->uc_sigmask, SIGSYS);
	sigaddset(&uc->uc_sigmask, SIGUSR2);
}

static void *alarm_soon(void *target)
{
	usleep(50000);
	pthread_kill(*(pthread_t *)target, SIGUSR1);
	return NULL;
}

static void interrupt(pthread_t *self)
{
	pthread_t t;

	seen = 0;
	*self = pthread_self();
	pthread_create(&t, NULL, alarm_soon, self);
	pthread_detach(t);
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = handler};
	struct timespec long_time = {.tv_sec = 5};
	struct epoll_event event;
	sigset_t all, old, without;
	pthread_t self;
	int fd, ep;

	check_begin(argc, argv);
	fill(&all);

	CHECK_OK(sigprocmask(SIG_BLOCK, &all, &old), "blocks all signals");
	CHECK(call_works(), "a call with all signals blocked");
	CHECK_OK(sigprocmask(SIG_SETMASK, &all, NULL), "sets a full mask");
	CHECK(call_works(), "a call with a full mask");
	CHECK_OK(sigprocmask(SIG_SETMASK, &old, NULL), "gives the mask back");
	CHECK(call_works(), "a call afterwards");

	sigfillset(&act.sa_mask);
	CHECK_OK(sigaction(SIGUSR1, &act, NULL), "a handler with a full mask");
	raise(SIGUSR1);
	CHECK(seen == SIGUSR1 && worked_inside, "a call in a handler with a full mask");

	CHECK_OK(signal(SIGSYS, SIG_IGN) == SIG_ERR ? -1 : 0, "ignores SIGSYS");
	CHECK(call_works(), "a call while SIGSYS is ignored");
	kill(getpid(), SIGSYS);
	CHECK(call_works(), "an ignored SIGSYS does nothing");
	CHECK_OK(signal(SIGSYS, handler) == SIG_ERR ? -1 : 0, "handles SIGSYS");
	seen = 0;
	kill(getpid(), SIGSYS);
	CHECK(seen == SIGSYS && worked_inside, "a SIGSYS that was sent reaches its handler");
	CHECK(call_works(), "a call after it");
	signal(SIGSYS, SIG_DFL);

	sigfillset(&without);
	sigdelset(&without, SIGUSR1);
	interrupt(&self);
	CHECK_ERRNO(sigsuspend(&without), EINTR, "sigsuspend with all but one");
	CHECK(seen == SIGUSR1 && worked_inside, "its handler ran");
	CHECK(call_works(), "a call after sigsuspend");

	sigprocmask(SIG_BLOCK, &(sigset_t){{1ul << (SIGUSR1 - 1)}}, &old);
	interrupt(&self);
	CHECK_ERRNO(ppoll(NULL, 0, &long_time, &without), EINTR, "ppoll with all but one");
	CHECK(seen == SIGUSR1, "its handler ran in ppoll");
	interrupt(&self);
	CHECK_ERRNO(pselect(0, NULL, NULL, NULL, &long_time, &without), EINTR, "pselect with all but one");
	CHECK(seen == SIGUSR1, "its handler ran in pselect");
	ep = epoll_create1(0);
	interrupt(&self);
	CHECK_ERRNO(epoll_pwait(ep, &event, 1, 5000, &without), EINTR, "epoll_pwait with all but one");
	CHECK(seen == SIGUSR1, "its handler ran in epoll_pwait");
	{
		sigset_t now;

		sigprocmask(SIG_SETMASK, NULL, &now);
		CHECK(sigismember(&now, SIGUSR1) == 1 && sigismember(&now, SIGUSR2) == 0,
		      "the mask is as it was before");
	}
	interrupt(&self);
	CHECK_ERRNO(sigtimedwait(&(sigset_t){{1ul << (SIGSYS - 1)}}, NULL, &(struct timespec){.tv_nsec = 1000000}),
		    EAGAIN, "sigtimedwait for SIGSYS");
	CHECK_EQUAL(sigtimedwait(&all, NULL, &long_time), SIGUSR1, "sigtimedwait for all takes what comes");
	CHECK(call_works(), "a call after sigtimedwait");
	sigprocmask(SIG_SETMASK, &old, NULL);

	fd = signalfd(-1, &all, SFD_NONBLOCK);
	CHECK(fd >= 0, "signalfd of all signals");
	CHECK(call_works(), "a call while the descriptor is there");
	close(fd);

	act.sa_flags = SA_SIGINFO;
	act.sa_sigaction = edit_mask;
	sigemptyset(&act.sa_mask);
	sigaction(SIGUSR1, &act, NULL);
	raise(SIGUSR1);
	{
		sigset_t now;

		sigprocmask(SIG_SETMASK, NULL, &now);
		CHECK(sigismember(&now, SIGUSR2) == 1, "a handler edits the mask it returns to");
	}
	CHECK(call_works(), "a call after a handler blocked SIGSYS in its frame");

	/* The same for the signals of faults: a bad address stays an error, and what was sent waits. */
	act.sa_flags = 0;
	act.sa_handler = handler;
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	sigprocmask(SIG_SETMASK, &all, NULL);
	CHECK_ERRNO(open((char *)8, O_RDONLY), EFAULT, "a bad address while SIGSEGV is blocked");
	CHECK_ERRNO(stat("/", (struct stat *)8), EFAULT, "a bad buffer while SIGSEGV is blocked");
	seen = 0;
	kill(getpid(), SIGSEGV);
	for (int i = 0; i < 10; i++)
		CHECK(call_works() && seen == 0, "a blocked SIGSEGV waits over call %d", i);
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(seen == SIGSEGV && worked_inside, "and arrives when it may");
	sigprocmask(SIG_SETMASK, &all, NULL);
	{
		int pair[2];
		char byte;
		struct iovec io = {&byte, 1};
		struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

		NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0 && write(pair[1], "x", 1) == 1);
		seen = 0;
		kill(getpid(), SIGBUS);
		CHECK_EQUAL(recvmsg(pair[0], &message, 0), 1, "a waiting call with a blocked SIGBUS pending");
		CHECK(seen == 0 && call_works() && seen == 0, "which still waits");
		CHECK_ERRNO(open((char *)8, O_RDONLY), EFAULT, "and a bad address then");
		close(pair[0]);
		close(pair[1]);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	CHECK(seen == SIGBUS, "until it may");
	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);

	/* All blocked over exec. */
	sigprocmask(SIG_SETMASK, &all, NULL);
	{
		pid_t child = fork();
		int status;

		if (child == 0) {
			execl("/bin/sh", "sh", "-c", "test -e /etc/passwd && test -d / && exit 42", (char *)NULL);
			_exit(1);
		}
		waitpid(child, &status, 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42, "a program started with all signals blocked");
	}
	return check_end();
}
