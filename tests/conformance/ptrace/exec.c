/*
 * execve in a tracee: when the tracer is told, and what it finds then. The program executes itself with an argument.
 * conformance: static
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <elf.h>
#include <pthread.h>
#include <sys/auxv.h>

static char self[PATH_MAX];

static void execute(void)
{
	char *argv[] = {self, "executed", NULL}, *envp[] = {NULL};

	syscall(SYS_execve, self, argv, envp);
	_exit(99);
}

static void fail_then_execute(void)
{
	char *argv[] = {self, "executed", NULL}, *envp[] = {NULL};

	syscall(SYS_execve, "/nonexistent", argv, envp);
	execute();
}

/* What main() does in the new program. */
static int executed(void)
{
	syscall(SYS_getuid);
	syscall(SYS_exit_group, 6);
	return 98;
}

/* The calls of a static program's start differ between libcs: only the first and what comes behind getuid() count. */
static void shorten(struct session *s, const char *from)
{
	char *begin = strstr(s->text, from), *end = strstr(s->text, "entry getuid");

	NEED(begin != NULL && end != NULL);
	begin += strlen(from);
	memmove(begin, end, strlen(end) + 1);
}

static uint64_t entry_point(void)
{
	return getauxval(AT_ENTRY);
}

/* At its first instruction: registers, stack and what /proc says. */
static void check_first_instruction(pid_t pid, bool inside, const char *what)
{
	struct user_regs_struct r = registers_of(pid);
	char path[64], text[PATH_MAX] = "", title[128];
	Elf64_auxv_t aux[64];
	int fd, n;
	bool found = false;

	snprintf(title, sizeof(title), "%s: at the entry point", what);
	CHECK_EQUAL(r.rip, entry_point(), title);
	snprintf(title, sizeof(title), "%s: argc is on the stack", what);
	errno = 0;
	CHECK_EQUAL(ptrace(PTRACE_PEEKDATA, pid, (void *)r.rsp, NULL), 2, title);
	CHECK(r.rbx == 0 && r.rcx == 0 && r.rdx == 0 && r.rsi == 0 && r.rdi == 0 && r.rbp == 0 && r.r8 == 0 &&
		      r.r9 == 0 && r.r10 == 0 && r.r11 == 0 && r.r12 == 0 && r.r15 == 0 && r.fs_base == 0,
	      "%s: registers are clear", what);
	CHECK((long)r.orig_rax == (inside ? SYS_execve : -1) || !inside, "%s: the call's number", what);

	snprintf(path, sizeof(path), "/proc/%d/exe", pid);
	n = (int)readlink(path, text, sizeof(text) - 1);
	NEED(n > 0);
	snprintf(title, sizeof(title), "%s: /proc/PID/exe", what);
	CHECK_STRING(text, self, title);

	snprintf(path, sizeof(path), "/proc/%d/auxv", pid);
	fd = open(path, O_RDONLY);
	n = (int)read(fd, aux, sizeof(aux));
	close(fd);
	for (int i = 0; i < n / (int)sizeof(aux[0]); i++)
		found |= aux[i].a_type == AT_ENTRY && aux[i].a_un.a_val == entry_point();
	CHECK(found, "%s: /proc/PID/auxv has the entry point", what);

	snprintf(path, sizeof(path), "/proc/%d/maps", pid);
	fd = open(path, O_RDONLY);
	n = 0;
	while (n < (int)sizeof(text) - 1 && read(fd, text + n, 1) == 1)
		n++;
	text[n] = '\0';
	close(fd);
	CHECK(strstr(text, self) != NULL, "%s: /proc/PID/maps has the program", what);
}

/* Without options: SIGTRAP behind the call. */
static void plain(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(execute, 0);
	siginfo_t si;

	resume(&s, PTRACE_CONT, pid, 0);
	check_first_instruction(pid, false, "SIGTRAP");
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "its siginfo");
	CHECK(si.si_code == SI_USER && si.si_pid == pid, "says that it sent it to itself");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "signal TRAP, exited 6", "PTRACE_CONT sees a SIGTRAP");

	pid = start_tracee(fail_then_execute, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	check_first_instruction(pid, true, "exit");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	check_first_instruction(pid, false, "SIGTRAP behind it");
	run_to_end(&s, PTRACE_SYSCALL, pid);
	shorten(&s, "signal TRAP, ");
	CHECK_SESSION(&s,
		      "entry execve, exit execve = -2, entry execve, exit execve = 0, signal TRAP, entry getuid, "
		      "exit getuid = 0, entry exit_group, exited 6",
		      "PTRACE_SYSCALL sees the exit first");

	pid = start_tracee(execute, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_CONT, pid, SIGTRAP);
	CHECK_SESSION(&s, "signal TRAP, killed by TRAP", "a SIGTRAP that is delivered kills");
}

