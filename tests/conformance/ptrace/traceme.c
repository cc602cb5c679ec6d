/*
 * PTRACE_TRACEME: the child says when, the parent may look late, or not at all.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <poll.h>

static char self[PATH_MAX];

/* A child that says it, with the parent still doing something else. */
static pid_t start(void (*body)(void))
{
	pid_t pid;

	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(100);
		body();
		_exit(101);
	}
	return pid;
}

static int run(pid_t pid, struct session *s)
{
	int status = next_stop(s, pid);

	for (int sig = 0; WIFSTOPPED(status); status = resume(s, PTRACE_CONT, pid, sig))
		sig = WSTOPSIG(status) == SIGTRAP ? 0 : WSTOPSIG(status);
	return status;
}

static void execute(void)
{
	char *argv[] = {self, "executed", NULL}, *envp[] = {NULL};

	execve(self, argv, envp);
}

/* What debuggers and languages' process libraries do: the parent reads a pipe that execve closes, then waits. */
static void pipe_then_wait(void)
{
	struct session s = {0};
	int report[2];
	char byte;
	pid_t pid;

	NEED(pipe2(report, O_CLOEXEC) == 0);
	pid = start(execute);
	close(report[1]);
	CHECK_EQUAL(read(report[0], &byte, 1), 0, "execve closes the pipe while nobody waits");
	close(report[0]);
	run(pid, &s);
	CHECK_SESSION(&s, "signal TRAP, exited 6", "and stops");
}

/* With vfork the parent cannot wait. */
static void with_vfork(void)
{
	struct session s = {0};
	pid_t pid = vfork();

	if (pid == 0) {
		char *argv[] = {self, "executed", NULL}, *envp[] = {NULL};

		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0) {
			syscall(SYS_getuid);
			access("/etc/passwd", R_OK);
			execve(self, argv, envp);
		}
		_exit(100);
	}
	NEED(pid > 0);
	run(pid, &s);
	CHECK_SESSION(&s, "signal TRAP, exited 6", "in a child of vfork");
}

static void call_much(void)
{
	for (int i = 0; i < 100; i++)
		access("/etc/passwd", R_OK);
	_exit(3);
}

static void do_nothing_special(void)
{
	struct session s = {0};
	struct pollfd none = {.fd = -1};
	pid_t pid = start(call_much);

	poll(&none, 1, 50);
	run(pid, &s);
	CHECK_SESSION(&s, "exited 3", "calls alone do not stop it");
}

static void breakpoint(void)
{
	__asm__ volatile("int3");
	_exit(4);
}

static void divide(void)
{
	__asm__ volatile("xor %%ecx, %%ecx\n\tmov $1, %%eax\n\txor %%edx, %%edx\n\tidiv %%ecx"
			 :
			 :
			 : "eax", "ecx", "edx");
}

static void fault(void)
{
	*(volatile int *)16 = 1;
}

static void illegal(void)
{
	__asm__ volatile("ud2");
}

static void alarmed(void)
{
	ualarm(20000, 0);
	pause();
	_exit(5);
}

static void wait_for_signal(void)
{
	pause();
	_exit(5);
}

static volatile sig_atomic_t caught;

static void handler(int sig)
{
	caught = sig;
}

static void handled(void)
{
	signal(SIGUSR1, handler);
	pause();
	_exit(caught);
}

static void ignored(void)
{
	signal(SIGUSR1, SIG_IGN);
	pause();
	_exit(1);
}

static void kill_self(void)
{
	kill(getpid(), SIGSTOP);
	_exit(6);
}

static void raise_self(void)
{
	raise(SIGUSR2);
	_exit(6);
}

