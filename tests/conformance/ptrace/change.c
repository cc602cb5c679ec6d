/*
 * A tracer changes its tracee: memory, registers, calls, breakpoints.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <elf.h>
#include <sys/uio.h>

static volatile long cell = 0x1122334455667788;

static void one_call(void)
{
	long r = syscall(SYS_access, "/", F_OK);

	_exit((int)r == -1 ? errno : (int)r & 0x7f);
}

static void memory(void)
{
	pid_t pid = start_tracee(one_call, 0);
	struct iovec mine, theirs = {(void *)&cell, 8};
	char path[64];
	long value = 0;
	int fd;

	errno = 0;
	CHECK_EQUAL(ptrace(PTRACE_PEEKDATA, pid, &cell, NULL), cell, "PTRACE_PEEKDATA");
	CHECK_EQUAL(errno, 0, "without an error");
	CHECK_OK(ptrace(PTRACE_POKEDATA, pid, &cell, (void *)-7l), "PTRACE_POKEDATA");
	CHECK_EQUAL(ptrace(PTRACE_PEEKTEXT, pid, &cell, NULL), -7, "it is there");
	CHECK_EQUAL(cell, 0x1122334455667788, "and not here");
	errno = 0;
	CHECK(ptrace(PTRACE_PEEKDATA, pid, (void *)8, NULL) == -1 && errno == EIO, "PTRACE_PEEKDATA of nothing");
	CHECK_ERRNO(ptrace(PTRACE_POKEDATA, pid, (void *)8, NULL), EIO, "PTRACE_POKEDATA to nothing");

	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR);
	CHECK(fd >= 0, "/proc/PID/mem opens");
	CHECK(pread(fd, &value, sizeof(value), (off_t)(uintptr_t)&cell) == 8 && value == -7, "reads");
	value = 99;
	CHECK(pwrite(fd, &value, sizeof(value), (off_t)(uintptr_t)&cell) == 8, "writes");
	close(fd);
	mine = (struct iovec){&value, 8};
	value = 0;
	CHECK(process_vm_readv(pid, &mine, 1, &theirs, 1, 0) == 8 && value == 99, "process_vm_readv");
	end_tracee(pid);
}

/* The call's arguments, its number, its result. */
static void calls(void)
{
	struct session s = {0};
	struct user_regs_struct r;
	pid_t pid;

	pid = start_tracee(one_call, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	r = registers_of(pid);
	r.rdi = 8;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, NULL, &r), "sets an argument");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry access, exit access = -14, exited 14", "another argument");

	pid = start_tracee(one_call, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	CHECK_OK(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), (void *)SYS_getuid),
		 "sets the number");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry access, exit getuid = 0, exited 0", "another translated call");

	pid = start_tracee(one_call, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), (void *)SYS_getpid);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	r = registers_of(pid);
	CHECK_EQUAL(r.rax, pid, "an untranslated call's result");
	end_tracee(pid);
	s.n = 0;

	pid = start_tracee(one_call, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.orig_rax), (void *)-1l);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (void *)33l);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry access, exit nothing = -38, exited 33", "no call, and a result");

	pid = start_tracee(one_call, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	r = registers_of(pid);
	r.rax = (unsigned long)-EXDEV;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, NULL, &r), "sets the result");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry access, exit access = 0, exited 18", "another result");

	/* The call once more. */
	pid = start_tracee(one_call, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	r = registers_of(pid);
	r.rip -= 2;
	r.rax = r.orig_rax;
	CHECK_OK(ptrace(PTRACE_SETREGS, pid, NULL, &r), "goes back");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry access, exit access = 0, entry access, exit access = 0, exited 0", "the call twice");
}

/* Register sets and the user area. */
static void sets(void)
{
	struct session s = {0};
	struct user_regs_struct r, part = {0};
	struct user_fpregs_struct f;
	struct iovec io = {&r, sizeof(r)};
	pid_t pid = start_tracee(one_call, 0);

	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	CHECK_OK(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io), "PTRACE_GETREGSET");
	CHECK_EQUAL(io.iov_len, sizeof(r), "its size");
	CHECK_EQUAL(r.orig_rax, SYS_access, "has the number of the call");
	io = (struct iovec){&part, 64};
	CHECK_OK(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io), "a part of the set");
	CHECK(io.iov_len == 64 && part.r15 == r.r15 && part.r8 == 0, "is what was asked for");
	io = (struct iovec){&part, 63};
	CHECK_ERRNO(ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &io), EINVAL, "half a register");
	io = (struct iovec){&r, sizeof(r)};
	CHECK_ERRNO(ptrace(PTRACE_GETREGSET, pid, 0x7777, &io), EINVAL, "an unknown set");
	r.r15 = 0x5151;
	CHECK_OK(ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &io), "PTRACE_SETREGSET");
	errno = 0;
	CHECK_EQUAL(ptrace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.r15), NULL), 0x5151, "PTRACE_PEEKUSER");
	CHECK_ERRNO(ptrace(PTRACE_PEEKUSER, pid, 3, NULL), EIO, "PTRACE_PEEKUSER between registers");
	CHECK_ERRNO(ptrace(PTRACE_PEEKUSER, pid, 0x10000, NULL), EIO, "behind all of them");
	CHECK_ERRNO(ptrace(PTRACE_GETREGS, pid, NULL, (void *)8), EFAULT, "PTRACE_GETREGS to nowhere");
	CHECK_OK(ptrace(PTRACE_GETFPREGS, pid, NULL, &f), "PTRACE_GETFPREGS");
	f.xmm_space[5] = 0x12345678;
	CHECK_OK(ptrace(PTRACE_SETFPREGS, pid, NULL, &f), "PTRACE_SETFPREGS");
	f.xmm_space[5] = 0;
	ptrace(PTRACE_GETFPREGS, pid, NULL, &f);
	CHECK_EQUAL(f.xmm_space[5], 0x12345678, "they stay");
	end_tracee(pid);
}

