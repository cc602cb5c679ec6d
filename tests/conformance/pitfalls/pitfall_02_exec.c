/*
 * Pitfall 2: signals while a program becomes another, and while children are made. What is ignored stays ignored, what is
 * pending stays pending, what kills kills, and nothing else happens.
 */
#include "../storm.h"

#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/time.h>

static char self[PATH_MAX];

static bool is_pending(int sig)
{
	sigset_t set;

	sigpending(&set);
	return sigismember(&set, sig) == 1;
}

/* exec'd: "again N": execs itself N times more. */
static int again(int n)
{
	char text[16];

	if (n == 0)
		return 17;
	snprintf(text, sizeof(text), "%d", n - 1);
	execl(self, self, "again", text, (char *)NULL);
	return 1;
}

/* exec'd: with SIGUSR1, SIGRTMIN (twice) blocked and pending. */
static int pending(void)
{
	sigset_t now, want;

	sigprocmask(SIG_SETMASK, NULL, &now);
	sigemptyset(&want);
	sigaddset(&want, SIGUSR1);
	sigaddset(&want, SIGRTMIN);
	if (!sigismember(&now, SIGUSR1) || !sigismember(&now, SIGRTMIN) || sigismember(&now, SIGUSR2))
		return 2;
	if (!is_pending(SIGUSR1) || !is_pending(SIGRTMIN) || is_pending(SIGUSR2))
		return 3;
	for (int i = 0; i < 2; i++) {
		siginfo_t info;

		if (sigtimedwait(&(sigset_t){{1ul << (SIGRTMIN - 1)}}, &info, &(struct timespec){0}) != SIGRTMIN ||
		    info.si_value.sival_int != 100 + i)
			return 4;
	}
	if (is_pending(SIGRTMIN))
		return 5;
	return 18;
}

static int status_of(pid_t pid)
{
	int status = -1;

	NEED(waitpid(pid, &status, 0) == pid);
	return status;
}

static void storm(pid_t pid, int sig, long n, unsigned interval)
{
	for (long i = 0; i < n && kill(pid, sig) == 0; i++)
		usleep(interval);
}

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

int main(int argc, char **argv)
{
	struct itimerval often = {0}, never = {0};
	int status, wrong = 0;
	pid_t pid, killer;

	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	if (argc > 2 && strcmp(argv[1], "again") == 0)
		return again(atoi(argv[2]));
	if (argc > 1 && strcmp(argv[1], "pending") == 0)
		return pending();
	check_begin(argc, argv);

	/* SIGURG is ignored by default, SIGUSR1 by wish, SIGUSR2 has a handler until the first exec: it is blocked. */
	signal(SIGUSR1, SIG_IGN);
	pid = fork();
	if (pid == 0)
		_exit(again(100));
	signal(SIGUSR1, SIG_DFL);
	killer = fork();
	if (killer == 0) {
		usleep(3000);
		for (int i = 0; i < 20000 && kill(pid, 0) == 0; i++) {
			kill(pid, SIGURG);
			kill(pid, SIGUSR1);
			kill(pid, SIGCONT);
			usleep(100);
		}
		_exit(0);
	}
	CHECK_EQUAL(WEXITSTATUS(status_of(pid)), 17, "a hundred execs under a storm of ignored signals");
	kill(killer, SIGKILL);
	status_of(killer);

	pid = fork();
	if (pid == 0) {
		sigset_t set;

		sigemptyset(&set);
		sigaddset(&set, SIGUSR1);
		sigaddset(&set, SIGRTMIN);
		signal(SIGUSR1, handler);
		signal(SIGUSR2, handler);
		sigprocmask(SIG_SETMASK, &set, NULL);
		raise(SIGUSR1);
		for (int i = 0; i < 2; i++)
			sigqueue(getpid(), SIGRTMIN, (union sigval){.sival_int = 100 + i});
		execl(self, self, "pending", (char *)NULL);
		_exit(1);
	}
	CHECK_EQUAL(WEXITSTATUS(status_of(pid)), 18, "blocked and pending signals, with values, over exec");

	for (int i = 0; i < 40; i++) {
		pid = fork();
		if (pid == 0) {
			signal(SIGTERM, SIG_DFL);
			for (;;)
				(void)again(1000000);
		}
		usleep((useconds_t)(100 + 700 * i % 9000));
		kill(pid, SIGTERM);
		status = status_of(pid);
		wrong += !WIFSIGNALED(status) || WTERMSIG(status) != SIGTERM;
	}
	CHECK_EQUAL(wrong, 0, "40 programs that exec for ever end by SIGTERM");
	wrong = 0;
	for (int i = 0; i < 40; i++) {
		pid = fork();
		if (pid == 0)
			_exit(again(6));
		for (int k = 0; k < 5; k++) {
			usleep(200);
			kill(pid, SIGSTOP);
			kill(pid, SIGCONT);
		}
		wrong += status_of(pid) != 17 << 8;
	}
	CHECK_EQUAL(wrong, 0, "40 programs that are stopped and continued while they exec");

	/* The parent's side: a handler runs all the time while children are made. */
	signal(SIGALRM, handler);
	often.it_value.tv_usec = often.it_interval.tv_usec = storm_interval(200, storm_fork);
	setitimer(ITIMER_REAL, &often, NULL);
	wrong = 0;
	for (int i = 0; i < 60; i++) {
		pid = i % 2 != 0 ? vfork() : fork();
		if (pid == 0) {
			execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
			_exit(1);
		}
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		wrong += WEXITSTATUS(status) != 5;
	}
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(wrong == 0 && handled > 10, "children made and waited for under a storm");

	/* A vfork child that signals hit: its handlers are not the parent's business. */
	handled = 0;
	pid = vfork();
	if (pid == 0) {
		for (int i = 0; i < 50; i++)
			kill(getpid(), SIGALRM);
		_exit(handled == 50 ? 6 : 7);
	}
	CHECK_EQUAL(WEXITSTATUS(status_of(pid)), 6, "handlers run in a vfork child");
	storm(getpid(), SIGALRM, 5, 0);
	CHECK_EQUAL(handled, 55, "and in its parent");
	return check_end();
}
