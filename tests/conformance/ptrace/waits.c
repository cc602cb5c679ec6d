/*
 * Waiting for tracees: with all calls and options, or not at all while they run.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <poll.h>

static int channel[2];

static void call_and_stop(void)
{
	for (int i = 0; i < 50; i++)
		access("/etc/passwd", R_OK);
	kill(getpid(), SIGUSR1);
	for (int i = 0; i < 50; i++)
		access("/etc/passwd", R_OK);
	_exit(3);
}

static void call_and_write(void)
{
	for (int i = 0; i < 200; i++)
		access("/etc/passwd", R_OK);
	if (write(channel[1], "d", 1) != 1)
		_exit(90);
	for (int i = 0; i < 200; i++)
		access("/etc/passwd", R_OK);
	_exit(3);
}

/* wait4, waitpid, waitid, with WNOHANG and WNOWAIT. */
static void polled(void)
{
	pid_t pid = start_tracee(call_and_stop, 0), r;
	int status = 0, spins = 0;

	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	while ((r = waitpid(pid, &status, WNOHANG)) == 0 && ++spins < 100000)
		usleep(10);
	CHECK_EQUAL(r, pid, "WNOHANG finds the stop in the end");
	CHECK_EQUAL(status, SIGUSR1 << 8 | 0x7f, "and no other before");
	CHECK_EQUAL(waitpid(pid, &status, WNOHANG), 0, "only once");
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	while ((r = waitpid(-1, &status, WNOHANG | __WALL)) == 0)
		usleep(10);
	CHECK_EQUAL(r, pid, "WNOHANG for any child finds the end");
	CHECK_EQUAL(status, 3 << 8, "its status");
	CHECK_ERRNO(waitpid(pid, &status, WNOHANG), ECHILD, "and nothing behind it");
}

static void by_waitid(void)
{
	pid_t pid = start_tracee(call_and_stop, 0);
	siginfo_t si = {0};

	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	CHECK_OK(waitid(P_PID, (id_t)pid, &si, WSTOPPED | WNOWAIT), "waitid looks");
	CHECK(si.si_signo == SIGCHLD && si.si_code == CLD_TRAPPED && si.si_pid == pid && si.si_status == SIGUSR1,
	      "and sees the signal");
	memset(&si, 0, sizeof(si));
	CHECK_OK(waitid(P_ALL, 0, &si, WSTOPPED | WEXITED), "waitid takes");
	CHECK(si.si_code == CLD_TRAPPED && si.si_pid == pid && si.si_status == SIGUSR1, "the same");
	si.si_pid = 1;
	CHECK_OK(waitid(P_PID, (id_t)pid, &si, WSTOPPED | WEXITED | WNOHANG), "once more");
	CHECK_EQUAL(si.si_pid, 0, "nothing is left");
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	CHECK_OK(waitid(P_PID, (id_t)pid, &si, WEXITED), "waitid until the end");
	CHECK(si.si_code == CLD_EXITED && si.si_status == 3, "and its status");

	pid = start_tracee(call_and_stop, 0);
	NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
	CHECK_OK(waitid(P_PID, (id_t)pid, &si, WSTOPPED), "waitid of a call's stop");
	CHECK_EQUAL(si.si_status, SYSCALL_STOP, "its status");
	end_tracee(pid);
}

/* WSTOPPED, WUNTRACED and WCONTINUED for children that nobody traces. */
static void untraced(void)
{
	siginfo_t si = {0};
	int status;
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	kill(pid, SIGSTOP);
	NEED(waitpid(pid, &status, WUNTRACED) == pid);
	CHECK_EQUAL(status, SIGSTOP << 8 | 0x7f, "a stopped child");
	kill(pid, SIGCONT);
	NEED(waitid(P_PID, (id_t)pid, &si, WCONTINUED) == 0);
	CHECK_EQUAL(si.si_code, CLD_CONTINUED, "that continues");
	kill(pid, SIGSTOP);
	NEED(waitid(P_PID, (id_t)pid, &si, WSTOPPED) == 0);
	CHECK(si.si_code == CLD_STOPPED && si.si_status == SIGSTOP, "and stops again");
	kill(pid, SIGKILL);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, SIGKILL, "and is killed");
	CHECK_ERRNO(waitpid(-1, &status, 0), ECHILD, "no child is left");
	CHECK_ERRNO(wait4(-1, &status, 0x1000000, NULL), EINVAL, "an unknown option");
	CHECK_ERRNO(waitid(P_ALL, 0, &si, 0), EINVAL, "waitid for nothing");
}

