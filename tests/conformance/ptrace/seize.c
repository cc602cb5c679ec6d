/*
 * PTRACE_SEIZE, PTRACE_INTERRUPT, PTRACE_LISTEN: stops without signals, wherever the tracee is.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <sys/socket.h>

static int pair[2];

static void spin(void)
{
	for (volatile unsigned long i = 0;; i++)
		;
}

/* Calls without end, translated and not. */
static void call(void)
{
	for (;;) {
		syscall(SYS_getuid);
		syscall(SYS_getpid);
		syscall(SYS_access, "/etc/passwd", R_OK);
	}
}

static void receive(void)
{
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

	if (recvmsg(pair[0], &m, 0) != 1)
		_exit(90);
	_exit(byte);
}

static void read_byte(void)
{
	char byte;

	if (read(pair[0], &byte, 1) != 1)
		_exit(90);
	_exit(byte);
}

static void interrupted(void (*body)(void), const char *name, bool sleeps)
{
	struct session s = {0};
	struct user_regs_struct r;
	char title[128];
	siginfo_t si;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = start_seized(body, 0);
	if (sleeps)
		wait_for_state(pid, 'S');
	else
		usleep(20000);
	for (int i = 0; i < 20; i++) {
		NEED(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
		next_stop(&s, pid);
		NEED(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) == 0);
		if (si.si_code != (SIGTRAP | PTRACE_EVENT_STOP << 8))
			note(&s, "si_code %#x", si.si_code);
		r = registers_of(pid);
		errno = 0;
		if (sleeps && (ptrace(PTRACE_PEEKTEXT, pid, (void *)(r.rip - 2), NULL) & 0xffff) != 0x050f)
			note(&s, "not behind a call");
		NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
		if (sleeps)
			wait_for_state(pid, 'S');
		else
			usleep(i * 100);
		if (i > 0 && strcmp(s.text, "event STOP") == 0)
			s.n = 0;
		if (i == 0)
			s.n = 0;
	}
	s.text[s.n] = '\0';
	snprintf(title, sizeof(title), "%s: twenty interrupts, twenty stops", name);
	CHECK_SESSION(&s, "", title);
	if (sleeps) {
		NEED(write(pair[1], "\7", 1) == 1);
		next_stop(&s, pid);
		snprintf(title, sizeof(title), "%s: the call ends as if nothing had been", name);
		CHECK_SESSION(&s, "exited 7", title);
	} else {
		end_tracee(pid);
	}
	close(pair[0]);
	close(pair[1]);
}

/* An interrupt during PTRACE_SYSCALL: any stop answers it. */
static void during_calls(void)
{
	struct session s = {0};
	pid_t pid = start_seized(call, 0);
	int stops = 0, status;
	bool good = true;

	usleep(1000);
	NEED(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
	next_stop(&s, pid);
	for (int i = 0; i < 50; i++) {
		NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		NEED(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, __WALL) == pid);
		good &= WIFSTOPPED(status) && (WSTOPSIG(status) == SYSCALL_STOP || status >> 16 == PTRACE_EVENT_STOP);
		stops++;
	}
	CHECK(good && stops == 50, "interrupts and calls' stops");
	end_tracee(pid);
}

/* Calls by the libc's own functions. */
static void call_by_name(void)
{
	for (;;)
		(void)!access("/etc/passwd", R_OK);
}

/* None of them passes unseen. */
static void every_call(void)
{
	struct session s = {0};
	pid_t pid = start_seized(call_by_name, 0);
	int seen = 0, status;

	NEED(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
	next_stop(&s, pid);
	/* A few more of those that it begins with. */
	for (int i = 0; i < 40 && seen < 20; i++) {
		NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, __WALL) == pid);
		seen = WIFSTOPPED(status) && WSTOPSIG(status) == SYSCALL_STOP &&
				       registers_of(pid).orig_rax == SYS_access
			       ? seen + 1
			       : 0;
	}
	CHECK_EQUAL(seen, 20, "stops of calls that the libc makes");
	end_tracee(pid);
}

/* Seizing does not stop, and what the tracee does next is its own. */
static void quiet(void)
{
	struct session s = {0};
	pid_t pid;
	int status;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = start_seized(receive, 0);
	wait_for_state(pid, 'S');
	CHECK_EQUAL(waitpid(pid, &status, WNOHANG | __WALL), 0, "no stop after PTRACE_SEIZE");
	CHECK_ERRNO(ptrace(PTRACE_CONT, pid, NULL, NULL), ESRCH, "PTRACE_CONT of one that runs");
	CHECK_ERRNO(ptrace(PTRACE_GETSIGINFO, pid, NULL, NULL), ESRCH, "other requests to one that runs");
	CHECK_ERRNO(ptrace(PTRACE_SEIZE, pid, NULL, NULL), EPERM, "seizing it twice");
	NEED(write(pair[1], "\4", 1) == 1);
	next_stop(&s, pid);
	CHECK_SESSION(&s, "exited 4", "it ends by itself");
	close(pair[0]);
	close(pair[1]);
}

/* Group stops. */
static void listening(void (*body)(void), const char *name)
{
	struct session s = {0};
	char title[128];
	int status;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = start_seized(body, 0);
	wait_for_state(pid, 'S');
	kill(pid, SIGSTOP);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, SIGSTOP);
	NEED(ptrace(PTRACE_LISTEN, pid, NULL, NULL) == 0);
	usleep(20000);
	if (waitpid(pid, &status, WNOHANG | __WALL) != 0)
		note(&s, "something happens");
	kill(pid, SIGCONT);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, (void *)(long)SIGCONT) == 0);
	wait_for_state(pid, 'S');
	NEED(write(pair[1], "\3", 1) == 1);
	next_stop(&s, pid);
	snprintf(title, sizeof(title), "%s: stopped, listened to, continued", name);
	CHECK_SESSION(&s, "signal STOP, event STOP STOP, event STOP, signal CONT, exited 3", title);
	close(pair[0]);
	close(pair[1]);
}

/* With PTRACE_TRACEME a group stop looks like a signal, but has no siginfo. */
static void plain_group_stop(void)
{
	struct session s = {0};
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = start_tracee(receive, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	kill(pid, SIGSTOP);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, SIGSTOP);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	NEED(write(pair[1], "\2", 1) == 1);
	next_stop(&s, pid);
	CHECK_SESSION(&s, "signal STOP, group stop STOP, exited 2", "a plain group stop in a wait");
	close(pair[0]);
	close(pair[1]);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	quiet();
	interrupted(spin, "a loop", false);
	interrupted(call, "a loop of calls", false);
	interrupted(read_byte, "read", true);
	interrupted(receive, "recvmsg", true);
	during_calls();
	every_call();
	listening(read_byte, "read");
	listening(receive, "recvmsg");
	plain_group_stop();
	return check_end();
}
