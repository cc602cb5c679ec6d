/* What the programs of this folder share: a tracee by fork, and what its tracer sees as text. */
#ifndef LX_TESTS_CONFORMANCE_PTRACE_TRACER_H
#define LX_TESTS_CONFORMANCE_PTRACE_TRACER_H

#include "check.h"

#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <time.h>

#define SYSCALL_STOP (SIGTRAP | 0x80)

static const struct {
	long nr;
	const char *name;
} tracer_calls[] = {
	{SYS_getpid, "getpid"},
	{SYS_getppid, "getppid"},
	{SYS_getuid, "getuid"},
	{SYS_gettid, "gettid"},
	{SYS_openat, "openat"},
	{SYS_close, "close"},
	{SYS_access, "access"},
	{SYS_read, "read"},
	{SYS_write, "write"},
	{SYS_kill, "kill"},
	{SYS_tgkill, "tgkill"},
	{SYS_wait4, "wait4"},
	{SYS_pause, "pause"},
	{SYS_fork, "fork"},
	{SYS_vfork, "vfork"},
	{SYS_clone, "clone"},
	{SYS_execve, "execve"},
	{SYS_exit, "exit"},
	{SYS_exit_group, "exit_group"},
	{SYS_rt_sigaction, "rt_sigaction"},
	{SYS_rt_sigprocmask, "rt_sigprocmask"},
	{SYS_rt_sigsuspend, "rt_sigsuspend"},
	{SYS_rt_sigreturn, "rt_sigreturn"},
	{SYS_ppoll, "ppoll"},
	{SYS_nanosleep, "nanosleep"},
	{SYS_restart_syscall, "restart_syscall"},
	{SYS_recvmsg, "recvmsg"},
	{SYS_uname, "uname"},
};

CHECK_UNUSED static const char *call_name(long nr)
{
	static char number[32];

	for (size_t i = 0; i < sizeof(tracer_calls) / sizeof(tracer_calls[0]); i++)
		if (tracer_calls[i].nr == nr)
			return tracer_calls[i].name;
	snprintf(number, sizeof(number), "call-%ld", nr);
	return number;
}

CHECK_UNUSED static const char *signal_name(int sig)
{
	static char number[32];
	const char *name = sigabbrev_np(sig);

	if (name != NULL)
		return name;
	snprintf(number, sizeof(number), "%d", sig);
	return number;
}

CHECK_UNUSED static const char *event_name(int event)
{
	switch (event) {
	case PTRACE_EVENT_FORK:
		return "FORK";
	case PTRACE_EVENT_VFORK:
		return "VFORK";
	case PTRACE_EVENT_CLONE:
		return "CLONE";
	case PTRACE_EVENT_EXEC:
		return "EXEC";
	case PTRACE_EVENT_VFORK_DONE:
		return "VFORK_DONE";
	case PTRACE_EVENT_EXIT:
		return "EXIT";
	case PTRACE_EVENT_STOP:
		return "STOP";
	default:
		return "other";
	}
}

/* A session: what was seen so far, each thing with a comma behind it. */
struct session {
	char text[8192];
	size_t n;
};

__attribute__((format(printf, 2, 3))) CHECK_UNUSED static void note(struct session *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	if (s->n > 0)
		s->n += (size_t)snprintf(s->text + s->n, sizeof(s->text) - s->n, ", ");
	s->n += (size_t)vsnprintf(s->text + s->n, sizeof(s->text) - s->n, format, ap);
	va_end(ap);
	NEED(s->n < sizeof(s->text));
}

/* The session against what it must be, and begins a new one. */
CHECK_UNUSED static void check_session(struct session *s, const char *want, int line, const char *what)
{
	bool same = strcmp(s->text, want) == 0;

	check_report(same, what, "");
	if (!same)
		printf("# line %d\n# got:  %s\n# want: %s\n", line, s->text, want);
	s->n = 0;
	s->text[0] = '\0';
}
#define CHECK_SESSION(session, want, what) check_session(session, want, __LINE__, what)

/* Results that are pids, addresses or times are no part of a session. */
static bool is_secret(long nr, long result)
{
	return result > 0 && (nr == SYS_getpid || nr == SYS_getppid || nr == SYS_gettid || nr == SYS_fork ||
			      nr == SYS_vfork || nr == SYS_clone || nr == SYS_wait4);
}

CHECK_UNUSED static struct user_regs_struct registers_of(pid_t pid)
{
	struct user_regs_struct r = {0};

	NEED(ptrace(PTRACE_GETREGS, pid, NULL, &r) == 0);
	return r;
}

