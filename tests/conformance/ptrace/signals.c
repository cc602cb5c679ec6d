/*
 * Signal-delivery stops: each signal is seen once, wherever it finds the tracee, and does what the tracer says.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <poll.h>
#include <sys/socket.h>

static volatile sig_atomic_t caught;

static void count(int sig)
{
	caught += sig;
}

static void handle(int sig, int flags)
{
	struct sigaction act = {.sa_handler = count, .sa_flags = flags};

	NEED(sigaction(sig, &act, NULL) == 0);
}

/* Ends with the sum of the signals that the handler saw. */
static void raise_some(void)
{
	handle(SIGUSR1, 0);
	syscall(SYS_getpid);
	syscall(SYS_kill, getpid(), SIGUSR1);
	syscall(SYS_getuid);
	syscall(SYS_kill, getpid(), SIGWINCH);
	syscall(SYS_exit_group, caught);
}

static void delivered(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(raise_some, 0);

	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "signal USR1, signal WINCH, exited 10", "handled and ignored signals, each once");

	pid = start_tracee(raise_some, 0);
	run_to_end(&s, PTRACE_SYSCALL, pid);
	CHECK_SESSION(
		&s,
		"entry rt_sigaction, exit rt_sigaction = 0, entry getpid, exit getpid, entry getpid, exit getpid, "
		"entry kill, exit kill = 0, signal USR1, entry rt_sigreturn, exit nothing = 0, entry getuid, "
		"exit getuid = 0, entry getpid, exit getpid, entry kill, exit kill = 0, signal WINCH, "
		"entry exit_group, exited 10",
		"a handler among calls");

	pid = start_tracee(raise_some, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "signal USR1, signal WINCH, exited 0", "a signal that the tracer keeps");

	pid = start_tracee(raise_some, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, SIGUSR1);
	resume(&s, PTRACE_CONT, pid, SIGUSR1);
	CHECK_SESSION(&s, "signal USR1, signal WINCH, exited 20", "a signal in the place of another");

	pid = start_tracee(raise_some, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, SIGTERM);
	CHECK_SESSION(&s, "signal USR1, killed by TERM", "a deadly signal in the place of another");
}

/* Faults come from the kernel and have default actions that we must see. */
static void fault(void)
{
	syscall(SYS_getuid);
	*(volatile int *)8 = 1;
}

static void handled_fault(void)
{
	struct sigaction act = {.sa_handler = _exit};

	NEED(sigaction(SIGSEGV, &act, NULL) == 0);
	*(volatile int *)8 = 1;
}

static void send_fault(void)
{
	syscall(SYS_kill, getpid(), SIGSEGV);
}

static void trap(void)
{
	__asm__ volatile("int3");
	syscall(SYS_exit_group, 5);
}

static void faults(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(fault, 0);
	struct user_regs_struct r;
	siginfo_t si;

	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "siginfo of a fault");
	CHECK(si.si_signo == SIGSEGV && si.si_code == SEGV_MAPERR && si.si_addr == (void *)8, "says what happened");
	resume(&s, PTRACE_CONT, pid, SIGSEGV);
	CHECK_SESSION(&s, "signal SEGV, killed by SEGV", "a fault without a handler");

	pid = start_tracee(fault, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, SIGSEGV);
	CHECK_SESSION(&s, "signal SEGV, signal SEGV, signal SEGV, killed by SEGV", "a fault that the tracer keeps");

	pid = start_tracee(handled_fault, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, SIGSEGV);
	CHECK_SESSION(&s, "signal SEGV, exited 11", "a fault with a handler");

	pid = start_tracee(send_fault, 0);
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "signal SEGV, killed by SEGV", "a SIGSEGV that somebody sent");

	pid = start_tracee(trap, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "siginfo of a breakpoint");
	CHECK_EQUAL(si.si_code, SI_KERNEL, "its si_code");
	r = registers_of(pid);
	errno = 0;
	CHECK_EQUAL(ptrace(PTRACE_PEEKTEXT, pid, (void *)(r.rip - 1), NULL) & 0xff, 0xcc,
		    "it is behind the instruction");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "signal TRAP, exited 5", "a breakpoint");
}

/* Waits that lxrun translates, and one that it does not, interrupted by signals of all kinds. */
static int channel[2];