/* The tracee runs while its tracer does something else. */
static void not_waiting(void)
{
	struct pollfd p = {.events = POLLIN};
	struct session s = {0};
	char byte;
	pid_t pid;

	NEED(pipe(channel) == 0);
	p.fd = channel[0];

	pid = start_tracee(call_and_write, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	CHECK_EQUAL(read(channel[0], &byte, 1), 1, "the tracer reads what the tracee writes");
	next_stop(&s, pid);
	CHECK_SESSION(&s, "exited 3", "it ends");

	pid = start_tracee(call_and_write, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	CHECK_EQUAL(poll(&p, 1, -1), 1, "the tracer polls");
	NEED(read(channel[0], &byte, 1) == 1);
	next_stop(&s, pid);
	CHECK_SESSION(&s, "exited 3", "it ends");

	pid = start_tracee(call_and_write, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	while (poll(&p, 1, 0) == 0)
		;
	CHECK_EQUAL(read(channel[0], &byte, 1), 1, "the tracer runs");
	next_stop(&s, pid);
	CHECK_SESSION(&s, "exited 3", "it ends");
	close(channel[0]);
	close(channel[1]);
}

/* SIGCHLD comes for stops that the tracer can see, and for those only. */
static volatile sig_atomic_t signals, traps;

static void on_child(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	signals++;
	traps += si->si_code == CLD_TRAPPED;
}

static void wait_for(volatile sig_atomic_t *count, int n)
{
	for (int i = 0; i < 5000 && *count < n; i++)
		usleep(1000);
}

static void child_signals(int flags, const char *name, int want)
{
	struct sigaction act = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO | SA_RESTART | flags}, old;
	pid_t pid = start_tracee(call_and_stop, 0);
	char title[128];
	int status;

	NEED(sigaction(SIGCHLD, &act, &old) == 0);
	signals = traps = 0;
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	if (want > 1)
		wait_for(&signals, 1);
	NEED(waitpid(pid, &status, 0) == pid);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	wait_for(&signals, want);
	NEED(waitpid(pid, &status, 0) == pid);
	usleep(1000);
	snprintf(title, sizeof(title), "%s: signals", name);
	CHECK_EQUAL(signals, want, title);
	snprintf(title, sizeof(title), "%s: of stops", name);
	CHECK_EQUAL(traps, want - 1, title);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3, "%s: the end", name);
	act = old;
	NEED(sigaction(SIGCHLD, &act, &old) == 0);
	CHECK(old.sa_sigaction == on_child && (old.sa_flags & SA_NOCLDSTOP) == (flags & SA_NOCLDSTOP),
	      "%s: the action is what was set", name);
}

/* sigsuspend until a child does something: a debugger's main loop. */
static void suspended(void)
{
	struct sigaction act = {.sa_sigaction = on_child, .sa_flags = SA_SIGINFO}, old;
	sigset_t block, before, none;
	pid_t pid, r;
	int status = 0, stops = 0;

	sigemptyset(&none);
	sigemptyset(&block);
	sigaddset(&block, SIGCHLD);
	NEED(sigaction(SIGCHLD, &act, &old) == 0 && sigprocmask(SIG_BLOCK, &block, &before) == 0);
	pid = start_tracee(call_and_stop, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	for (;;) {
		while ((r = waitpid(-1, &status, WNOHANG | __WALL)) == 0)
			sigsuspend(&none);
		if (r != pid || !WIFSTOPPED(status))
			break;
		stops++;
		NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	}
	CHECK_EQUAL(stops, 1, "stops seen behind sigsuspend");
	CHECK_EQUAL(status, 3 << 8, "and the end");
	sigaction(SIGCHLD, &old, NULL);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Many at a time. */
static void many(void)
{
	enum { N = 20 };
	pid_t pid[N];
	int ended = 0, stopped = 0, status;
	bool good = true;

	for (int i = 0; i < N; i++)
		pid[i] = start_tracee(call_and_stop, 0);
	for (int i = 0; i < N; i++)
		NEED(ptrace(PTRACE_CONT, pid[i], NULL, NULL) == 0);
	while (ended < N) {
		pid_t r = waitpid(-1, &status, __WALL);

		NEED(r > 0);
		if (WIFSTOPPED(status)) {
			good &= WSTOPSIG(status) == SIGUSR1;
			stopped++;
			NEED(ptrace(PTRACE_CONT, r, NULL, NULL) == 0);
		} else {
			good &= status == 3 << 8;
			ended++;
		}
	}
	CHECK(good && stopped == N, "twenty tracees at a time");
}

/* A tracer that ends lets its tracees go, or takes them along. */
static void tracer_ends(unsigned long options, bool survives, const char *what)
{
	int report[2], status;
	pid_t tracer, tracee = 0;
	char byte;

	NEED(pipe(channel) == 0 && pipe(report) == 0);
	fflush(stdout);
	tracer = fork();
	if (tracer == 0) {
		tracee = fork();
		if (tracee == 0) {
			close(channel[1]);
			for (int i = 0; i < 20; i++)
				access("/etc/passwd", R_OK);
			if (read(channel[0], &byte, 1) == 1) {
				access("/etc/passwd", R_OK);
				if (write(report[1], "x", 1) != 1)
					_exit(1);
			}
			_exit(0);
		}
		if (ptrace(PTRACE_SEIZE, tracee, NULL, (void *)options) < 0)
			_exit(1);
		usleep(20000);
		_exit(write(report[1], &tracee, sizeof(tracee)) == sizeof(tracee) ? 0 : 1);
	}
	NEED(read(report[0], &tracee, sizeof(tracee)) == sizeof(tracee));
	NEED(waitpid(tracer, &status, 0) == tracer && status == 0);
	close(report[1]);
	usleep(20000);
	NEED(write(channel[1], "y", 1) == 1);
	CHECK_EQUAL(read(report[0], &byte, 1), survives, what);
	close(report[0]);
	close(channel[0]);
	close(channel[1]);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	polled();
	by_waitid();
	untraced();
	not_waiting();
	child_signals(0, "a handler", 2);
	child_signals(SA_NOCLDSTOP, "a handler with SA_NOCLDSTOP", 1);
	suspended();
	many();
	tracer_ends(0, true, "a tracee outlives its tracer");
	tracer_ends(PTRACE_O_EXITKILL, false, "PTRACE_O_EXITKILL");
	return check_end();
}