/* Floating point registers survive calls, as the tracer sees them. */
static void keep_xmm(void)
{
	long r, got;

	__asm__ volatile("movq %2, %%xmm9\n\t"
			 "syscall\n\t"
			 "movq %%xmm9, %1"
			 : "=a"(r), "=r"(got)
			 : "r"(0x77665544l), "0"((long)SYS_getuid)
			 : "rcx", "r11", "memory", "xmm9");
	_exit(r == 0 && got == 0x77665544 ? 0 : got == 0x1111 ? 1 : 2);
}

static void floating(void)
{
	struct session s = {0};
	struct user_fpregs_struct f;
	pid_t pid = start_tracee(keep_xmm, 0);

	resume(&s, PTRACE_SYSCALL, pid, 0);
	NEED(ptrace(PTRACE_GETFPREGS, pid, NULL, &f) == 0);
	CHECK_EQUAL(f.xmm_space[9 * 4], 0x77665544, "xmm9 at the entry");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	NEED(ptrace(PTRACE_GETFPREGS, pid, NULL, &f) == 0);
	CHECK_EQUAL(f.xmm_space[9 * 4], 0x77665544, "xmm9 at the exit");
	f.xmm_space[9 * 4] = 0x1111;
	NEED(ptrace(PTRACE_SETFPREGS, pid, NULL, &f) == 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry getuid, exit getuid = 0, exited 1", "the tracee sees what was set at the exit");

	pid = start_tracee(keep_xmm, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	f.xmm_space[9 * 4] = 0x1111;
	NEED(ptrace(PTRACE_SETFPREGS, pid, NULL, &f) == 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry getuid, exited 1", "or at the entry");
}

/* Breakpoints in code that calls, hit many times. */
static int __attribute__((noinline)) target(int n)
{
	return (int)syscall(SYS_access, "/", F_OK) + n;
}

static void call_target(void)
{
	int sum = 0;

	for (int i = 0; i < 10; i++)
		sum += target(i);
	_exit(sum);
}

static void breakpoints(void)
{
	pid_t pid = start_tracee(call_target, 0);
	long code, with;
	int hits = 0, status;

	errno = 0;
	code = ptrace(PTRACE_PEEKTEXT, pid, target, NULL);
	with = (code & ~0xffl) | 0xcc;
	NEED(errno == 0);
	NEED(ptrace(PTRACE_POKETEXT, pid, target, (void *)with) == 0);
	for (;;) {
		struct user_regs_struct r;

		NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status))
			break;
		r = registers_of(pid);
		NEED(WSTOPSIG(status) == SIGTRAP && r.rip == (uintptr_t)target + 1);
		CHECK_EQUAL(r.rdi, hits, "the argument");
		hits++;
		r.rip--;
		NEED(ptrace(PTRACE_SETREGS, pid, NULL, &r) == 0);
		NEED(ptrace(PTRACE_POKETEXT, pid, target, (void *)code) == 0);
		NEED(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
		NEED(ptrace(PTRACE_POKETEXT, pid, target, (void *)with) == 0);
	}
	CHECK_EQUAL(hits, 10, "every call is caught");
	CHECK_EQUAL(status, 45 << 8, "and none disturbed");
}

/* A hardware watchpoint. */
static void store(void)
{
	syscall(SYS_getuid);
	cell = 1;
	syscall(SYS_exit_group, 0);
}

static void watchpoint(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(store, 0);

	NEED(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[0]), &cell) == 0);
	if (ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, u_debugreg[7]), (void *)0xd0101l) < 0) {
		check_skip("a watchpoint", "no debug registers");
		end_tracee(pid);
		return;
	}
	if (!WIFSTOPPED(resume(&s, PTRACE_CONT, pid, 0))) {
		/* Some virtual machines take the registers' values and do nothing with them. */
		check_skip("a watchpoint", "the debug registers have no effect");
		return;
	}
	errno = 0;
	CHECK_EQUAL(ptrace(PTRACE_PEEKDATA, pid, &cell, NULL), 1, "the store is done");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "signal TRAP, exited 0", "a watchpoint");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	memory();
	calls();
	sets();
	floating();
	breakpoints();
	watchpoint();
	return check_end();
}