static void wait_for_child(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		for (;;)
			pause();
	if (write(channel[1], &child, sizeof(child)) != sizeof(child))
		_exit(99);
	if (wait4(child, &status, 0, NULL) < 0)
		_exit(errno == EINTR ? 50 + (caught != 0) : 98);
	_exit(60 + (caught != 0));
}

static void wait_for_message(void)
{
	int pair[2];
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	pid_t me = getpid();

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	if (write(channel[1], &me, sizeof(me)) != sizeof(me))
		_exit(99);
	if (recvmsg(pair[0], &m, 0) < 0)
		_exit(errno == EINTR ? 50 + (caught != 0) : 98);
	_exit(60 + (caught != 0));
}

static void wait_in_pause(void)
{
	pid_t me = getpid();

	if (write(channel[1], &me, sizeof(me)) != sizeof(me))
		_exit(99);
	if (pause() < 0)
		_exit(errno == EINTR ? 50 + (caught != 0) : 98);
	_exit(60);
}

/* SIGUSR1 is blocked outside of the wait. */
static void wait_in_suspend(void)
{
	sigset_t set, none;
	pid_t me = getpid();

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	if (write(channel[1], &me, sizeof(me)) != sizeof(me))
		_exit(99);
	if (sigsuspend(&none) < 0)
		_exit(errno == EINTR ? 50 + (caught != 0) : 98);
	_exit(60);
}

