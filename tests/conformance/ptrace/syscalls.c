/*
 * PTRACE_SYSCALL: every call is seen twice, with its own registers, and nothing else is.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

static void calls(void)
{
	int fd;

	syscall(SYS_getpid);
	syscall(SYS_getuid);
	fd = (int)syscall(SYS_openat, AT_FDCWD, "/etc/passwd", O_RDONLY, 0);
	syscall(SYS_close, fd);
	syscall(SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY, 0);
	syscall(SYS_openat, AT_FDCWD, NULL, O_RDONLY, 0);
	syscall(SYS_access, "/", F_OK);
	syscall(SYS_getppid);
	syscall(SYS_close, 999);
	syscall(SYS_exit_group, 7);
}

static const char calls_seen[] =
	"entry getpid, exit getpid, entry getuid, exit getuid = 0, "
	"entry openat, exit openat = 3, entry close, exit close = 0, entry openat, "
	"exit openat = -2, entry openat, exit openat = -14, entry access, exit access = 0, "
	"entry getppid, exit getppid, entry close, exit close = -9, entry exit_group, exited 7";

static void with_option(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(calls, 0);

	run_to_end(&s, PTRACE_SYSCALL, pid);
	CHECK_SESSION(&s, calls_seen, "every call has its entry and its exit");
}

static void without_stops(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(calls, 0);

	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "exited 7", "PTRACE_CONT sees none");

	pid = start_tracee(calls, PTRACE_O_TRACEEXIT);
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "event EXIT, exited 7", "PTRACE_CONT sees the exit");
}

/* Without PTRACE_O_TRACESYSGOOD the stops are a plain SIGTRAP. */
static void plain(void)
{
	struct __ptrace_syscall_info info;
	pid_t pid = start_tracee(calls, 0);
	siginfo_t si = {0};
	int status, stops = 0, other = 0;

	CHECK_OK(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_EXITKILL), "takes the option away");
	for (;;) {
		NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status))
			break;
		if (status != (SIGTRAP << 8 | 0x7f))
			other++;
		if (stops++ == 0) {
			CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "a plain stop has siginfo");
			CHECK_EQUAL(si.si_code, SIGTRAP, "si_code of a plain stop");
			CHECK_OK(ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info), "it can be described");
			CHECK_EQUAL(info.op, PTRACE_SYSCALL_INFO_NONE, "as none that the kernel knows");
		}
	}
	CHECK_EQUAL(stops, 19, "the number of plain stops");
	CHECK_EQUAL(other, 0, "other stops");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7, "the status at the end");
}

static void one_call(void)
{
	syscall(SYS_openat, AT_FDCWD, "/nonexistent", O_RDONLY, 0);
	_exit(0);
}

/* The registers of a call, and what the stop says of itself. */
static void registers(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(one_call, 0);
	struct user_regs_struct entry, leave;
	unsigned long message;
	siginfo_t si;

	resume(&s, PTRACE_SYSCALL, pid, 0);
	entry = registers_of(pid);
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "siginfo of an entry");
	CHECK_EQUAL(si.si_code, SYSCALL_STOP, "its si_code");
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message), "message of an entry");
	CHECK_EQUAL(message, 1 /* PTRACE_EVENTMSG_SYSCALL_ENTRY */, "what it says");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	leave = registers_of(pid);
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message), "message of an exit");
	CHECK_EQUAL(message, 2 /* PTRACE_EVENTMSG_SYSCALL_EXIT */, "what it says");
	CHECK_SESSION(&s, "entry openat, exit openat = -2", "the session");

	CHECK(entry.rip == leave.rip, "the instruction pointer stays");
	CHECK(entry.rsp == leave.rsp, "the stack pointer stays");
	CHECK(entry.orig_rax == SYS_openat && leave.orig_rax == SYS_openat, "the number stays");
	CHECK(entry.rcx == entry.rip && leave.rcx == leave.rip, "rcx is the instruction pointer");
	CHECK(entry.rbx == leave.rbx && entry.rbp == leave.rbp && entry.r12 == leave.r12 && entry.r13 == leave.r13 &&
		      entry.r14 == leave.r14 && entry.r15 == leave.r15,
	      "registers that calls preserve");
	CHECK(entry.rdi == leave.rdi && entry.rsi == leave.rsi && entry.rdx == leave.rdx && entry.r10 == leave.r10 &&
		      entry.r8 == leave.r8 && entry.r9 == leave.r9,
	      "arguments stay");
	CHECK(entry.fs_base == leave.fs_base && entry.cs == leave.cs && entry.ss == leave.ss, "segments");
	end_tracee(pid);
}

/* A tracer changes its mind in the middle of a call. */
static void mixed(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(calls, 0);

	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "entry getpid, exit getpid, entry getuid, exited 7",
		      "no exit after PTRACE_CONT from a translated call's entry");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	with_option();
	without_stops();
	plain();
	registers();
	mixed();
	return check_end();
}
