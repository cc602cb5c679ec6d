/*
 * Pitfall 2: a signal every 200 microseconds while eight threads open, stat, fork, vfork, spawn and exec: every call right,
 * every child right, no handler with a foreign pc.
 *
 * conformance: timeout 40
 */
#include "../storm.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <time.h>
#include <ucontext.h>

#define SECONDS 3

extern char **environ;
static atomic_long signals, foreign, wrong, files, children;
static atomic_bool stop;

static void handler(int sig, siginfo_t *info, void *context)
{
	const ucontext_t *uc = context;
	unsigned long pc = (unsigned long)uc->uc_mcontext.gregs[REG_RIP];

	(void)sig;
	(void)info;
	signals++;
	foreign += pc >= 0x550000000000 && pc < 0x552000000000;
}

static void fail(const char *what)
{
	if (wrong++ < 5)
		printf("# %s: %s\n", what, strerror(errno));
}

static void *open_and_stat(void *arg)
{
	char name[32];
	struct stat st;

	snprintf(name, sizeof(name), "file%ld", (long)arg);
	while (!stop) {
		int fd = open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

		if (fd < 0) {
			fail("open");
			continue;
		}
		if (fstat(fd, &st) != 0 || close(fd) != 0 || unlink(name) != 0)
			fail("fstat, close, unlink");
		files++;
	}
	return NULL;
}

static void reap(pid_t pid, int want)
{
	int status;

	if (pid < 0)
		fail("no child");
	else if (waitpid(pid, &status, 0) != pid)
		fail("waitpid");
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != want)
		fail("a child's status");
	children++;
}

static void *forks(void *arg)
{
	(void)arg;
	while (!stop) {
		struct stat st;
		pid_t pid = fork();

		if (pid == 0) {
			for (int i = 0; i < 10; i++)
				if (stat("/etc/passwd", &st) != 0)
					_exit(1);
			_exit(9);
		}
		reap(pid, 9);
	}
	return NULL;
}

static void *vforks(void *arg)
{
	(void)arg;
	while (!stop) {
		pid_t pid = vfork();

		if (pid == 0) {
			execl("/bin/sh", "sh", "-c", "exit 8", (char *)NULL);
			_exit(1);
		}
		reap(pid, 8);
	}
	return NULL;
}

static void *spawns(void *arg)
{
	(void)arg;
	while (!stop) {
		char *words[] = {(char *)"true", NULL};
		pid_t pid = -1;

		errno = posix_spawn(&pid, "/bin/true", NULL, NULL, words, environ);
		reap(errno == 0 ? pid : -1, 0);
	}
	return NULL;
}

static bool enough(void)
{
	return files > 50 && children > 20;
}

int main(int argc, char **argv)
{
	static void *(*const work[])(void *) = {open_and_stat, forks, vforks, spawns,
						open_and_stat, forks, vforks, spawns};
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO | SA_RESTART};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec every = {0};
	pthread_t t[8];
	timer_t timer;
	time_t begun;
	long interval;

	check_begin(argc, argv);
	sigaction(SIGRTMIN, &act, NULL);
	NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	interval = storm_interval(200, storm_call);
	every.it_interval.tv_nsec = every.it_value.tv_nsec = interval * 1000;
	timer_settime(timer, 0, &every, NULL);
	for (long i = 0; i < 8; i++)
		pthread_create(&t[i], NULL, work[i], (void *)i);
	/* Longer where a busy machine gets little done. */
	begun = time(NULL);
	while (time(NULL) < begun + SECONDS || (!enough() && time(NULL) < begun + 4 * SECONDS))
		usleep(10000);
	stop = true;
	for (int i = 0; i < 8; i++)
		pthread_join(t[i], NULL);
	timer_delete(timer);
	CHECK(signals > SECONDS * 1000000 / interval / 20, "signals came");
	CHECK(enough(), "work was done");
	CHECK_EQUAL(wrong, 0, "every call and every child was right");
	CHECK_EQUAL(foreign, 0, "no handler saw a foreign pc");
	return check_end();
}
