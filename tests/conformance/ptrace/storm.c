/*
 * A tracer that resumes its tracees in all ways in turn, interrupts them and takes signals, while they make calls and get
 * signals. They must not notice; it must see them in their own code only, and entries and exits in pairs.
 * conformance: static
 * conformance: not under ptrace: the gate itself traces every guest
 * conformance: timeout 60
 */
#include "tracer.h"

#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>
#include <sys/time.h>

#define ROUNDS 150

static volatile sig_atomic_t alarms, users;

static void handler(int sig)
{
	if (sig == SIGALRM)
		alarms++;
	else
		users++;
}

/* Every call must do what it does; the exit status says which did not. */
static int work(void)
{
	char byte = 0;
	struct iovec io = {&byte, 1};
	struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
	struct timespec moment = {.tv_nsec = 200000};
	sigset_t none;
	int pair[2];

	sigemptyset(&none);
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 10;
	for (int i = 0; i < ROUNDS; i++) {
		int fd = open("/etc/passwd", O_RDONLY);

		if (fd < 0 || read(fd, &byte, 1) != 1 || close(fd) < 0)
			return 11;
		if (access("/nonexistent", F_OK) != -1 || errno != ENOENT)
			return 12;
		byte = (char)i;
		if (write(pair[1], &byte, 1) != 1)
			return 13;
		byte = 0;
		while (recvmsg(pair[0], &m, 0) != 1)
			if (errno != EINTR)
				return 14;
		if (byte != (char)i)
			return 15;
		if (syscall(SYS_ppoll, NULL, 0, &moment, &none, 8) < 0 && errno != EINTR)
			return 16;
		if (syscall(SYS_getuid) != getuid() || syscall(SYS_getppid) <= 0)
			return 17;
		if (access((char *)8, F_OK) != -1 || errno != EFAULT)
			return 18;
	}
	close(pair[0]);
	close(pair[1]);
	return 0;
}

static void alone(void)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = SA_RESTART};
	struct itimerval timer = {{0, 1500}, {0, 1500}};
	int r;

	sigaction(SIGALRM, &act, NULL);
	sigaction(SIGUSR1, &act, NULL);
	setitimer(ITIMER_REAL, &timer, NULL);
	for (int i = 0; i < 50; i++)
		if (syscall(SYS_kill, getpid(), SIGUSR1) < 0)
			_exit(20);
	r = work();
	timer = (struct itimerval){{0, 0}, {0, 0}};
	setitimer(ITIMER_REAL, &timer, NULL);
	if (r == 0 && users != 50)
		r = 30;
	if (r == 0 && alarms == 0)
		r = 31;
	_exit(r);
}

static void *in_thread(void *arg)
{
	(void)arg;
	return (void *)(long)work();
}

static void together(void)
{
	pthread_t t[3];
	void *r;
	int worst = 0;

	for (int i = 0; i < 3; i++)
		if (pthread_create(&t[i], NULL, in_thread, NULL) != 0)
			_exit(21);
	for (int i = 0; i < 3; i++) {
		pthread_join(t[i], &r);
		if ((long)r != 0)
			worst = (int)(long)r;
	}
	_exit(worst);
}

static unsigned seed = 1;

static unsigned any(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return (seed >> 16) % n;
}

/* What the tracer remembers of each thread. */
static struct thread {
	pid_t tid;
	bool in_call; /* an entry was seen, and nothing but PTRACE_SYSCALL since */
	long nr;
	int steps;
	bool listed;
} threads[16];

static struct thread *thread_of(pid_t tid)
{
	for (int i = 0; i < 16; i++)
		if (threads[i].tid == tid || threads[i].tid == 0) {
			threads[i].tid = tid;
			return &threads[i];
		}
	NEED(!"more threads");
	return NULL;
}

static int odd_places, odd_pairs, odd_stops;

static void odd(const struct thread *t, const char *what)
{
	if (odd_pairs++ < 3)
		printf("# after the entry of %s: %s\n", call_name(t->nr), what);
}

static void look(struct thread *t, int status)
{
	extern char etext[];
	struct user_regs_struct r;
	struct __ptrace_syscall_info info = {0};

	if (ptrace(PTRACE_GETREGS, t->tid, NULL, &r) < 0)
		return;
	if (r.rip < 0x400000 || r.rip > (uintptr_t)etext) {
		if (odd_places++ < 3)
			printf("# status %#x at %#llx\n", status, r.rip);
	}
	if (WSTOPSIG(status) != SYSCALL_STOP) {
		/* A wait that was interrupted shows its exit first. */
		if (t->in_call && status >> 16 == 0 && WSTOPSIG(status) != SIGTRAP)
			odd(t, "a signal");
		return;
	}
	NEED(ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), &info) > 0);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY) {
		if (t->in_call)
			odd(t, "an entry");
		t->in_call = true;
		t->nr = (long)info.entry.nr;
	} else if (info.op == PTRACE_SYSCALL_INFO_EXIT) {
		if (t->in_call && t->nr != SYS_rt_sigreturn && (long)r.orig_rax != t->nr)
			odd(t, "another call's exit");
		t->in_call = false;
	} else {
		odd_stops++;
	}
}

static void storm(void (*body)(void), const char *what, unsigned long options, unsigned start)
{
	pid_t pid = start_seized(body, options), got;
	int status = 0, stops = 0;

	seed = start;
	memset(threads, 0, sizeof(threads));
	odd_places = odd_pairs = odd_stops = 0;
	NEED(ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) == 0);
	while ((got = waitpid(-1, &status, __WALL)) > 0) {
		struct thread *t = thread_of(got);
		int request = PTRACE_SYSCALL, sig = 0;

		if (!WIFSTOPPED(status)) {
			if (got == pid)
				break;
			continue;
		}
		stops++;
		look(t, status);
		if (status >> 16 == 0 && WSTOPSIG(status) != SYSCALL_STOP && WSTOPSIG(status) != SIGTRAP)
			sig = WSTOPSIG(status);
		if (any(10) < 2)
			request = PTRACE_CONT;
		else if (t->steps > 0 || any(40) == 0)
			request = PTRACE_SINGLESTEP;
		if (request == PTRACE_SINGLESTEP)
			t->steps = t->steps > 0 ? t->steps - 1 : (int)any(30);
		if (request != PTRACE_SYSCALL)
			t->in_call = false;
		if (ptrace(request, got, NULL, (void *)(long)sig) < 0)
			NEED(errno == ESRCH);
		if (request == PTRACE_CONT || any(20) == 0)
			ptrace(PTRACE_INTERRUPT, got, NULL, NULL);
	}
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "%s: the tracee has noticed nothing", what);
	if (status != 0)
		printf("# status %#x\n", status);
	CHECK(stops > 50, "%s: there were many stops", what);
	CHECK_EQUAL(odd_places, 0, "stops elsewhere than in the program");
	CHECK_EQUAL(odd_pairs, 0, "entries and exits that do not match");
	CHECK_EQUAL(odd_stops, 0, "stops of no kind");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	for (unsigned i = 1; i <= 3; i++)
		storm(alone, "signals", 0, i * 77);
	for (unsigned i = 1; i <= 2; i++)
		storm(together, "threads", PTRACE_O_TRACECLONE, i * 99);
	return check_end();
}
