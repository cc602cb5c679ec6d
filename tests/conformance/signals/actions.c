/* conformance: calls rt_sigaction */
/* rt_sigaction: what is set is what is read, flags do what they say, defaults and faults are the kernel's. */
#include "../check.h"

#include <setjmp.h>
#include <signal.h>
#include <sys/mman.h>
#include <ucontext.h>

static volatile sig_atomic_t runs, depth, deepest, code;
static void *volatile address;
static sigjmp_buf jump;

static void handler(int sig)
{
	depth++;
	if (depth > deepest)
		deepest = depth;
	runs++;
	if (runs == 1)
		raise(sig);
	depth--;
}

static void fault(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	code = info->si_code;
	address = info->si_addr;
	siglongjmp(jump, 1);
}

static int status_of(void (*f)(void))
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		f();
		_exit(0);
	}
	waitpid(child, &status, 0);
	return status;
}

static void fault_null(void)
{
	*(volatile int *)0x10 = 1;
}

static void send_segv(void)
{
	kill(getpid(), SIGSEGV);
}

static void send_sys(void)
{
	kill(getpid(), SIGSYS);
	pause();
}

static void ignore_fault(void)
{
	signal(SIGSEGV, SIG_IGN);
	kill(getpid(), SIGSEGV);
	fault_null();
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_handler = handler}, old;
	char *map;

	check_begin(argc, argv);
	CHECK_OK(sigaction(SIGUSR1, NULL, &old), "asks");
	CHECK(old.sa_handler == SIG_DFL, "the default at first");
	for (int sig = 1; sig <= 64; sig++) {
		if (sig == SIGKILL || sig == SIGSTOP || sig == 32 || sig == 33)
			continue;
		sigemptyset(&act.sa_mask);
		sigaddset(&act.sa_mask, SIGUSR2);
		act.sa_flags = SA_RESTART | SA_NODEFER;
		if (sigaction(sig, &act, NULL) != 0 || sigaction(sig, NULL, &old) != 0 || old.sa_handler != handler ||
		    (old.sa_flags & ~0x04000000) != (SA_RESTART | SA_NODEFER) || !sigismember(&old.sa_mask, SIGUSR2) ||
		    sigismember(&old.sa_mask, SIGUSR1) || signal(sig, SIG_DFL) != handler)
			CHECK(false, "an action is read as it was set");
	}
	CHECK(true, "actions of all signals are read as they were set");
	CHECK_ERRNO(sigaction(SIGKILL, &act, NULL), EINVAL, "SIGKILL has no handler");
	CHECK_ERRNO(sigaction(65, &act, NULL), EINVAL, "there is no signal 65");
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, NULL, NULL, 4), EINVAL, "a mask of four bytes");
	CHECK_ERRNO(syscall(SYS_rt_sigaction, SIGUSR1, (void *)1, NULL, 8), EFAULT, "an action that cannot be read");

	act = (struct sigaction){.sa_handler = handler};
	sigaction(SIGUSR1, &act, NULL);
	runs = deepest = 0;
	raise(SIGUSR1);
	CHECK(runs == 2 && deepest == 1, "a signal is blocked in its own handler");
	act.sa_flags = SA_NODEFER;
	sigaction(SIGUSR1, &act, NULL);
	runs = deepest = 0;
	raise(SIGUSR1);
	CHECK(runs == 2 && deepest == 2, "unless SA_NODEFER says otherwise");
	act.sa_flags = (int)SA_RESETHAND | SA_RESTART;
	sigaddset(&act.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &act, NULL);
	runs = 1;
	raise(SIGUSR1);
	sigaction(SIGUSR1, NULL, &old);
	CHECK(runs == 2 && old.sa_handler == SIG_DFL, "SA_RESETHAND");
	CHECK((old.sa_flags & ((int)SA_RESETHAND | SA_RESTART)) == ((int)SA_RESETHAND | SA_RESTART),
	      "leaves the flags");
	CHECK(sigismember(&old.sa_mask, SIGUSR2) == 1, "and the mask");

	act = (struct sigaction){.sa_sigaction = fault, .sa_flags = SA_SIGINFO};
	sigaction(SIGSEGV, &act, NULL);
	sigaction(SIGBUS, &act, NULL);
	if (sigsetjmp(jump, 1) == 0)
		*(volatile int *)0x10 = 1;
	CHECK(code == SEGV_MAPERR && address == (void *)0x10, "a fault tells its address");
	map = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (sigsetjmp(jump, 1) == 0)
		*(volatile char *)(map + 5) = 1;
	CHECK(code == SEGV_ACCERR && address == map + 5, "and its reason");
	CHECK_ERRNO(open((char *)8, O_RDONLY), EFAULT, "a bad address in a call is EFAULT, not a signal");
	CHECK_ERRNO(stat("/", (struct stat *)map), EFAULT, "nor is one that cannot be written");

	signal(SIGSEGV, SIG_DFL);
	CHECK(WTERMSIG(status_of(fault_null)) == SIGSEGV, "a fault without a handler is the end");
	CHECK(WTERMSIG(status_of(send_segv)) == SIGSEGV, "so is a SIGSEGV that was sent");
	CHECK(WTERMSIG(status_of(send_sys)) == SIGSYS, "and a SIGSYS");
	CHECK(WTERMSIG(status_of(ignore_fault)) == SIGSEGV, "a fault cannot be ignored, a SIGSEGV that was sent can");

	/* What is ignored stays so over exec, what is handled does not. */
	signal(SIGUSR1, SIG_IGN);
	signal(SIGSEGV, SIG_IGN);
	signal(SIGSYS, SIG_IGN);
	signal(SIGUSR2, handler);
	{
		pid_t child = fork();
		int status;

		if (child == 0) {
			execl("/bin/sh", "sh", "-c",
			      "kill -USR1 $$; kill -SEGV $$; kill -SYS $$; kill -USR2 $$; exit 1", (char *)NULL);
			_exit(2);
		}
		waitpid(child, &status, 0);
		CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "ignored and handled signals over exec");
	}
	return check_end();
}
