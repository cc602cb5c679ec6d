/* conformance: calls clone */
/*
 * Pitfall 5: all forms of making a child: clone3 where it is there, shared memory without a thread group, children of
 * children in shared memory, many at the same time, and those that fail.
 */
#include "../check.h"

#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/resource.h>

extern char **environ;

static atomic_int wrong, go;
static pthread_barrier_t together;
static volatile int seen;
static char stacks[8][65536] __attribute__((aligned(16)));

static int status_of(pid_t pid, int options)
{
	int status = -1;

	if (pid < 0 || waitpid(pid, &status, options) != pid)
		return -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static void handler(int sig)
{
	seen = sig;
}

/* --- shared memory, both run ------------------------------------------------------------------------------------------ */

static int busy_child(void *arg)
{
	stack_t now;
	struct stat st;

	signal(SIGUSR1, SIG_DFL);
	if (sigaltstack(NULL, &now) != 0 || (now.ss_flags & SS_DISABLE) == 0)
		return 2;
	if (chdir("/etc") != 0)
		return 3;
	for (int i = 0; i < 300; i++)
		if (stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1)
			return 4;
	*(int *)arg = (int)getpid();
	return 5;
}

static void shared_memory(void)
{
	static char alternate[16384];
	stack_t stack = {.ss_sp = alternate, .ss_size = sizeof(alternate)}, now;
	pid_t pid[4];
	int told[4] = {0}, bad = 0;
	char cwd[PATH_MAX], cwd_now[PATH_MAX];
	struct stat st;

	sigaltstack(&stack, NULL);
	signal(SIGUSR1, handler);
	NEED(getcwd(cwd, sizeof(cwd)) != NULL);
	for (int i = 0; i < 4; i++)
		pid[i] = clone(busy_child, stacks[i] + sizeof(stacks[i]), CLONE_VM | SIGCHLD, &told[i]);
	for (int i = 0; i < 300; i++)
		bad += stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1;
	CHECK_EQUAL(bad, 0, "the parent makes calls meanwhile");
	for (int i = 0; i < 4; i++) {
		CHECK_EQUAL(status_of(pid[i], 0), 5, "a child in shared memory");
		CHECK_EQUAL(told[i], pid[i], "which writes there");
	}
	CHECK(getcwd(cwd_now, sizeof(cwd_now)) != NULL && strcmp(cwd, cwd_now) == 0, "directories are apart");
	sigaltstack(NULL, &now);
	CHECK(now.ss_sp == alternate && now.ss_flags == 0, "the parent's alternate stack is as it was");
	raise(SIGUSR1);
	CHECK_EQUAL(seen, SIGUSR1, "and its handlers");
	stack.ss_flags = SS_DISABLE;
	sigaltstack(&stack, NULL);
}

static int with_files(void *arg)
{
	(void)arg;
	return open("/etc/passwd", O_RDONLY) == 100 || dup2(0, 100) != 100 ? 1 : 6;
}

/* --- children of children --------------------------------------------------------------------------------------------- */

static void descendants(void)
{
	pid_t pid, inner;
	struct stat st;

	pid = vfork();
	if (pid == 0) {
		inner = vfork();
		if (inner == 0) {
			execl("/bin/sh", "sh", "-c", "exit 9", (char *)NULL);
			_exit(1);
		}
		_exit(status_of(inner, 0) == 9 && stat("/", &st) == 0 ? 10 : 2);
	}
	CHECK_EQUAL(status_of(pid, 0), 10, "vfork in a vfork child");
	pid = vfork();
	if (pid == 0) {
		int r;

		chdir("/usr");
		inner = fork();
		if (inner == 0) {
			char cwd[64];

			_exit(getcwd(cwd, sizeof(cwd)) != NULL && strcmp(cwd, "/usr") == 0 && stat("bin", &st) == 0
				      ? 9
				      : 3);
		}
		r = status_of(inner, 0);
		_exit(r == 9 && stat("bin", &st) == 0 ? 11 : 2);
	}
	CHECK_EQUAL(status_of(pid, 0), 11, "fork in a vfork child");
	CHECK(stat("bin", &st) != 0, "the parent is where it was");
	pid = fork();
	if (pid == 0) {
		inner = vfork();
		if (inner == 0)
			_exit(stat("/etc", &st) == 0 ? 4 : 5);
		_exit(status_of(inner, 0) + 8);
	}
	CHECK_EQUAL(status_of(pid, 0), 12, "vfork in a fork child");
}

/* --- many --------------------------------------------------------------------------------------------------------------- */

static void *vfork_slowly(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&together);
	for (int i = 0; i < 3; i++) {
		pid_t pid = vfork();

		if (pid == 0) {
			struct stat st;

			usleep(20000);
			execl(stat("/etc/passwd", &st) == 0 ? "/bin/true" : "/bin/false", "true", (char *)NULL);
			_exit(1);
		}
		if (status_of(pid, 0) != 0)
			wrong++;
	}
	return NULL;
}

