/* Filters that trap: SIGSYS, what it tells, what the handler can do. */
#include "filters.h"

#include <ucontext.h>

static volatile sig_atomic_t count;
static volatile siginfo_t seen;
static volatile greg_t seen_rax, seen_rip;
static volatile greg_t answer;

static void on_sys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	count++;
	seen = *info;
	seen_rax = uc->uc_mcontext.gregs[REG_RAX];
	seen_rip = uc->uc_mcontext.gregs[REG_RIP];
	uc->uc_mcontext.gregs[REG_RAX] = answer;
}

static void handle(void)
{
	struct sigaction act = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO};

	NEED(sigaction(SIGSYS, &act, NULL) == 0);
}

/* The call traps, its result is the handler's, and siginfo tells about it. */
static void try(long nr, uint16_t data, const char *what)
{
	struct {
		long nr;
		const char *path;
	} call = {nr, "nothing"};
	long r;

	FORBID(nr, SECCOMP_RET_TRAP | data);
	count = 0;
	answer = 4711;
	r = syscall(call.nr, call.path, 0);
	CHECK_EQUAL(r, 4711, what);
	CHECK_EQUAL(count, 1, "its handler ran once");
	CHECK(seen.si_signo == SIGSYS && seen.si_code == SYS_SECCOMP && seen.si_errno == data, "signal, code, data");
	CHECK(seen.si_syscall == nr && seen.si_arch == AUDIT_ARCH_X86_64, "call and architecture");
	CHECK(seen_rax == nr, "the number is where it was");
	CHECK((greg_t)seen.si_call_addr == seen_rip, "the address is behind the call");
	answer = -EXDEV;
	CHECK_ERRNO(syscall(call.nr, call.path, 0), EXDEV, "an errno of the handler's");
}

static void handled(void)
{
	handle();
	try(SYS_getppid, 0, "getppid");
	try(SYS_rmdir, 1, "rmdir");
	try(SYS_access, 0xffff, "access");
	try(SYS_chdir, 7, "chdir");
	try(SYS_getuid, 7, "getuid");
	try(5001, 7, "a call that does not exist");
}

static void nested(void)
{
	struct sigaction act = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO | SA_NODEFER | SA_RESETHAND};

	handle();
	FORBID(SYS_rmdir, SECCOMP_RET_TRAP | 3);
	FORBID(SYS_rmdir, SECCOMP_RET_TRAP | 4);
	answer = 1;
	NEED(syscall(SYS_rmdir, "x") == 1);
	CHECK_EQUAL(seen.si_errno, 4, "the newer of two traps");
	FORBID(SYS_rmdir, FAIL(EIO));
	count = 0;
	NEED(syscall(SYS_rmdir, "x") == 1);
	CHECK_EQUAL(count, 1, "a trap is more than an errno");
	NEED(sigaction(SIGSYS, &act, NULL) == 0);
	NEED(syscall(SYS_rmdir, "x") == 1);
	CHECK(sigaction(SIGSYS, NULL, &act) == 0 && act.sa_handler == SIG_DFL, "SA_RESETHAND");
}

static void unhandled_plain(void)
{
	FORBID(SYS_getppid, SECCOMP_RET_TRAP);
	syscall(SYS_getppid);
}

static void unhandled_path(void)
{
	FORBID(SYS_rmdir, SECCOMP_RET_TRAP);
	syscall(SYS_rmdir, "x");
}

static void ignored_plain(void)
{
	NEED(signal(SIGSYS, SIG_IGN) != SIG_ERR);
	unhandled_plain();
}

static void ignored_path(void)
{
	NEED(signal(SIGSYS, SIG_IGN) != SIG_ERR);
	unhandled_path();
}

static void on_alternate_stack(void)
{
	static char stack[65536];
	struct sigaction act = {.sa_sigaction = on_sys, .sa_flags = SA_SIGINFO | SA_ONSTACK};

	NEED(sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof(stack)}, NULL) == 0);
	NEED(sigaction(SIGSYS, &act, NULL) == 0);
	try(SYS_rmdir, 9, "on an alternate stack");
	try(SYS_getppid, 9, "the same");
}

/* What a sandbox does: the handler makes another call in the trapped one's place. */
static void on_sys_open(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	long r;

	(void)sig;
	(void)info;
	count++;
	r = syscall(SYS_openat, AT_FDCWD, (char *)uc->uc_mcontext.gregs[REG_RDI], O_RDONLY | O_DIRECTORY, 0);
	uc->uc_mcontext.gregs[REG_RAX] = r < 0 ? -errno : r;
}

static void emulated(void)
{
	struct sigaction act = {.sa_sigaction = on_sys_open, .sa_flags = SA_SIGINFO};
	long fd;

	NEED(sigaction(SIGSYS, &act, NULL) == 0);
	FORBID(SYS_open, SECCOMP_RET_TRAP);
	count = 0;
	CHECK_OK(fd = syscall(SYS_open, ".", O_RDONLY), "open, made by the handler as openat");
	CHECK(count == 1 && close((int)fd) == 0, "gives a descriptor");
	CHECK_ERRNO(syscall(SYS_open, "nothing", O_RDONLY), ENOENT, "or its errno");
}

static void sent(void)
{
	handle();
	count = 0;
	answer = 0;
	NEED(kill(getpid(), SIGSYS) == 0);
	CHECK_EQUAL(count, 1, "a SIGSYS that was sent");
	CHECK_EQUAL(seen.si_code, SI_USER, "is told from a trap");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	in_child(handled);
	in_child(nested);
	in_child(on_alternate_stack);
	in_child(emulated);
	in_child(sent);
	CHECK(killed_by(status_of(unhandled_plain), SIGSYS), "a trap without a handler kills");
	CHECK(killed_by(status_of(unhandled_path), SIGSYS), "in any call");
	CHECK(killed_by(status_of(ignored_plain), SIGSYS), "ignoring the signal does not help");
	CHECK(killed_by(status_of(ignored_path), SIGSYS), "in any call");
	return check_end();
}