static void wait_in_poll(void)
{
	sigset_t set, none;
	pid_t me = getpid();

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	NEED(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	if (write(channel[1], &me, sizeof(me)) != sizeof(me))
		_exit(99);
	if (syscall(SYS_ppoll, NULL, 0, NULL, &none, 8) < 0)
		_exit(errno == EINTR ? 50 + (caught != 0) : 98);
	_exit(60);
}

static int handler_flags;
static void (*waiting)(void);

static void wait_with_handler(void)
{
	if (handler_flags >= 0)
		handle(SIGUSR1, handler_flags);
	waiting();
}

/* The pid that the tracee wrote before it began to wait; it sleeps now. */
static pid_t started(pid_t pid)
{
	pid_t said;

	NEED(read(channel[0], &said, sizeof(said)) == sizeof(said));
	wait_for_state(pid, 'S');
	return said;
}

static void in_wait(void (*body)(void), const char *name, const char *call, const char *error, const char *exit_handled)
{
	char what[128], want[512];
	struct session s = {0};
	pid_t pid, said;

	waiting = body;
	handler_flags = 0;

	/* An ignored signal, a handled one, one that kills. */
	pid = start_tracee(wait_with_handler, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	said = started(pid);
	kill(pid, SIGWINCH);
	next_stop(&s, pid);
	resume(&s, PTRACE_SYSCALL, pid, SIGWINCH);
	NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	kill(pid, SIGUSR1);
	next_stop(&s, pid);
	next_stop(&s, (ptrace(PTRACE_SYSCALL, pid, NULL, NULL), pid));
	resume(&s, PTRACE_SYSCALL, pid, SIGUSR1);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	snprintf(want, sizeof(want),
		 "signal WINCH, entry %s, exit %s = %s, signal USR1, entry rt_sigreturn, exit nothing = -4", call, call,
		 error);
	snprintf(what, sizeof(what), "%s: an ignored signal and a handled one", name);
	CHECK_SESSION(&s, want, what);
	resume(&s, PTRACE_CONT, pid, 0);
	snprintf(what, sizeof(what), "%s: the handler has run once, the call ended", name);
	CHECK_SESSION(&s, exit_handled, what);
	if (said != pid)
		kill(said, SIGKILL);

	pid = start_tracee(wait_with_handler, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	said = started(pid);
	kill(pid, SIGTERM);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, SIGTERM);
	snprintf(what, sizeof(what), "%s: a signal that kills", name);
	CHECK_SESSION(&s, "signal TERM, killed by TERM", what);
	if (said != pid)
		kill(said, SIGKILL);

	/* Kept by the tracer: the wait goes on, and nothing but its end is seen. */
	pid = start_tracee(wait_with_handler, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	said = started(pid);
	kill(pid, SIGUSR1);
	next_stop(&s, pid);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	kill(pid, SIGUSR1);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, SIGUSR1);
	snprintf(what, sizeof(what), "%s: a signal that the tracer keeps, and one that it does not", name);
	snprintf(want, sizeof(want), "signal USR1, signal USR1, %s", exit_handled);
	CHECK_SESSION(&s, want, what);
	if (said != pid)
		kill(said, SIGKILL);
}

/* With SA_RESTART the call is made again, and seen so. */
static void restarted(void)
{
	struct session s = {0};
	pid_t pid, said;

	waiting = wait_for_child;
	handler_flags = SA_RESTART;
	pid = start_tracee(wait_with_handler, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	said = started(pid);
	kill(pid, SIGUSR1);
	next_stop(&s, pid);
	resume(&s, PTRACE_SYSCALL, pid, SIGUSR1);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	kill(said, SIGKILL);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(
		&s,
		"signal USR1, entry rt_sigreturn, exit nothing = 61, entry wait4, exit wait4, signal CHLD, exited 61",
		"a call that is made again behind the handler");
}

/* Where the tracee seems to be while it waits: at its call. */
static void registers_in_wait(void (*body)(void), const char *name, long nr)
{
	struct user_regs_struct r;
	pid_t pid, said;
	struct session s = {0};
	char what[128];

	waiting = body;
	handler_flags = -1;
	pid = start_tracee(wait_with_handler, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	said = started(pid);
	kill(pid, SIGWINCH);
	next_stop(&s, pid);
	r = registers_of(pid);
	snprintf(what, sizeof(what), "%s: the call's number", name);
	CHECK_EQUAL(r.orig_rax, nr, what);
	snprintf(what, sizeof(what), "%s: its error", name);
	CHECK((long)r.rax <= -512 && (long)r.rax >= -516, "%s", what);
	errno = 0;
	snprintf(what, sizeof(what), "%s: it is behind a syscall instruction", name);
	CHECK_EQUAL(ptrace(PTRACE_PEEKTEXT, pid, (void *)(r.rip - 2), NULL) & 0xffff, 0x050f, what);
	end_tracee(pid);
	if (said != pid)
		kill(said, SIGKILL);
}

/* siginfo can be read and changed. */
static volatile int value;

static void remember(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	value = si->si_value.sival_int;
}

static void queue_one(void)
{
	struct sigaction act = {.sa_sigaction = remember, .sa_flags = SA_SIGINFO};

	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	sigqueue(getpid(), SIGUSR1, (union sigval){.sival_int = 33});
	_exit(value);
}

static void information(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(queue_one, 0);
	siginfo_t si;

	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "siginfo of a queued signal");
	CHECK(si.si_code == SI_QUEUE && si.si_pid == pid && si.si_value.sival_int == 33, "has what was sent");
	si.si_value.sival_int = 44;
	CHECK_OK(ptrace(PTRACE_SETSIGINFO, pid, NULL, &si), "changes it");
	resume(&s, PTRACE_CONT, pid, SIGUSR1);
	CHECK_SESSION(&s, "signal USR1, exited 44", "the handler sees the change");
}

/* A signal that is given at a syscall stop comes as one of its own. */
static void injected(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(raise_some, 0);

	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, SIGUSR1);
	resume(&s, PTRACE_SYSCALL, pid, SIGUSR1);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s,
		      "entry rt_sigaction, exit rt_sigaction = 0, signal USR1, entry rt_sigreturn, exit nothing = 0, "
		      "signal USR1, signal WINCH, exited 10",
		      "a signal given at an exit");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(pipe(channel) == 0);
	delivered();
	faults();
	in_wait(wait_in_pause, "pause", "pause", "-514", "exited 51");
	in_wait(wait_for_child, "wait4", "wait4", "-512", "exited 51");
	in_wait(wait_for_message, "recvmsg", "recvmsg", "-512", "exited 51");
	in_wait(wait_in_suspend, "rt_sigsuspend", "rt_sigsuspend", "-514", "exited 51");
	in_wait(wait_in_poll, "ppoll", "ppoll", "-514", "exited 51");
	restarted();
	registers_in_wait(wait_in_pause, "pause", SYS_pause);
	registers_in_wait(wait_for_child, "wait4", SYS_wait4);
	registers_in_wait(wait_for_message, "recvmsg", SYS_recvmsg);
	registers_in_wait(wait_in_suspend, "rt_sigsuspend", SYS_rt_sigsuspend);
	information();
	injected();
	return check_end();
}
