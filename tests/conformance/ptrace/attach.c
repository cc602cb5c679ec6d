/*
 * PTRACE_ATTACH and PTRACE_DETACH: to processes that run, sleep in calls of all kinds, or must not be traced.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <poll.h>
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/socket.h>

static int pair[2];

static void read_byte(void)
{
	char byte;

	if (read(pair[0], &byte, 1) != 1)
		_exit(90);
	_exit(byte);
}

static void receive(void)
{
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};

	if (recvmsg(pair[0], &m, 0) != 1)
		_exit(90);
	_exit(byte);
}

static void wait_for_child(void)
{
	pid_t child = fork();
	int status;

	if (child == 0)
		read_byte();
	if (waitpid(child, &status, 0) != child)
		_exit(90);
	_exit(WEXITSTATUS(status));
}

static void poll_with_mask(void)
{
	struct pollfd p = {.fd = pair[0], .events = POLLIN};
	sigset_t none;

	sigemptyset(&none);
	for (;;)
		if (ppoll(&p, 1, NULL, &none) == 1)
			read_byte();
}

static void spin(void)
{
	struct pollfd p = {.fd = pair[0], .events = POLLIN};

	while (poll(&p, 1, 0) == 0)
		;
	read_byte();
}

/* Calls that lxrun translates, one behind the other. */
static void call(void)
{
	struct pollfd p = {.fd = pair[0], .events = POLLIN};

	while (poll(&p, 1, 0) == 0)
		for (int i = 0; i < 100; i++)
			access("/etc/passwd", R_OK);
	read_byte();
}

static pid_t start(void (*body)(void))
{
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0)
		body();
	return pid;
}

static void finish(pid_t pid, int byte, const char *name)
{
	char title[128], c = (char)byte;
	int status;

	NEED(write(pair[1], &c, 1) == 1);
	NEED(waitpid(pid, &status, 0) == pid);
	snprintf(title, sizeof(title), "%s: ends as if nothing had been", name);
	CHECK_EQUAL(status, byte << 8, title);
	close(pair[0]);
	close(pair[1]);
}

static void attached(void (*body)(void), const char *name, bool sleeps)
{
	pid_t pid = start(body);
	struct session s = {0};
	struct user_regs_struct r;
	bool behind_call = true;
	char title[128];
	int status;

	for (int i = 0; i < 20; i++) {
		siginfo_t si = {0};

		if (sleeps)
			wait_for_state(pid, 'S');
		else
			usleep(1000 + i * 100);
		NEED(ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
		NEED(waitpid(pid, &status, __WALL) == pid);
		if (status != (SIGSTOP << 8 | 0x7f) || ptrace(PTRACE_GETSIGINFO, pid, NULL, &si) < 0 ||
		    si.si_code != SI_KERNEL)
			note(&s, "status %#x, si_code %d", status, si.si_code);
		r = registers_of(pid);
		errno = 0;
		behind_call &= (ptrace(PTRACE_PEEKTEXT, pid, (void *)(r.rip - 2), NULL) & 0xffff) == 0x050f;
		NEED(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
	}
	s.text[s.n] = '\0';
	snprintf(title, sizeof(title), "%s: twenty times attached and detached", name);
	CHECK_SESSION(&s, "", title);
	if (sleeps)
		CHECK(behind_call, "%s: each time behind its call", name);
	finish(pid, 7, name);
}

/* What comes next after PTRACE_SYSCALL from the stop: the call again. */
static void call_after(void (*body)(void), const char *name, const char *want)
{
	pid_t pid = start(body);
	struct session s = {0};
	char title[128];
	int status;

	wait_for_state(pid, 'S');
	NEED(ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, __WALL) == pid);
	NEED(ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD) == 0);
	resume(&s, PTRACE_SYSCALL, pid, 0);
	NEED(ptrace(PTRACE_SYSCALL, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	NEED(write(pair[1], "\5", 1) == 1);
	next_stop(&s, pid);
	if (body == wait_for_child)
		resume(&s, PTRACE_SYSCALL, pid, 0);
	NEED(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, 0) == pid);
	snprintf(title, sizeof(title), "%s: its call is made again and ends", name);
	CHECK_SESSION(&s, want, title);
	snprintf(title, sizeof(title), "%s: its status", name);
	CHECK_EQUAL(status, 5 << 8, title);
	close(pair[0]);
	close(pair[1]);
}

/* A tracer that calls a function of a tracee that sleeps in a call. */
static volatile int answer;
static void __attribute__((noinline)) set_answer(int a)
{
	answer = (int)syscall(SYS_getppid) > 0 ? a : -1;
}

static void inferior_call(void (*body)(void), const char *name)
{
	pid_t pid = start(body);
	struct user_regs_struct saved, r, again;
	char title[128];
	int status;
	long got;

	wait_for_state(pid, 'S');
	NEED(ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, __WALL) == pid);
	saved = r = registers_of(pid);
	r.rip = (uintptr_t)set_answer;
	r.rdi = 42;
	r.rsp = ((r.rsp - 4096) & ~15ul) - 8;
	r.orig_rax = (unsigned long)-1;
	/* It returns to address 0. */
	NEED(ptrace(PTRACE_POKEDATA, pid, (void *)r.rsp, NULL) == 0);
	NEED(ptrace(PTRACE_SETREGS, pid, NULL, &r) == 0);
	again = registers_of(pid);
	CHECK(memcmp(&again, &r, sizeof(r)) == 0, "%s: registers are what was set", name);
	NEED(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, __WALL) == pid);
	snprintf(title, sizeof(title), "%s: the function was called and has returned", name);
	CHECK_EQUAL(status, SIGSEGV << 8 | 0x7f, title);
	CHECK_EQUAL(registers_of(pid).rip, 0, "to where it was told");
	errno = 0;
	got = ptrace(PTRACE_PEEKDATA, pid, (void *)&answer, NULL);
	CHECK_EQUAL((int)got, 42, "with its effect");
	NEED(ptrace(PTRACE_SETREGS, pid, NULL, &saved) == 0);
	NEED(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
	wait_for_state(pid, 'S');
	finish(pid, 9, name);
}

