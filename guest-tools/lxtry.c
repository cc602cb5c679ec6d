/*
 * lxtry: runs the tests of a list, one after the other, and prints how each one ended. It is what `lxrun --compat` has on each
 * side that it compares, so it knows nothing of lxrun.
 *
 * usage: lxtry [--skip STATUS] DIR <LIST
 *
 * A line of LIST is NAME, tab, SECONDS, tab, COMMAND of sh. Each command runs in a session and a new directory of its own below DIR,
 * with nothing on its standard input, no other descriptor, no signal blocked and none ignored. What it started and left is ended
 * with it, and its directory is removed. A line of the output, as soon as it is known, is
 *
 *	NAME tab passed|failed|skipped tab HOW tab MILLISECONDS
 *
 * with HOW in words: the way it ended, and the last line that it printed. Exit status 0 when the list is at its end.
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest-tools/tools.h"

/* An exit status that says: not possible here. Automake's and ours. */
#define SKIPPED  77
#define LAST_MAX 160

struct test {
	const char *name;
	long seconds;
	const char *command;
	int status; /* of wait(2) */
	bool late;
	long milliseconds;
	char last[LAST_MAX];
};

static long now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static NORETURN void become(const struct test *t, const char *dir, int out)
{
	const int nothing = open("/dev/null", O_RDONLY);
	sigset_t none;

	(void)setsid();
	/* What a shell starts in the background ignores some. */
	for (int sig = 1; sig < NSIG; sig++)
		(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (nothing < 0 || dup2(nothing, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0 || chdir(dir) < 0) {
		fprintf(stderr, "lxtry: %s: %s\n", dir, strerror(errno));
		_exit(127);
	}
	(void)close_range(3, ~0u, 0);
	execl("/bin/sh", "sh", "-c", t->command, (char *)NULL);
	fprintf(stderr, "lxtry: /bin/sh: %s\n", strerror(errno));
	_exit(127);
}

/* Ends whatever became a child of this process, which is the reaper of all that it started. */
static void end_rest(void)
{
	/* Each round ends a generation; who forks faster than that is left to the next test's end. */
	for (int round = 0; round < 100; round++) {
		FILE *f = fopen("/proc/thread-self/children", "re");
		bool any = false;
		int pid;

		while (f != NULL && fscanf(f, "%d", &pid) == 1) {
			any = true;
			(void)kill(pid, SIGKILL);
		}
		if (f != NULL)
			(void)fclose(f);
		while (waitpid(-1, NULL, WNOHANG) > 0)
			any = true;
		if (!any)
			return;
		(void)usleep(2000);
	}
}

/* Waits for the test's own process; other children that end meanwhile were left by it. */
static void wait_for(struct test *t, pid_t pid)
{
	const long until = now() + t->seconds * 1000;
	long pause = 1;

	for (;;) {
		int status;
		pid_t ended = waitpid(-1, &status, WNOHANG);

		if (ended == pid) {
			t->status = status;
			return;
		}
		if (ended > 0)
			continue;
		if (now() >= until && !t->late) {
			t->late = true;
			(void)kill(-pid, SIGKILL);
			(void)kill(pid, SIGKILL);
		}
		(void)usleep((useconds_t)pause * 1000);
		pause = pause < 20 ? pause + 1 : 20;
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	(void)remove(path);
	return 0;
}

/* As far as it can be: what is mounted in there, or immutable, stays. */
static void remove_tree(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* The last line with anything in it. */
static void read_last(int fd, char *ret)
{
	char tail[4096];
	off_t size = lseek(fd, 0, SEEK_END), from = size > (off_t)sizeof(tail) - 1 ? size - (off_t)sizeof(tail) + 1 : 0;
	ssize_t n = pread(fd, tail, sizeof(tail) - 1, from);
	char *line;

	ret[0] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)tail[i] < ' ' && tail[i] != '\n')
			tail[i] = ' ';
	while (n > 0 && (tail[n - 1] == '\n' || tail[n - 1] == ' '))
		n--;
	if (n <= 0)
		return;
	tail[n] = '\0';
	line = strrchr(tail, '\n');
	(void)snprintf(ret, LAST_MAX, "%.*s", LAST_MAX - 1, line != NULL ? line + 1 : tail);
}

static bool run(struct test *t, const char *dir)
{
	char out[] = "/tmp/lxtry.XXXXXX";
	const long began = now();
	int fd = mkstemp(out);
	pid_t pid;

	if (fd < 0) {
		fprintf(stderr, "lxtry: /tmp: %s\n", strerror(errno));
		return false;
	}
	(void)unlink(out);
	if (mkdir(dir, 0777) < 0 || chmod(dir, 0777) < 0) {
		fprintf(stderr, "lxtry: %s: %s\n", dir, strerror(errno));
		(void)close(fd);
		return false;
	}
	pid = fork();
	if (pid == 0)
		become(t, dir, fd);
	if (pid > 0)
		wait_for(t, pid);
	else
		fprintf(stderr, "lxtry: cannot fork: %s\n", strerror(errno));
	t->milliseconds = now() - began;
	end_rest();
	read_last(fd, t->last);
	(void)close(fd);
	remove_tree(dir);
	return pid > 0;
}

static void print(const struct test *t, int skip)
{
	const char *what = "failed", *between = t->last[0] != '\0' ? ": " : "";
	char how[64];

	if (t->late)
		(void)snprintf(how, sizeof(how), "no end within %ld s", t->seconds);
	else if (WIFSIGNALED(t->status))
		(void)snprintf(how, sizeof(how), "signal %d (%s)", WTERMSIG(t->status), strsignal(WTERMSIG(t->status)));
	else
		(void)snprintf(how, sizeof(how), "exit status %d", WEXITSTATUS(t->status));
	if (!t->late && WIFEXITED(t->status)) {
		if (WEXITSTATUS(t->status) == 0)
			what = "passed";
		else if (WEXITSTATUS(t->status) == SKIPPED || WEXITSTATUS(t->status) == skip)
			what = "skipped";
	}
	printf("%s\t%s\t%s%s%s\t%ld\n", t->name, what, how, between, t->last, t->milliseconds);
	(void)fflush(stdout);
}

/* A line of the list in its parts; it is changed. */
static bool parse(char *line, struct test *ret)
{
	char *name = strtok_r(line, "\t", &line), *seconds = strtok_r(NULL, "\t", &line), *end;

	memset(ret, 0, sizeof(*ret));
	if (name == NULL || seconds == NULL || line == NULL || *line == '\0')
		return false;
	ret->name = name;
	ret->seconds = strtol(seconds, &end, 10);
	ret->command = line;
	return *end == '\0' && ret->seconds > 0;
}

int lxtry_main(int argc, char **argv)
{
	const bool has_skip = argc > 2 && strcmp(argv[1], "--skip") == 0;
	const int skip = has_skip ? atoi(argv[2]) : SKIPPED, first = has_skip ? 3 : 1;
	char *line = NULL;
	size_t size = 0;
	ssize_t n;

	if (argc != first + 1) {
		fprintf(stderr, "usage: lxtry [--skip STATUS] DIR <LIST\n");
		return 2;
	}
	/* What a test leaves behind comes here. */
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (unsigned long number = 1; (n = getline(&line, &size, stdin)) > 0; number++) {
		char dir[4096];
		struct test t;

		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		if (!parse(line, &t)) {
			fprintf(stderr, "lxtry: line %lu is not NAME, SECONDS, COMMAND\n", number);
			free(line);
			return 2;
		}
		(void)snprintf(dir, sizeof(dir), "%s/%lu", argv[first], number);
		if (!run(&t, dir)) {
			free(line);
			return 1;
		}
		print(&t, skip);
	}
	free(line);
	return 0;
}
