/* conformance: calls ptrace */
/*
 * What requests answer, to whom, and when.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <pthread.h>

static void call_and_stop(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_SETMASK, &set, NULL);
	kill(getpid(), SIGUSR2);
	kill(getpid(), SIGUSR1);
	syscall(SYS_getuid);
	_exit(3);
}

static void spin(void)
{
	for (;;)
		access("/etc/passwd", R_OK);
}

/* A running tracee answers nothing. */
static void running(void)
{
	pid_t pid = start_tracee(spin, 0);
	struct user_regs_struct r;
	siginfo_t si;
	bool good = true;
	long word;

	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	for (int i = 0; i < 200; i++) {
		good &= ptrace(PTRACE_GETREGS, pid, NULL, &r) == -1 && errno == ESRCH;
		good &= ptrace(PTRACE_CONT, pid, NULL, NULL) == -1 && errno == ESRCH;
		good &= ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) == -1 && errno == ESRCH;
		errno = 0;
		word = ptrace(PTRACE_PEEKDATA, pid, &good, NULL);
		good &= word == -1 && errno == ESRCH;
		good &= ptrace(PTRACE_DETACH, pid, NULL, NULL) == -1 && errno == ESRCH;
		good &= ptrace(PTRACE_SETOPTIONS, pid, NULL, NULL) == -1 && errno == ESRCH;
	}
	CHECK(good, "ESRCH while it runs");
	end_tracee(pid);
	CHECK_ERRNO(ptrace(PTRACE_CONT, pid, NULL, NULL), ESRCH, "ESRCH when it has ended");
}

static void masks_and_signals(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(call_and_stop, 0);
	struct __ptrace_peeksiginfo_args from = {.nr = 4}, shared = {.flags = PTRACE_PEEKSIGINFO_SHARED, .nr = 4};
	siginfo_t si[4];
	uint64_t mask = 0, changed;

	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_OK(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask), "PTRACE_GETSIGMASK");
	CHECK_EQUAL(mask, 1ull << (SIGUSR2 - 1) | 1ull << (SIGHUP - 1), "is the tracee's");
	CHECK_ERRNO(ptrace(PTRACE_GETSIGMASK, pid, 4, &mask), EINVAL, "of another size");
	CHECK_EQUAL(ptrace(PTRACE_PEEKSIGINFO, pid, &from, si), 0, "nothing waits for the thread");
	CHECK_EQUAL(ptrace(PTRACE_PEEKSIGINFO, pid, &shared, si), 1, "one signal waits for the process");
	CHECK(si[0].si_signo == SIGUSR2 && si[0].si_pid == pid, "it is what it sent");
	changed = 1ull << (SIGSYS - 1) | 1ull << (SIGHUP - 1);
	CHECK_OK(ptrace(PTRACE_SETSIGMASK, pid, 8, &changed), "PTRACE_SETSIGMASK");
	resume(&s, PTRACE_CONT, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	CHECK_OK(ptrace(PTRACE_GETSIGMASK, pid, 8, &mask), "the mask at a call's exit");
	CHECK_EQUAL(mask & 1ull << (SIGHUP - 1), 1ull << (SIGHUP - 1), "has what was set");
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "signal USR1, signal USR2, entry getuid, exit getuid = 0, exited 3", "the session");
}

static void errors(void)
{
	pid_t pid = start_tracee(call_and_stop, 0);
	struct session s = {0};
	unsigned long message;
	siginfo_t si;

	CHECK_ERRNO(ptrace(PTRACE_CONT, pid, NULL, (void *)65l), EIO, "a number that is no signal");
	CHECK_ERRNO(ptrace(PTRACE_DETACH, pid, NULL, (void *)1000l), EIO, "at the end as well");
	CHECK_ERRNO(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)0x40000000l), EINVAL, "an unknown option");
	CHECK_ERRNO(ptrace(0x7777, pid, NULL, NULL), EIO, "an unknown request");
	CHECK_ERRNO(ptrace(PTRACE_LISTEN, pid, NULL, NULL), EIO, "PTRACE_LISTEN where it was not seized");
	CHECK_ERRNO(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL), EIO, "PTRACE_INTERRUPT likewise");
	CHECK_ERRNO(ptrace(PTRACE_GETSIGINFO, pid, NULL, (void *)8), EFAULT, "siginfo to nowhere");
	CHECK_ERRNO(ptrace(PTRACE_GETEVENTMSG, pid, NULL, (void *)8), EFAULT, "a message to nowhere");
	CHECK_OK(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message), "a message");
	CHECK_OK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &si), "siginfo");
	CHECK_OK(ptrace(PTRACE_SETSIGINFO, pid, NULL, &si), "goes back");
	run_to_end(&s, PTRACE_CONT, pid);
}

/* Only the thread that traces may ask; any may wait. */
static pid_t theirs;

static void *other_thread(void *arg)
{
	struct user_regs_struct r;
	int status;

	(void)arg;
	CHECK_ERRNO(ptrace(PTRACE_GETREGS, theirs, NULL, &r), ESRCH, "another thread may not ask");
	CHECK_ERRNO(ptrace(PTRACE_CONT, theirs, NULL, NULL), ESRCH, "nor let it run");
	CHECK_EQUAL(waitpid(theirs, &status, __WALL | WNOHANG), 0, "it has nothing to wait for yet");
	return NULL;
}

static void *tracing_thread(void *arg)
{
	struct session s = {0};
	pid_t pid = start_tracee(call_and_stop, 0);

	(void)arg;
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "signal USR1, killed by USR1", "a thread traces");
	return NULL;
}

static void threads(void)
{
	struct session s = {0};
	pthread_t t;

	theirs = start_tracee(call_and_stop, 0);
	NEED(pthread_create(&t, NULL, other_thread, NULL) == 0 && pthread_join(t, NULL) == 0);
	run_to_end(&s, PTRACE_CONT, theirs);
	CHECK_SESSION(&s, "signal USR1, killed by USR1", "its own thread goes on");
	NEED(pthread_create(&t, NULL, tracing_thread, NULL) == 0 && pthread_join(t, NULL) == 0);
}

/* PTRACE_SYSEMU: calls are seen and not made. */
static void call_three(void)
{
	syscall(SYS_getuid);
	syscall(SYS_access, "/nonexistent", F_OK);
	syscall(SYS_getpid);
	_exit((int)syscall(SYS_getppid) == -1 ? 1 : 0);
}

static void emulated(void)
{
	struct session s = {0};
	pid_t pid = start_tracee(call_three, 0);

	resume(&s, PTRACE_SYSEMU, pid, 0);
	resume(&s, PTRACE_SYSEMU, pid, 0);
	resume(&s, PTRACE_SYSEMU, pid, 0);
	resume(&s, PTRACE_SYSEMU, pid, 0);
	CHECK_EQUAL(registers_of(pid).rax, (unsigned long)-ENOSYS, "a result that nobody made");
	CHECK_OK(ptrace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.rax), (void *)5l), "the tracer makes one");
	resume(&s, PTRACE_SYSCALL, pid, 0);
	resume(&s, PTRACE_CONT, pid, 0);
	CHECK_SESSION(&s, "entry getuid, entry access, entry getpid, entry getppid, exit getppid, exited 0",
		      "PTRACE_SYSEMU");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	running();
	masks_and_signals();
	errors();
	threads();
	emulated();
	return check_end();
}