/* Signals at PTRACE_DETACH. */
static void detach_with_signal(void (*body)(void), const char *name)
{
	pid_t pid = start(body);
	char title[128];
	int status;

	wait_for_state(pid, 'S');
	NEED(ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
	NEED(waitpid(pid, &status, __WALL) == pid);
	NEED(ptrace(PTRACE_DETACH, pid, NULL, (void *)(long)SIGTERM) == 0);
	NEED(waitpid(pid, &status, 0) == pid);
	snprintf(title, sizeof(title), "%s: a signal at the end", name);
	CHECK_EQUAL(status, SIGTERM, title);
	close(pair[0]);
	close(pair[1]);
}

static void *attach_to_main(void *arg)
{
	(void)arg;
	errno = 0;
	return (void *)(long)(ptrace(PTRACE_ATTACH, getpid(), NULL, NULL) < 0 ? errno : 0);
}

static void refused(void)
{
	pthread_t t;
	void *error = NULL;
	pid_t pid;
	int status;

	CHECK_ERRNO(ptrace(PTRACE_ATTACH, getpid(), NULL, NULL), EPERM, "attaching to itself");
	NEED(pthread_create(&t, NULL, attach_to_main, NULL) == 0 && pthread_join(t, &error) == 0);
	CHECK_EQUAL((long)error, EPERM, "to a thread of the same process");
	CHECK_ERRNO(ptrace(PTRACE_ATTACH, 0x3fffffff, NULL, NULL), ESRCH, "to nobody");
	CHECK_ERRNO(ptrace(PTRACE_SEIZE, 0x3fffffff, NULL, NULL), ESRCH, "seizing nobody");
	CHECK_ERRNO(ptrace(PTRACE_ATTACH, -1, NULL, NULL), ESRCH, "to a negative number");
	CHECK_ERRNO(ptrace(PTRACE_CONT, 1, NULL, NULL), ESRCH, "continuing one that is not traced");
	CHECK_ERRNO(ptrace(PTRACE_DETACH, getppid(), NULL, NULL), ESRCH, "detaching from one that is not traced");

	pid = start(read_byte);
	CHECK_ERRNO(ptrace(PTRACE_SEIZE, pid, 1, NULL), EIO, "seizing with an address");
	CHECK_ERRNO(ptrace(PTRACE_SEIZE, pid, NULL, (void *)0x1000000l), EIO, "with unknown options");
	NEED(ptrace(PTRACE_ATTACH, pid, NULL, NULL) == 0);
	CHECK_ERRNO(ptrace(PTRACE_ATTACH, pid, NULL, NULL), EPERM, "attaching twice");
	NEED(waitpid(pid, &status, __WALL) == pid);
	NEED(ptrace(PTRACE_DETACH, pid, NULL, NULL) == 0);
	finish(pid, 1, "after all that");
}

/* Other users' processes. */
static pid_t other;

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(ptrace(PTRACE_ATTACH, other, NULL, NULL), EPERM, "a user attaches to root's process");
	CHECK_ERRNO(ptrace(PTRACE_SEIZE, other, NULL, NULL), EPERM, "seizes it");
}

static void sleep_as_user(void)
{
	check_become_user();
	prctl(PR_SET_DUMPABLE, 1);
	read_byte();
}

static void sleep_undumpable(void)
{
	check_become_user();
	read_byte();
}

static void attach_as_user(void *arg)
{
	int status;

	if (arg != NULL) {
		CHECK_ERRNO(ptrace(PTRACE_ATTACH, other, NULL, NULL), EPERM, "a user attaches to what is not dumpable");
		return;
	}
	CHECK_OK(ptrace(PTRACE_ATTACH, other, NULL, NULL), "a user attaches to his own process");
	NEED(waitpid(other, &status, __WALL) == other);
	NEED(ptrace(PTRACE_DETACH, other, NULL, NULL) == 0);
}

static void users(void)
{
	int status;

	other = start(read_byte);
	check_as_user(as_user, NULL);
	finish(other, 2, "root's process");

	other = start(sleep_as_user);
	wait_for_state(other, 'S');
	check_as_user(attach_as_user, NULL);
	NEED(ptrace(PTRACE_ATTACH, other, NULL, NULL) == 0);
	NEED(waitpid(other, &status, __WALL) == other);
	NEED(ptrace(PTRACE_DETACH, other, NULL, NULL) == 0);
	finish(other, 3, "a user's process");

	other = start(sleep_undumpable);
	wait_for_state(other, 'S');
	check_as_user(attach_as_user, &other);
	finish(other, 4, "one that changed its ids");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	attached(read_byte, "read", true);
	attached(receive, "recvmsg", true);
	attached(wait_for_child, "wait4", true);
	attached(poll_with_mask, "ppoll", true);
	attached(spin, "a loop", false);
	attached(call, "a loop of calls", false);
	call_after(read_byte, "read", "entry read, exit read = 1");
	call_after(receive, "recvmsg", "entry recvmsg, exit recvmsg = 1");
	call_after(wait_for_child, "wait4", "entry wait4, exit wait4, signal CHLD");
	inferior_call(read_byte, "read");
	inferior_call(receive, "recvmsg");
	inferior_call(poll_with_mask, "ppoll");
	detach_with_signal(read_byte, "read");
	detach_with_signal(receive, "recvmsg");
	refused();
	users();
	return check_end();
}