/* Each kind of signal as the first thing that happens to it. */
static void first_signals(void)
{
	static const struct {
		void (*body)(void);
		const char *what, *seen;
		int send;
	} cases[] = {
		{breakpoint, "a breakpoint", "signal TRAP, exited 4", 0},
		{divide, "a division", "signal FPE, killed by FPE", 0},
		{fault, "a fault", "signal SEGV, killed by SEGV", 0},
		{illegal, "an illegal instruction", "signal ILL, killed by ILL", 0},
		{alarmed, "an alarm", "signal ALRM, killed by ALRM", 0},
		{kill_self, "its own SIGSTOP", "signal STOP, group stop STOP, exited 6", 0},
		{raise_self, "its own SIGUSR2", "signal USR2, killed by USR2", 0},
		{wait_for_signal, "somebody's SIGTERM", "signal TERM, killed by TERM", SIGTERM},
		{handled, "one with a handler", "signal USR1, exited 10", SIGUSR1},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct session s = {0};
		pid_t pid = start(cases[i].body);

		if (cases[i].send != 0) {
			wait_for_state(pid, 'S');
			kill(pid, cases[i].send);
		}
		run(pid, &s);
		check_session(&s, cases[i].seen, __LINE__, cases[i].what);
	}
}

static void ignored_signal(void)
{
	struct session s = {0};
	pid_t pid = start(ignored);

	wait_for_state(pid, 'S');
	kill(pid, SIGUSR1);
	next_stop(&s, pid);
	NEED(ptrace(PTRACE_CONT, pid, NULL, (void *)(long)SIGUSR1) == 0);
	wait_for_state(pid, 'S');
	kill(pid, SIGTERM);
	next_stop(&s, pid);
	resume(&s, PTRACE_CONT, pid, SIGTERM);
	CHECK_SESSION(&s, "signal USR1, signal TERM, killed by TERM", "an ignored signal stops it too");
}

/* What it executes keeps what was ignored. */
static void ignore_and_execute(void)
{
	char *argv[] = {self, "ignoring", NULL}, *envp[] = {NULL};

	signal(SIGUSR1, SIG_IGN);
	execve(self, argv, envp);
}

static void dispositions(void)
{
	struct session s = {0};
	pid_t pid = start(ignore_and_execute);

	run(pid, &s);
	CHECK_SESSION(&s, "signal TRAP, exited 7", "ignored signals are ignored behind execve");
}

/* Its own children are not traced. */
static void fork_again(void)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		raise(SIGTERM);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid)
		_exit(90);
	_exit(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM ? 8 : 91);
}

static void children(void)
{
	struct session s = {0};
	pid_t pid = start(fork_again);
	int status = run(pid, &s);

	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 8, "its child is not traced");
}

static void twice(void)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
		_exit(1);
	kill(getpid(), SIGUSR1);
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != -1 || errno != EPERM)
		_exit(2);
	_exit(0);
}

static void errors(void)
{
	struct session s = {0};
	pid_t pid = start(twice);
	int status;

	next_stop(&s, pid);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, "saying it twice is EPERM, before and behind a stop");
}

/* /proc tells who traces. */
static void tracer_in_proc(void)
{
	pid_t pid = start_tracee(call_much, 0);
	char path[64], text[4096] = "", want[64];
	struct session s = {0};
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
	close(fd);
	snprintf(want, sizeof(want), "\nTracerPid:\t%d\n", getpid());
	CHECK(strstr(text, want) != NULL, "TracerPid of /proc/PID/status");
	CHECK(strstr(text, "\nState:\tt (tracing stop)\n") != NULL, "State");
	run_to_end(&s, PTRACE_CONT, pid);
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "executed") == 0)
		return 6;
	if (argc > 1 && strcmp(argv[1], "ignoring") == 0) {
		struct sigaction act, other;

		sigaction(SIGUSR1, NULL, &act);
		sigaction(SIGUSR2, NULL, &other);
		return act.sa_handler == SIG_IGN && other.sa_handler == SIG_DFL ? 7 : 1;
	}
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	check_begin(argc, argv);
	pipe_then_wait();
	with_vfork();
	do_nothing_special();
	first_signals();
	ignored_signal();
	dispositions();
	children();
	errors();
	tracer_in_proc();
	return check_end();
}
