/*
 * PTRACE_O_TRACEFORK, TRACEVFORK, TRACECLONE, TRACEVFORKDONE, TRACEEXIT: events, and tracees that come by themselves.
 * conformance: not under ptrace: the gate itself traces every guest
 */
#include "tracer.h"

#include <pthread.h>
#include <sched.h>
#include <spawn.h>

#define ALL \
	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEVFORKDONE | PTRACE_O_TRACEEXIT)

static void child_ends(void)
{
	syscall(SYS_getuid);
	syscall(SYS_exit_group, 5);
}

static void make_by_fork(void)
{
	pid_t pid = (pid_t)syscall(SYS_fork);
	int status;

	if (pid == 0)
		child_ends();
	syscall(SYS_wait4, pid, &status, 0, NULL);
	syscall(SYS_exit_group, WEXITSTATUS(status) + 1);
}

static void make_by_vfork(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0)
		child_ends();
	syscall(SYS_wait4, pid, &status, 0, NULL);
	syscall(SYS_exit_group, WEXITSTATUS(status) + 1);
}

/* SIGCHLD may come before the wait or during it: blocked, it does not come at all. */
static void make_quietly(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	make_by_vfork();
}

static int in_clone(void *arg)
{
	(void)arg;
	child_ends();
	return 0;
}

static char stack[65536] __attribute__((aligned(16)));

static void make_by_clone_vfork(void)
{
	pid_t pid = clone(in_clone, stack + sizeof(stack), CLONE_VM | CLONE_VFORK | SIGCHLD, NULL);
	int status;

	syscall(SYS_wait4, pid, &status, 0, NULL);
	syscall(SYS_exit_group, WEXITSTATUS(status) + 1);
}