/* With PTRACE_O_TRACEEXEC: an event inside of the call. */
static void with_event(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(execute, PTRACE_O_TRACEEXEC);
	struct __ptrace_syscall_info info;
	unsigned long message = 0;
	siginfo_t si;

	resume(&s, PTRACE_CONT, pid, 0);
	check_first_instruction(pid, true, "event");
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message), "the event's message");
	CHECK_EQUAL(message, pid, "is the caller");
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "the event's siginfo");
	CHECK_EQUAL(si.si_code, SIGTRAP | PTRACE_EVENT_EXEC << 8, "its si_code");
	CHECK_OK(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), "describes the event");
	CHECK_EQUAL(info.op, PTRACE_SYSCALL_INFO_NONE, "as no call's stop");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "event EXEC, exited 6", "PTRACE_CONT sees the event");

	pid = start_tracee(fail_then_execute, PTRACE_O_TRACEEXEC);
	run_to_end(&s, PTRACE_SYSCALL, pid);
	shorten(&s, "exit execve = 0, ");
	CHECK_SESSION(&s,
		      "entry execve, exit execve = -2, entry execve, event EXEC, exit execve = 0, entry getuid, "
		      "exit getuid = 0, entry exit_group, exited 6",
		      "PTRACE_SYSCALL sees it between entry and exit");
}

static void seized(void)
{
	struct session s = {0};
	pid_t pid = start_seized(execute, 0);

	next_stop(&s, pid);
	CHECK_SESSION(&s, "exited 6", "a seized process executes without a stop");
	pid = start_seized(execute, PTRACE_O_TRACEEXEC);
	next_stop(&s, pid);
	check_first_instruction(pid, true, "seized");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "event EXEC, exited 6", "unless the tracer wants one");
}

/* Registers that the tracer changes at the event are the program's. */
static void changed(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(execute, PTRACE_O_TRACEEXEC);
	struct user_regs_struct r;

	resume(&s, PTRACE_CONT, pid, 0);
	r = registers_of(pid);
	r.r15 = 0x1234;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, NULL, &r), "sets registers at the event");
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	r = registers_of(pid);
	CHECK_EQUAL(r.r15, 0x1234, "they stay");
	CHECK_EQUAL(r.rip, entry_point(), "a step ends at the first instruction");
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	r = registers_of(pid);
	CHECK(r.rip > entry_point() && r.rip < entry_point() + 16, "the next one is the program's");
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "event EXEC, signal TRAP, signal TRAP, exited 6", "the session");
}

/* A thread executes: the leader's number is its own then. */
static void *run_execute(void *arg)
{
	(void)arg;
	execute();
	return NULL;
}

static void execute_in_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, run_execute, NULL);
	for (;;)
		pause();
}

static void from_thread(void)
{
	pid_t pid = start_tracee(execute_in_thread, PTRACE_O_TRACEEXEC | PTRACE_O_TRACECLONE), thread = 0, got;
	unsigned long message = 0;
	int status = 0;
	bool seen = false;

	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	while ((got = waitpid(-1, &status, __WALL)) > 0) {
		if (WIFEXITED(status) && got == pid)
			break;
		if (!WIFSTOPPED(status))
			continue;
		if (status >> 16 == PTRACE_EVENT_CLONE) {
			ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message);
			thread = (pid_t)message;
		}
		if (status >> 16 == PTRACE_EVENT_EXEC) {
			ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message);
			seen = got == pid && (pid_t)message == thread;
			check_first_instruction(pid, true, "thread");
		}
		NEED(ptrace(PTRACE_CONT, got, NULL, NULL) == 0 || errno == ESRCH);
	}
	CHECK(seen, "the event is the leader's and names the thread");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 6, "the program runs");
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "executed") == 0)
		return executed();
	NEED(readlink("/proc/self/exe", self, sizeof(self) - 1) > 0);
	check_begin(argc, argv);
	plain();
	with_event();
	seized();
	changed();
	from_thread();
	return check_end();
}
