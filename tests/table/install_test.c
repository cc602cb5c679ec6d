/* The filter in the kernel: each test installs it in a child and makes calls there, from outside the resident and inside. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "program.h"
#include "translator/filter/filter.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif

/* The si_code of a trap by a filter, which not every libc has. */
#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

/* In a child, where Criterion cannot be asked: the line of what is wrong becomes the exit status. */
#define REQUIRE(condition)                         \
	do {                                       \
		if (!(condition))                  \
			_exit(1 + __LINE__ % 250); \
	} while (0)

static void in_child(void (*body)(void))
{
	pid_t pid = fork();
	int status;

	cr_assert_geq(pid, 0);
	if (pid == 0) {
		body();
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	cr_assert(WIFEXITED(status), "ended by signal %d", WTERMSIG(status));
	cr_assert_eq(WEXITSTATUS(status), 0, "line %d (or that and a multiple of 250)", WEXITSTATUS(status) - 1);
}

/* What the resident would have: a page of code at its address, here or at its end. */
static const unsigned char resident_code[] = {
	0x48, 0x89, 0xf8, /* long call(nr, a, b): mov %rdi, %rax */
	0x48, 0x89, 0xf7, /* mov %rsi, %rdi */
	0x48, 0x89, 0xd6, /* mov %rdx, %rsi */
	0x0f, 0x05,       /* syscall */
	0xc3,             /* ret */
	0x6a, 0x0f, 0x58, /* restorer: push $15; pop %rax */
	0x0f, 0x05,       /* syscall */
};
#define RESTORER 12

typedef long (*call_fn)(long nr, long a, long b);

static call_fn call_from(uint64_t address)
{
	void *at = mmap((void *)address, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

	REQUIRE(at == (void *)address);
	memcpy(at, resident_code, sizeof(resident_code));
	return (call_fn)at;
}

static siginfo_t trap;
static volatile int traps;

static void on_trap(int sig, siginfo_t *info, void *context)
{
	(void)sig, (void)context;
	trap = *info;
	traps++;
}

/* Returns what calls from the resident. sigaction(2) would have the handler return through the libc, and trap again. */
static call_fn catch_traps(void)
{
	call_fn inside = call_from(RESIDENT_BASE);
	const struct {
		void (*handler)(int, siginfo_t *, void *);
		unsigned long flags;
		uint64_t restorer;
		uint64_t mask;
	} act = {on_trap, SA_SIGINFO | 0x04000000 /* SA_RESTORER */, RESIDENT_BASE + RESTORER, 0};

	REQUIRE(host_call(SYS_rt_sigaction, SIGSYS, &act, NULL, 8) == 0);
	return inside;
}

static void traps_outside(void)
{
	int listener;

	catch_traps();
	REQUIRE(tr_filter_install(0, &listener) == 0);
	REQUIRE(listener >= 0);

	/* Native calls go through, and so do those of XLATE_IF rows without a reason to trap. */
	REQUIRE(host_getpid() > 0);
	REQUIRE(host_call(SYS_close, 1000) == -EBADF);
	REQUIRE(traps == 0);

	(void)host_call(SYS_getuid);
	REQUIRE(traps == 1);
	REQUIRE(trap.si_code == SYS_SECCOMP && trap.si_syscall == SYS_getuid && trap.si_errno == TRAP_MARK);
	(void)host_call(SYS_close, RESERVED_FD);
	REQUIRE(traps == 2 && trap.si_syscall == SYS_close);
	(void)host_call(SYS_bpf, 0, 0, 0);
	REQUIRE(traps == 3 && trap.si_syscall == SYS_bpf);
	(void)host_call(400);
	REQUIRE(traps == 4 && trap.si_syscall == 400);
	REQUIRE(host_call(SYS_getuid | 0x40000000) == -ENOSYS);
	REQUIRE(traps == 4);
}

Test(install, makes_a_guests_calls_trap)
{
	in_child(traps_outside);
}

static void lets_through_inside(void)
{
	call_fn first = catch_traps();
	call_fn last = call_from(RESIDENT_TEXT_END - 4096);
	call_fn behind = call_from(RESIDENT_TEXT_END);
	long uid = getuid();
	int listener;

	REQUIRE(tr_filter_install(0, &listener) == 0);
	REQUIRE(first(SYS_getuid, 0, 0) == uid);
	REQUIRE(last(SYS_getuid, 0, 0) == uid);
	REQUIRE(first(SYS_close, RESERVED_FD, 0) == -EBADF);
	REQUIRE(first(400, 0, 0) == -ENOSYS);
	REQUIRE(traps == 0);
	(void)behind(SYS_getuid, 0, 0);
	REQUIRE(traps == 1);
}

/* pitfall 19: who installs it makes its next call from the resident's range, or has no handler for it. */
Test(install, lets_the_residents_calls_through)
{
	in_child(lets_through_inside);
}

/* Answers one call with the sum of its first two arguments, as the supervisor would. */
static void answer(int listener, uint32_t want_nr)
{
	struct seccomp_notif request = {0};
	struct seccomp_notif_resp response = {0};

	REQUIRE(ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) == 0);
	REQUIRE((uint32_t)request.data.nr == want_nr);
	response.id = request.id;
	response.val = (int64_t)(request.data.args[0] + request.data.args[1]);
	REQUIRE(ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) == 0);
}

