/* conformance: calls vfork */
/* Children that share memory: vfork, posix_spawn with everything it resets, CLONE_VM without CLONE_THREAD. */
#include "../check.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>

extern char **environ;
static volatile int shared, handled;
static char stack[65536] __attribute__((aligned(16)));

static void handler(int sig)
{
	handled = sig;
}

static int child_of_clone(void *arg)
{
	struct stat st;

	(void)arg;
	signal(SIGUSR1, SIG_DFL);
	if (stat("/etc", &st) != 0 || access("/nothing", F_OK) != -1)
		_exit(1);
	shared = (int)getpid();
	_exit(7);
}

static int run(pid_t pid)
{
	int status = -1;

	if (waitpid(pid, &status, 0) != pid)
		return -1;
	return status;
}

static void *spawn_many(void *arg)
{
	long failed = 0;

	(void)arg;
	for (int i = 0; i < 50; i++) {
		char *words[] = {(char *)"true", NULL};
		pid_t pid;

		if (posix_spawn(&pid, "/bin/true", NULL, NULL, words, environ) != 0 || run(pid) != 0)
			failed++;
	}
	return (void *)failed;
}

int main(int argc, char **argv)
{
	char *words[] = {(char *)"sh", (char *)"-c", (char *)"test \"$(pwd)\" = / && exit 3", NULL};
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	pthread_t t[4];
	sigset_t set;
	pid_t pid;
	long failed = 0;

	check_begin(argc, argv);
	signal(SIGUSR1, handler);

	pid = vfork();
	if (pid == 0) {
		shared = 5;
		_exit(9);
	}
	CHECK(shared == 5, "a vfork child shares memory");
	CHECK_EQUAL(WEXITSTATUS(run(pid)), 9, "and ends by itself");

	pid = vfork();
	if (pid == 0) {
		int fd = open("/etc/passwd", O_RDONLY);

		shared = fd >= 0 && access("/etc", F_OK) == 0 && chdir("/") == 0;
		signal(SIGUSR1, SIG_DFL);
		execl("/bin/sh", "sh", "-c", "exit 11", (char *)NULL);
		_exit(1);
	}
	CHECK(shared == 1, "a vfork child makes calls");
	CHECK_EQUAL(WEXITSTATUS(run(pid)), 11, "and execs");
	raise(SIGUSR1);
	CHECK(handled == SIGUSR1, "the parent's handlers are untouched");

	pid = vfork();
	if (pid == 0) {
		execl("/nothing", "nothing", (char *)NULL);
		_exit(errno == ENOENT ? 12 : 1);
	}
	CHECK_EQUAL(WEXITSTATUS(run(pid)), 12, "a failed exec in a vfork child");

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addchdir_np(&actions, "/");
	posix_spawn_file_actions_addopen(&actions, 5, "/etc/passwd", O_RDONLY, 0);
	posix_spawnattr_init(&attributes);
	sigfillset(&set);
	posix_spawnattr_setsigdefault(&attributes, &set);
	posix_spawnattr_setsigmask(&attributes, &set);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	handled = 0;
	CHECK_EQUAL(posix_spawn(&pid, "/bin/sh", &actions, &attributes, words, environ), 0, "posix_spawn");
	CHECK_EQUAL(WEXITSTATUS(run(pid)), 3, "its actions were done");
	raise(SIGUSR1);
	CHECK(handled == SIGUSR1, "it resets handlers of the child only");
	CHECK_EQUAL(posix_spawn(&pid, "/nothing", NULL, NULL, words, environ), ENOENT, "posix_spawn tells errors");

	for (int i = 0; i < 4; i++)
		pthread_create(&t[i], NULL, spawn_many, NULL);
	for (int i = 0; i < 4; i++) {
		void *r;

		pthread_join(t[i], &r);
		failed += (long)r;
	}
	CHECK_EQUAL(failed, 0, "200 spawns from four threads");

	handled = 0;
	pid = clone(child_of_clone, stack + sizeof(stack), CLONE_VM | SIGCHLD, NULL);
	CHECK(pid > 0, "clone with shared memory");
	CHECK_EQUAL(WEXITSTATUS(run(pid)), 7, "its child makes calls");
	CHECK_EQUAL(shared, pid, "in the parent's memory");
	raise(SIGUSR1);
	CHECK(handled == SIGUSR1, "with handlers of its own");
	return check_end();
}