static void make_by_clone_vm(void)
{
	pid_t pid = clone(in_clone, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	int status;

	syscall(SYS_wait4, pid, &status, 0, NULL);
	syscall(SYS_exit_group, WEXITSTATUS(status) + 1);
}

static void *in_thread(void *arg)
{
	syscall(SYS_getuid);
	return arg;
}

static void make_thread(void)
{
	pthread_t t;

	pthread_create(&t, NULL, in_thread, NULL);
	pthread_join(t, NULL);
	/* Until the thread was waited for it would tell of the group's exit instead of its own. */
	usleep(50000);
	syscall(SYS_exit_group, 6);
}

/* Parent and child run at the same time: a session of each. */
struct family {
	pid_t parent, child;
	struct session of_parent, of_child;
	bool message_is_child;
};

/* interrupted: the parent runs, and stops once more than it would; it may or may not be at its call by then. */
static void watch(struct family *f, int request, bool interrupted)
{
	pid_t pid;
	int status;

	NEED(interrupted || ptrace(request, f->parent, NULL, NULL) == 0);
	while ((pid = waitpid(-1, &status, __WALL)) > 0) {
		int event = status >> 16, sig = 0;

		if (interrupted && pid == f->parent && event == PTRACE_EVENT_STOP) {
			interrupted = false;
			NEED(ptrace(request, pid, NULL, NULL) == 0);
			continue;
		}
		if (pid != f->parent && f->child == 0)
			f->child = pid;
		if (WIFSTOPPED(status) &&
		    (event == PTRACE_EVENT_FORK || event == PTRACE_EVENT_VFORK || event == PTRACE_EVENT_CLONE)) {
			unsigned long message = 0;

			NEED(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0);
			if (f->child == 0)
				f->child = (pid_t)message;
			f->message_is_child = message == (unsigned long)f->child;
		}
		note_status(pid == f->parent ? &f->of_parent : &f->of_child, pid, status);
		if (!WIFSTOPPED(status))
			continue;
		if (event == 0 && WSTOPSIG(status) != SYSCALL_STOP)
			sig = WSTOPSIG(status);
		/* A new child's SIGSTOP is the tracer's. */
		if (sig == SIGSTOP)
			sig = 0;
		NEED(ptrace(request, pid, NULL, (void *)(long)sig) == 0 || errno == ESRCH);
	}
}

static void check_family(void (*body)(void), bool seize, int request, const char *what, const char *parent,
			 const char *child)
{
	struct family f = {0};
	char title[128];

	if (seize) {
		f.parent = start_seized(body, ALL);
		NEED(ptrace(PTRACE_INTERRUPT, f.parent, NULL, NULL) == 0);
	} else {
		f.parent = start_tracee(body, ALL);
	}
	watch(&f, request, seize);
	snprintf(title, sizeof(title), "%s: the parent", what);
	CHECK_SESSION(&f.of_parent, parent, title);
	snprintf(title, sizeof(title), "%s: the child", what);
	CHECK_SESSION(&f.of_child, child, title);
	CHECK(f.message_is_child, "%s: the event names the child", what);
}

/* Registers at the events, and at the child's first stop. */
static void registers(void (*body)(void), const char *what, long nr)
{
	pid_t pid = start_tracee(body, ALL & ~PTRACE_O_TRACEEXIT), child;
	struct user_regs_struct entry, at_event, first;
	struct session s = {0};
	unsigned long message;
	char title[128];
	int status;

	do
		resume(&s, PTRACE_SYSCALL, pid, 0);
	while (registers_of(pid).orig_rax != (unsigned long)nr);
	entry = registers_of(pid);
	resume(&s, PTRACE_CONT, pid, 0);
	at_event = registers_of(pid);
	NEED(ptrace(PTRACE_GETEVENTMSG, pid, NULL, &message) == 0);
	child = (pid_t)message;
	NEED(waitpid(child, &status, __WALL) == child);
	first = registers_of(child);
	CHECK(at_event.rip == entry.rip && at_event.rsp == entry.rsp, "%s: the parent is at its call", what);
	CHECK(at_event.orig_rax == entry.orig_rax && (long)at_event.rax == -ENOSYS, "%s: in it", what);
	CHECK(at_event.rdi == entry.rdi && at_event.rsi == entry.rsi && at_event.rbx == entry.rbx,
	      "%s: with its registers", what);
	snprintf(title, sizeof(title), "%s: the child is behind it", what);
	CHECK_EQUAL(first.rip, entry.rip, title);
	snprintf(title, sizeof(title), "%s: the child's stack", what);
	CHECK_EQUAL(first.rsp, nr == SYS_clone && entry.rsi != 0 ? entry.rsi : entry.rsp, title);
	snprintf(title, sizeof(title), "%s: the child's result", what);
	CHECK_EQUAL(first.rax, 0, title);
	CHECK(first.rbx == entry.rbx && first.rbp == entry.rbp && first.r12 == entry.r12, "%s: its registers", what);
	snprintf(title, sizeof(title), "%s: the child's first stop", what);
	CHECK_EQUAL(status, SIGSTOP << 8 | 0x7f, title);
	kill(child, SIGKILL);
	kill(pid, SIGKILL);
	while (waitpid(-1, NULL, __WALL) > 0)
		;
}

/* Without the options nobody else is traced. */
static void untraced(void)
{
	struct session s = {0};
	pid_t pid;

	pid = start_tracee(make_by_fork, 0);
	run_to_end(&s, PTRACE_SYSCALL, pid);
	CHECK(strstr(s.text, "entry fork, exit fork, ") == s.text && strstr(s.text, "exited 6") != NULL,
	      "fork without an option");
	s.n = 0;
	pid = start_tracee(make_quietly, 0);
	run_to_end(&s, PTRACE_SYSCALL, pid);
	CHECK_SESSION(
		&s,
		"entry rt_sigprocmask, exit rt_sigprocmask = 0, entry vfork, exit vfork, entry wait4, exit wait4, "
		"entry exit_group, exited 6",
		"vfork without an option");
	pid = start_tracee(make_thread, 0);
	run_to_end(&s, PTRACE_CONT, pid);
	CHECK_SESSION(&s, "exited 6", "a thread without an option");
}

/* A process that spawns: with the calls of the libc's own. */
static void spawn(void)
{
	char *argv[] = {"/bin/true", NULL}, *envp[] = {NULL};
	pid_t pid;
	int status = -1;

	if (posix_spawn(&pid, "/bin/true", NULL, NULL, argv, envp) != 0)
		_exit(90);
	waitpid(pid, &status, 0);
	_exit(status == 0 ? 4 : 91);
}

static void spawned(void)
{
	struct family f = {0};

	f.parent = start_tracee(spawn, ALL | PTRACE_O_TRACEEXEC);
	watch(&f, PTRACE_CONT, false);
	CHECK_SESSION(&f.of_parent, "event VFORK, event VFORK_DONE, signal CHLD, event EXIT, exited 4",
		      "posix_spawn: the parent");
	CHECK_SESSION(&f.of_child, "signal STOP, event EXEC, event EXIT, exited 0", "posix_spawn: the child");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_family(make_by_fork, false, PTRACE_CONT, "fork", "event FORK, signal CHLD, event EXIT, exited 6",
		     "signal STOP, event EXIT, exited 5");
	check_family(make_by_vfork, false, PTRACE_CONT, "vfork",
		     "event VFORK, event VFORK_DONE, signal CHLD, event EXIT, exited 6",
		     "signal STOP, event EXIT, exited 5");
	check_family(make_by_clone_vfork, false, PTRACE_CONT, "clone like vfork",
		     "event VFORK, event VFORK_DONE, signal CHLD, event EXIT, exited 6",
		     "signal STOP, event EXIT, exited 5");
	check_family(make_by_clone_vm, false, PTRACE_CONT, "clone of the memory",
		     "event FORK, signal CHLD, event EXIT, exited 6", "signal STOP, event EXIT, exited 5");
	check_family(make_thread, false, PTRACE_CONT, "a thread", "event CLONE, event EXIT, exited 6",
		     "signal STOP, event EXIT, exited 0");
	check_family(make_by_fork, true, PTRACE_CONT, "fork, seized", "event FORK, signal CHLD, event EXIT, exited 6",
		     "event STOP, event EXIT, exited 5");
	check_family(make_by_vfork, true, PTRACE_CONT, "vfork, seized",
		     "event VFORK, event VFORK_DONE, signal CHLD, event EXIT, exited 6",
		     "event STOP, event EXIT, exited 5");
	check_family(make_quietly, false, PTRACE_SYSCALL, "vfork, calls",
		     "entry rt_sigprocmask, exit rt_sigprocmask = 0, entry vfork, event VFORK, event VFORK_DONE, exit "
		     "vfork, "
		     "entry wait4, exit wait4, entry exit_group, event EXIT, exited 6",
		     "signal STOP, entry getuid, exit getuid = 0, entry exit_group, event EXIT, exited 5");
	registers(make_by_fork, "fork", SYS_fork);
	registers(make_by_vfork, "vfork", SYS_vfork);
	registers(make_by_clone_vfork, "clone like vfork", SYS_clone);
	registers(make_by_clone_vm, "clone of the memory", SYS_clone);
	untraced();
	spawned();
	return check_end();
}
