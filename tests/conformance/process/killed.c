/*
 * Processes that are killed at any moment, 200 times, while their threads make calls, set handlers, change directories and
 * make children: the others never notice, nothing hangs, and what a new process finds is right.
 *
 * conformance: timeout 60
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>

extern char **environ;

static void handler(int sig)
{
	(void)sig;
}

static void *work(void *arg)
{
	char name[64];

	for (unsigned i = (unsigned)(long)arg;; i++) {
		struct stat st;
		int fd;

		snprintf(name, sizeof(name), "file-%d-%u", getpid(), i % 4);
		fd = open(name, O_RDWR | O_CREAT, 0600);
		if (fd >= 0)
			close(fd);
		unlink(name);
		signal(SIGUSR1, i % 2 != 0 ? handler : SIG_IGN);
		stat("/etc/passwd", &st);
		if (i % 8 == 0 && (long)arg == 0) {
			char *words[] = {(char *)"true", NULL};
			pid_t pid;

			if (posix_spawn(&pid, "/bin/true", NULL, NULL, words, environ) == 0)
				waitpid(pid, NULL, 0);
		}
		if (i % 16 == 0) {
			mkdir("d", 0700);
			rename("d", "e");
			rmdir("e");
		}
	}
	return NULL;
}

static void body(void)
{
	pthread_t t;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (long i = 1; i < 4; i++)
		pthread_create(&t, NULL, work, (void *)i);
	work(NULL);
}

int main(int argc, char **argv)
{
	int wrong = 0, broken = 0;

	check_begin(argc, argv);
	for (int i = 0; i < 200; i++) {
		struct stat st;
		int status;
		pid_t pid;

		pid = fork();
		if (pid == 0)
			body();
		usleep((useconds_t)(i * 7919 % 12000));
		kill(pid, SIGKILL);
		NEED(waitpid(pid, &status, 0) == pid);
		wrong += !WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL;
		broken += stat("/etc/passwd", &st) != 0 || mkdir("own", 0700) != 0 || rmdir("own") != 0 ||
			  signal(SIGUSR2, handler) == SIG_ERR;
	}
	CHECK_EQUAL(wrong, 0, "200 processes are killed");
	CHECK_EQUAL(broken, 0, "their parent goes on");
	/* What they left may be there, what they made is whole. */
	CHECK_OK(access("d", F_OK) == 0 || access("e", F_OK) == 0 || errno == ENOENT ? 0 : -1,
		 "directories can be looked at");
	return check_end();
}