/* The child says by a pipe what it got: waiting for it would be a translated call. */
static void asks(int listener, call_fn make, long nr)
{
	char right = 0;
	int p[2];

	REQUIRE(pipe(p) == 0);
	if (fork() == 0) {
		right = make(nr, 40, 2) == 42;
		(void)!write(p[1], &right, 1);
		_exit(0);
	}
	answer(listener, (uint32_t)nr);
	REQUIRE(read(p[0], &right, 1) == 1 && right == 1);
	close(p[0]);
	close(p[1]);
}

static long plain_call(long nr, long a, long b)
{
	return host_call(nr, a, b);
}

static void instance_call(void)
{
	call_fn inside = call_from(RESIDENT_BASE);
	int listener;

	REQUIRE(tr_filter_install(0, &listener) == 0);
	REQUIRE(host_fcntl(listener, F_GETFD, 0) == FD_CLOEXEC);
	asks(listener, inside, INSTANCE_CALL_NR);
	asks(listener, plain_call, INSTANCE_CALL_NR);
}

Test(install, sends_the_instance_call_to_the_listener)
{
	in_child(instance_call);
}

static void notify_gate(void)
{
	call_fn inside = catch_traps();
	int listener;

	REQUIRE(tr_filter_install(TR_FILTER_NOTIFY, &listener) == 0);
	asks(listener, plain_call, SYS_mkdir);
	asks(listener, plain_call, INSTANCE_CALL_NR);
	REQUIRE(inside(SYS_mkdir, 0, 0) == -EFAULT);
	/* Not of the kind that the supervisor can do. */
	(void)host_call(SYS_execve, 0, 0, 0);
	REQUIRE(traps == 1);
}

Test(install, sends_the_calls_of_the_notify_gate_to_the_listener)
{
	in_child(notify_gate);
}

/* A filter that answers one error to attempts to install one with these flags, as an older kernel would. */
static void refuse_flags(uint32_t flags, uint32_t error, unsigned long own_flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_seccomp, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flags, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = ARRAY_SIZE(code), .filter = code};

	REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	REQUIRE(host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, own_flags, &program) >= 0);
}

static void without_wait_killable(void)
{
	int listener;

	refuse_flags(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, EINVAL, 0);
	catch_traps();
	REQUIRE(tr_filter_install(0, &listener) == 0);
	REQUIRE(listener >= 0);
	asks(listener, plain_call, INSTANCE_CALL_NR);
}

Test(install, works_without_WAIT_KILLABLE_RECV)
{
	in_child(without_wait_killable);
}

static void without_any_flags(void)
{
	int listener = 77;

	refuse_flags(~0u, EINVAL, 0);
	catch_traps();
	REQUIRE(tr_filter_install(TR_FILTER_NOTIFY, &listener) == -EINVAL);
	REQUIRE(listener == 77);
	REQUIRE(tr_filter_install(0, &listener) == 0);
	REQUIRE(listener == -1);
	REQUIRE(host_call(INSTANCE_CALL_NR, 40, 2) == -ENOSYS);
	(void)host_call(SYS_getuid);
	REQUIRE(traps == 1);
}

Test(install, works_without_any_flags)
{
	in_child(without_any_flags);
}

static void second_listener(void)
{
	int listener = 77;

	refuse_flags(0, EINVAL, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	catch_traps();
	REQUIRE(tr_filter_install(TR_FILTER_NOTIFY, &listener) == -EBUSY);
	REQUIRE(listener == 77);
	REQUIRE(tr_filter_install(0, &listener) == 0);
	REQUIRE(listener == -1);
	REQUIRE(host_call(INSTANCE_CALL_NR, 40, 2) == -ENOSYS);
	(void)host_call(SYS_getuid);
	REQUIRE(traps == 1);
}

Test(install, works_where_another_filter_has_a_listener)
{
	in_child(second_listener);
}

static void forbidden(void)
{
	int listener = 77;

	refuse_flags(~0u, EACCES, 0);
	REQUIRE(tr_filter_install(0, &listener) == -EACCES);
	REQUIRE(tr_filter_install(8, &listener) == -EINVAL);
	REQUIRE(listener == 77);
}

Test(install, says_why_it_cannot)
{
	in_child(forbidden);
}
