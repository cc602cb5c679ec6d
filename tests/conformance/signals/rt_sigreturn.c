/* rt_sigreturn(2): what a handler has written into its frame is what goes on. */
#include "../check.h"

#include <signal.h>
#include <ucontext.h>

static void skip_fault(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	/* mov (%rax), %rax is three bytes long */
	uc->uc_mcontext.gregs[REG_RIP] += 3;
	uc->uc_mcontext.gregs[REG_RAX] = 1234;
}

static void change_mask(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	sigfillset(&uc->uc_sigmask);
}

static volatile long registers;

static void change_registers(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	(void)info;
	uc->uc_mcontext.gregs[REG_RBX] = 1;
	uc->uc_mcontext.gregs[REG_R12] = 20;
	uc->uc_mcontext.gregs[REG_R15] = 300;
	uc->uc_mcontext.gregs[REG_EFL] |= 1; /* carry */
}

static void set(int sig, void (*f)(int, siginfo_t *, void *), int flags)
{
	struct sigaction act = {.sa_sigaction = f, .sa_flags = SA_SIGINFO | flags};

	NEED(sigaction(sig, &act, NULL) == 0);
}

static void bad_frame(int sig)
{
	(void)sig;
	/* There is no frame at this stack pointer. */
	__asm__ volatile("mov $8, %%rsp; mov $15, %%eax; syscall" ::: "memory");
}

static void without_frame(void *unused)
{
	(void)unused;
	signal(SIGUSR1, bad_frame);
	raise(SIGUSR1);
}

int main(int argc, char **argv)
{
	sigset_t now, none;
	long value, carry;
	int status;
	pid_t pid;

	check_begin(argc, argv);
	sigemptyset(&none);

	set(SIGSEGV, skip_fault, 0);
	__asm__ volatile("mov $8, %%eax; mov (%%rax), %%rax" : "=a"(value));
	CHECK_EQUAL(value, 1234, "behind the instruction that failed, with a result");

	set(SIGUSR1, change_mask, 0);
	raise(SIGUSR1);
	sigprocmask(SIG_BLOCK, NULL, &now);
	CHECK(sigismember(&now, SIGTERM) == 1 && sigismember(&now, SIGRTMIN + 3) == 1, "with another mask");
	CHECK(access("/", F_OK) == 0, "a call under it");
	sigprocmask(SIG_SETMASK, &none, NULL);

	set(SIGUSR1, change_registers, SA_NODEFER);
	__asm__ volatile(
		"clc; mov %[nr], %%eax; mov %[pid], %%edi; mov %[sig], %%esi; syscall; setc %%cl; movzbl %%cl, %%ecx;"
		"add %%r12, %%rbx; add %%r15, %%rbx"
		: "=b"(value), "=c"(carry)
		: [nr] "i"(SYS_kill), [pid] "r"(getpid()), [sig] "i"(SIGUSR1)
		: "rax", "rdi", "rsi", "r11", "r12", "r15", "cc", "memory");
	registers = value;
	CHECK_EQUAL(registers, 321, "with other registers behind a call");
	CHECK_EQUAL(carry, 1, "and flags");

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		without_frame(NULL);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGSEGV, "without a frame it is the end");
	return check_end();
}