/* One wait status, for a tracer with PTRACE_O_TRACESYSGOOD. */
CHECK_UNUSED static void note_status(struct session *s, pid_t pid, int status)
{
	struct __ptrace_syscall_info info = {0};
	struct user_regs_struct r;
	long nr;

	if (WIFEXITED(status)) {
		note(s, "exited %d", WEXITSTATUS(status));
	} else if (WIFSIGNALED(status)) {
		note(s, "killed by %s", signal_name(WTERMSIG(status)));
	} else if (WSTOPSIG(status) == SYSCALL_STOP) {
		NEED(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) > 0);
		r = registers_of(pid);
		nr = (long)r.orig_rax;
		if (r.rip != info.instruction_pointer || r.rsp != info.stack_pointer)
			note(s, "registers differ from the description");
		if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
			note(s, "entry %s", call_name(nr));
			if ((long)info.entry.nr != nr || (long)r.rax != -ENOSYS || info.entry.args[0] != r.rdi ||
			    info.entry.args[1] != r.rsi || info.entry.args[2] != r.rdx)
				note(s, "entry's registers are wrong");
		} else if (info.op == PTRACE_SYSCALL_INFO_EXIT && is_secret(nr, info.exit.rval)) {
			note(s, "exit %s", call_name(nr));
		} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
			note(s, "exit %s = %ld", nr == -1 ? "nothing" : call_name(nr), (long)info.exit.rval);
			if ((long)r.rax != info.exit.rval)
				note(s, "exit's registers are wrong");
		} else {
			note(s, "a stop of a call that is none");
		}
	} else if (status >> 16 != 0) {
		note(s, "event %s%s%s", event_name(status >> 16), WSTOPSIG(status) != SIGTRAP ? " " : "",
		     WSTOPSIG(status) != SIGTRAP ? signal_name(WSTOPSIG(status)) : "");
	} else {
		siginfo_t si;
		bool group = ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) < 0 && errno == EINVAL;

		note(s, "%s %s", group ? "group stop" : "signal", signal_name(WSTOPSIG(status)));
	}
}

/* Waits for it and notes what happened. */
CHECK_UNUSED static int next_stop(struct session *s, pid_t pid)
{
	int status = 0;

	NEED(waitpid(pid, &status, __WALL) == pid);
	note_status(s, pid, status);
	return status;
}

/* Lets it go on, waits for it and notes what happened. */
CHECK_UNUSED static int resume(struct session *s, int request, pid_t pid, int sig)
{
	NEED(ptrace(request, pid, NULL, (void *)(long)sig) == 0);
	return next_stop(s, pid);
}

/* Resumes it with request, with every signal it gets delivered, until it ends. */
CHECK_UNUSED static void run_to_end(struct session *s, int request, pid_t pid)
{
	int sig = 0;

	for (;;) {
		int status = resume(s, request, pid, sig);

		if (!WIFSTOPPED(status))
			return;
		sig = WSTOPSIG(status) == SYSCALL_STOP || status >> 16 != 0 ? 0 : WSTOPSIG(status);
	}
}

/* A child that asks to be traced and stops. body must not return. */
CHECK_UNUSED static pid_t start_tracee(void (*body)(void), unsigned long options)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0)
			_exit(100);
		syscall(SYS_kill, getpid(), SIGSTOP);
		body();
		_exit(101);
	}
	NEED(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGSTOP);
	NEED(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)(options | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) == 0);
	return pid;
}

/* A child that is seized while it waits for a byte, and stands at its first own call. */
CHECK_UNUSED static pid_t start_seized(void (*body)(void), unsigned long options)
{
	int gate[2];
	pid_t pid;

	fflush(stdout);
	NEED(pipe(gate) == 0);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		char byte;

		close(gate[1]);
		if (read(gate[0], &byte, 1) != 1)
			_exit(102);
		close(gate[0]);
		body();
		_exit(101);
	}
	close(gate[0]);
	NEED(ptrace(PTRACE_SEIZE, pid, NULL, (void *)(options | PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL)) == 0);
	NEED(write(gate[1], "x", 1) == 1);
	close(gate[1]);
	return pid;
}

CHECK_UNUSED static void end_tracee(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

/* Until the thread sleeps (or, with 't', is in a stop): a state of /proc/PID/stat. */
CHECK_UNUSED static void wait_for_state(pid_t pid, char state)
{
	for (int i = 0; i < 2000; i++) {
		char path[64], text[256] = "";
		const char *behind;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/stat", pid);
		fd = open(path, O_RDONLY);
		NEED(fd >= 0 && read(fd, text, sizeof(text) - 1) > 0);
		close(fd);
		behind = strrchr(text, ')');
		if (behind != NULL && behind[2] == state)
			return;
		usleep(1000);
	}
	CHECK(false, "the tracee is in state %c", state);
}

#endif
