/*
 * PTRACE_O_TRACESECCOMP: calls that a seccomp program sends to the tracer.
 * conformance: not under ptrace: the gate itself traces every guest
 * conformance: not under notify: the supervisor is asked before a tracer
 */
#include "tracer.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

/* access, getuid and getppid go to the tracer, with 7, 8 and 9. */
static void install(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_access, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 3, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 7),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 8),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | 9),
	};
	struct sock_fprog program = {sizeof(code) / sizeof(code[0]), code};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(95);
}

static void call_three(void)
{
	long a, b, c;

	install();
	a = syscall(SYS_access, "/nonexistent", F_OK) < 0 ? -errno : 0;
	b = syscall(SYS_getuid);
	c = syscall(SYS_getppid);
	syscall(SYS_getpid);
	syscall(SYS_exit_group, a == -ENOENT && b == 0 && c == getppid() ? 1 : -a == ENOSYS ? 2 : 3);
}

/* The event's number and what it says. */
static void note_event(struct session *s, pid_t pid)
{
	struct __ptrace_syscall_info info = {0};
	struct user_regs_struct r = registers_of(pid);
	unsigned long message = 0;
	siginfo_t si = {0};
	long size = ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info);

	NEED(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0 && ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) == 0);
	note(s, "%s %lu", call_name((long)r.orig_rax), message);
	if (si.si_code != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8) || si.si_signo != SIGTRAP)
		note(s, "si_code %#x", si.si_code);
	if ((long)r.rax != -ENOSYS)
		note(s, "result %ld", (long)r.rax);
	if (size < 80 || info.op != PTRACE_SYSCALL_INFO_SECCOMP || info.seccomp.nr != r.orig_rax ||
	    info.seccomp.ret_data != message || info.instruction_pointer != r.rip || info.stack_pointer != r.rsp ||
	    info.seccomp.args[0] != r.rdi || info.seccomp.args[1] != r.rsi)
		note(s, "another description");
}

static void events(int request, const char *want, const char *what)
{
	struct session s = {0};
	pid_t pid = start_tracee(call_three, PTRACE_O_TRACESECCOMP);
	int status = resume(&s, PTRACE_CONT, pid, 0);

	s.n = 0;
	while (WIFSTOPPED(status)) {
		if (status >> 16 == PTRACE_EVENT_SECCOMP)
			note_event(&s, pid);
		NEED(ptrace(request, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status) || status >> 16 != PTRACE_EVENT_SECCOMP)
			note_status(&s, pid, status);
	}
	CHECK_SESSION(&s, want, what);
}

static void one_call(void)
{
	long r;

	install();
	r = syscall(SYS_access, "/nonexistent", F_OK);
	_exit(r == -1 ? errno : (int)r & 0x7f);
}

static pid_t at_event(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(one_call, PTRACE_O_TRACESECCOMP);

	NEED(resume(&s, PTRACE_CONT, pid, 0) >> 16 == PTRACE_EVENT_SECCOMP);
	return pid;
}

static void changes(void)
{
	struct session s = {0};
	struct user_regs_struct r;
	pid_t pid;

	pid = at_event();
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "exited 2", "the call is made");

	pid = at_event();
	r = registers_of(pid);
	r.rdi = 8;
	NEED(ptrace(PTRACE_SETREGS, pid, NULL, &r) == 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "exit access = -14, exited 14", "with another argument");

	pid = at_event();
	NEED(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), (void *)-1l) == 0);
	NEED(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (void *)21l) == 0);
	CHECK_EQUAL(registers_of(pid).orig_rax, -1, "no call any more");
	CHECK_EQUAL(registers_of(pid).rax, 21, "but a result");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "exit nothing = 21, exited 21", "a call that the tracer takes away");

	pid = at_event();
	NEED(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), (void *)(long)SYS_getgid) == 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "exited 0", "another call in its place");
}

static void not_wanted(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(call_three, 0);
	int status;

	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "exited 2", "a tracer that does not want to know");
	pid = fork();
	if (pid == 0)
		call_three();
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 2 << 8, "and no tracer at all");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	events(PTRACE_CONT, "access 7, getuid 8, getppid 9, getppid 9, exited 1", "events");
	events(PTRACE_SYSCALL,
	       "access 7, exit access = -2, entry getuid, getuid 8, exit getuid = 0, entry getppid, getppid 9, "
	       "exit getppid, entry getpid, exit getpid, entry getppid, getppid 9, exit getppid, entry exit_group, "
	       "exited 1",
	       "among calls");
	changes();
	not_wanted();
	return check_end();
}