static void *fork_and_call(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&together);
	for (int i = 0; i < 20; i++) {
		struct stat st;
		pid_t pid = fork();

		if (pid == 0) {
			signal(SIGUSR2, handler);
			raise(SIGUSR2);
			for (int k = 0; k < 20; k++)
				if (stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1)
					_exit(1);
			_exit(seen == SIGUSR2 ? 0 : 2);
		}
		if (status_of(pid, 0) != 0 || stat("/etc", &st) != 0)
			wrong++;
		signal(SIGUSR1, i % 2 != 0 ? handler : SIG_IGN);
	}
	return NULL;
}

static void in_threads(int n, void *(*body)(void *), const char *what)
{
	pthread_attr_t a;
	pthread_t t[64];

	pthread_attr_init(&a);
	pthread_attr_setstacksize(&a, 65536);
	wrong = 0;
	pthread_barrier_init(&together, NULL, (unsigned)n);
	for (int i = 0; i < n; i++)
		NEED(pthread_create(&t[i], &a, body, NULL) == 0);
	for (int i = 0; i < n; i++)
		pthread_join(t[i], NULL);
	CHECK_EQUAL(wrong, 0, what);
}

/* --- failures ------------------------------------------------------------------------------------------------------------ */

static void *calls_for_ever(void *arg)
{
	struct stat st;

	(void)arg;
	while (!go)
		if (stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1)
			wrong++;
	return NULL;
}

static void failures(void)
{
	pthread_t t[4];
	int bad = 0;

	wrong = go = 0;
	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, calls_for_ever, NULL);
	/* CLONE_PARENT_SETTID and CLONE_PIDFD would write to the same place. */
	for (int i = 0; i < 500; i++)
		bad += syscall(SYS_clone, CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_PARENT_SETTID | SIGCHLD, 0,
			       &seen, 0, 0) != -1 ||
		       errno != EINVAL;
	CHECK_EQUAL(bad, 0, "clone that the kernel refuses, 500 times");
	CHECK_ERRNO(syscall(SYS_clone, CLONE_THREAD | CLONE_VM | SIGCHLD, stacks[0] + 65536, 0, 0, 0), EINVAL,
		    "a thread without shared handlers");
	go = 1;
	for (int i = 0; i < 4; i++)
		pthread_join(t[i], NULL);
	CHECK_EQUAL(wrong, 0, "calls of other threads meanwhile");
}

static void by_clone3(void)
{
	struct clone_args a = {.exit_signal = SIGCHLD};
	long r = syscall(SYS_clone3, &a, sizeof(a));

	if (r == 0)
		_exit(13);
	CHECK(r > 0 ? status_of((pid_t)r, 0) == 13 : errno == ENOSYS || errno == EPERM, "clone3 works or is not there");
}

static int pidfd_child(void *arg)
{
	(void)arg;
	return 14;
}

int main(int argc, char **argv)
{
	int pidfd = -1;
	siginfo_t info;
	pid_t pid;

	check_begin(argc, argv);
	shared_memory();
	pid = clone(with_files, stacks[0] + sizeof(stacks[0]), CLONE_VM | CLONE_FILES | CLONE_FS | SIGCHLD, NULL);
	CHECK(status_of(pid, 0) == 6 && close(100) == 0, "a child that shares the descriptors too");
	pid = clone(pidfd_child, stacks[0] + sizeof(stacks[0]), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, NULL,
		    &pidfd);
	CHECK(pid > 0 && pidfd >= 0 && waitid((idtype_t)3 /* P_PIDFD */, (id_t)pidfd, &info, WEXITED) == 0 &&
		      info.si_status == 14,
	      "CLONE_PIDFD");
	close(pidfd);
	pid = clone(pidfd_child, stacks[0] + sizeof(stacks[0]), CLONE_VM, NULL);
	CHECK_EQUAL(status_of(pid, __WCLONE), 14, "a child without a signal at its end");
	descendants();
	in_threads(48, vfork_slowly, "vfork in 48 threads at the same time");
	in_threads(8, fork_and_call, "fork in 8 threads that set handlers");
	failures();
	by_clone3();
	return check_end();
}
