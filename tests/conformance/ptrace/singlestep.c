/*
 * PTRACE_SINGLESTEP: one instruction, one stop; a system call is one instruction, whoever makes it.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <sys/socket.h>

/* A known piece of code: its calls are getuid, getpid, openat and a wait4 that fails. */
extern const char piece[], piece_end[];
__asm__(".text\n"
	".globl piece, piece_end\n"
	"piece:\n"
	"	nop\n"
	"	mov $102, %eax\n"
	"	syscall\n"
	"	nop\n"
	"	mov $39, %eax\n"
	"	syscall\n"
	"	mov $257, %eax\n"
	"	mov $-100, %edi\n"
	"	xor %esi, %esi\n"
	"	xor %edx, %edx\n"
	"	syscall\n"
	"	mov $61, %eax\n"
	"	mov $-1, %edi\n"
	"	xor %r10d, %r10d\n"
	"	syscall\n"
	"piece_end:\n"
	"	mov $7, %edi\n"
	"	mov $231, %eax\n"
	"	syscall\n");

static void run_piece(void)
{
	((void (*)(void))(uintptr_t)piece)();
}

/* Lets it run to the beginning of the piece, by a breakpoint there. */
static pid_t at_piece(void (*body)(void))
{
	pid_t pid = start_tracee(body, 0);
	struct user_regs_struct r;
	int status;
	long word;

	errno = 0;
	word = ptrace(PTRACE_PEEKTEXT, pid, piece, NULL);
	NEED(errno == 0);
	NEED(ptrace(PTRACE_POKETEXT, pid, piece, (void *)((word & ~0xffl) | 0xcc)) == 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP);
	NEED(ptrace(PTRACE_POKETEXT, pid, piece, (void *)word) == 0);
	r = registers_of(pid);
	r.rip = (uintptr_t)piece;
	NEED(ptrace(PTRACE_SETREGS, pid, NULL, &r) == 0);
	return pid;
}

static void through_calls(void)
{
	static const long offsets[] = {1, 6, 8, 9, 14, 16, 21, 26, 28, 30, 32, 37, 42, 45, 47};
	pid_t pid = at_piece(run_piece);
	bool good = true, traps = true;
	struct session s = {0};
	siginfo_t si;
	size_t i;

	for (i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		struct user_regs_struct r;

		resume(&s, PTRACE_SINGLESTEP, pid, 0);
		r = registers_of(pid);
		if (r.rip != (uintptr_t)piece + (uintptr_t)offsets[i]) {
			printf("# step %zu is at %ld, not %ld\n", i, (long)(r.rip - (uintptr_t)piece), offsets[i]);
			good = false;
		}
		NEED(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) == 0);
		traps &= si.si_signo == SIGTRAP && si.si_code > 0;
		if (offsets[i] == 8)
			CHECK_EQUAL(r.rax, 0, "a translated call's result");
		if (offsets[i] == 16)
			CHECK_EQUAL(r.rax, pid, "another's");
		if (offsets[i] == 32)
			CHECK_EQUAL(r.rax, -EFAULT, "a failed call's result");
		if (offsets[i] == 47)
			CHECK_EQUAL(r.rax, -ECHILD, "a failed wait's result");
	}
	CHECK(good, "each step is one instruction");
	CHECK(traps, "each ends with a trap of the processor's or the kernel's");
	s.n = 0;
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "exited 7", "it goes on behind the last");
}

/* Steps and calls' stops in turn. */
static void mixed(void)
{
	pid_t pid = at_piece(run_piece);
	struct session s = {0};

	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	CHECK_SESSION(&s,
		      "signal TRAP, signal TRAP, entry getuid, signal TRAP, signal TRAP, entry getpid, exit getpid, "
		      "signal TRAP, signal TRAP, signal TRAP, signal TRAP, entry openat, exit openat = -14",
		      "steps and calls in turn");
	end_tracee(pid);
}

/* Into a handler: the first stop is its first instruction. */
static volatile int handled;

static void handler(int sig)
{
	handled += sig;
}

static void run_piece_with_handler(void)
{
	struct sigaction act = {.sa_handler = handler};

	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	run_piece();
}

static void into_handler(void)
{
	pid_t pid = at_piece(run_piece_with_handler);
	struct user_regs_struct r;
	struct session s = {0};

	NEED(syscall(SYS_tgkill, pid, pid, SIGUSR1) == 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, SIGUSR1);
	r = registers_of(pid);
	CHECK_EQUAL(r.rip, (uintptr_t)handler, "at the handler's first instruction");
	CHECK_EQUAL(r.rdi, SIGUSR1, "with its argument");
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	r = registers_of(pid);
	CHECK(r.rip > (uintptr_t)handler && r.rip < (uintptr_t)handler + 16, "and on from there");
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "signal USR1, signal TRAP, signal TRAP, exited 7", "the session");
}

/* Out of a handler: rt_sigreturn is one step as well. */
static void out_of_handler(void)
{
	pid_t pid = at_piece(run_piece_with_handler);
	struct user_regs_struct r;
	struct session s = {0};
	int steps = 0;

	NEED(syscall(SYS_tgkill, pid, pid, SIGUSR1) == 0);
	resume(&s, PTRACE_SINGLESTEP, pid, 0);
	resume(&s, PTRACE_SINGLESTEP, pid, SIGUSR1);
	s.n = 0;
	do {
		resume(&s, PTRACE_SINGLESTEP, pid, 0);
		r = registers_of(pid);
		s.n = 0;
	} while ((r.rip < (uintptr_t)piece || r.rip >= (uintptr_t)piece_end) && ++steps < 100);
	CHECK(r.rip == (uintptr_t)piece, "back where the signal came");
	CHECK(steps < 20, "after few steps");
	end_tracee(pid);
}

/* A step from a stop in a wait ends when the call does. */
static int pair[2];

static void receive(void)
{
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

	recvmsg(pair[0], &m, 0);
	syscall(SYS_exit_group, byte);
}

static void from_wait(void)
{
	struct session s = {0};
	struct user_regs_struct before, after;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	pid = start_tracee(receive, 0);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	kill(pid, SIGWINCH);
	next_stop(&s, pid);
	before = registers_of(pid);
	NEED(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	NEED(write(pair[1], "\5", 1) == 1);
	next_stop(&s, pid);
	after = registers_of(pid);
	CHECK_EQUAL(after.rip, before.rip, "at the same place");
	CHECK_EQUAL(after.rax, 1, "with the call's result");
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "signal WINCH, signal TRAP, exited 5", "the session");
	close(pair[0]);
	close(pair[1]);
}

/* Every instruction of a program with calls of all kinds. */
static void work(void)
{
	for (int i = 0; i < 3; i++) {
		int fd = open("/etc/passwd", O_RDONLY);
		char buf[10];

		if (read(fd, buf, sizeof(buf)) != sizeof(buf))
			_exit(50);
		close(fd);
	}
	_exit(3);
}

static void all(void)
{
	pid_t pid = start_tracee(work, 0);
	int status = 0, steps = 0;
	bool good = true;

	for (;;) {
		NEED(ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, 0) == pid);
		if (!WIFSTOPPED(status))
			break;
		good &= status == (SIGTRAP << 8 | 0x7f);
		steps++;
	}
	CHECK(good, "nothing but traps");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 3, "the program's own status");
	CHECK(steps > 50, "many steps");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	through_calls();
	mixed();
	into_handler();
	out_of_handler();
	from_wait();
	all();
	return check_end();
}
