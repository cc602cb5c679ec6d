/*
 * Many processes: 300 at once, 2,000 one after the other, a bomb that stops by itself. Each does calls, each is found with
 * its own status, none is left.
 *
 * conformance: timeout 60
 */
#include "../check.h"

#include <sched.h>

static bool calls(void)
{
	struct stat st;
	int fd = open("/etc/passwd", O_RDONLY);

	return fd >= 0 && fstat(fd, &st) == 0 && close(fd) == 0 && access("/nothing", F_OK) == -1 && getppid() > 0;
}

static void at_once(int n)
{
	int go[2], wrong = 0, status;
	pid_t *pids = calloc((size_t)n, sizeof(*pids));

	NEED(pids != NULL && pipe(go) == 0);
	for (int i = 0; i < n; i++) {
		pids[i] = fork();
		NEED(pids[i] >= 0);
		if (pids[i] == 0) {
			char byte;

			close(go[1]);
			(void)!read(go[0], &byte, 1);
			_exit(calls() ? i % 200 : 255);
		}
	}
	close(go[0]);
	close(go[1]);
	for (int i = 0; i < n; i++)
		wrong +=
			waitpid(pids[i], &status, 0) != pids[i] || !WIFEXITED(status) || WEXITSTATUS(status) != i % 200;
	CHECK(wrong == 0, "%d processes at once", n);
	free(pids);
}

static void programs_at_once(int n)
{
	int wrong = 0, status;

	for (int i = 0; i < n; i++)
		if (fork() == 0) {
			execl("/bin/sh", "sh", "-c",
			      "read x </etc/debian_version && test -n \"$x\" && cd /usr && exit 3", (char *)NULL);
			_exit(255);
		}
	for (int i = 0; i < n; i++)
		wrong += wait(&status) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 3;
	CHECK(wrong == 0, "%d programs at once", n);
}

static void in_turn(int n)
{
	int wrong = 0, status;

	for (int i = 0; i < n; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(calls() ? i % 200 : 255);
		wrong += waitpid(pid, &status, 0) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != i % 200;
	}
	CHECK(wrong == 0, "%d processes in turn", n);
}

/* Two children each, down to a depth: 2^depth - 1 processes. Each leaves a byte. */
static void bomb(int depth, int fd)
{
	int status;

	if (!calls() || write(fd, ".", 1) != 1)
		_exit(1);
	for (int i = 0; i < 2 && depth > 1; i++)
		if (fork() == 0) {
			bomb(depth - 1, fd);
			_exit(0);
		}
	while (wait(&status) > 0)
		if (status != 0)
			_exit(1);
	if (errno != ECHILD)
		_exit(1);
}

static void bombs(void)
{
	int fds[2], status, n = 0;
	char buf[512];
	ssize_t r;
	pid_t pid;

	NEED(pipe(fds) == 0);
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		bomb(9, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	while ((r = read(fds[0], buf, sizeof(buf))) > 0)
		n += (int)r;
	close(fds[0]);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0 && n == 511, "a tree of 511 processes");
}

/* Each the child of the one before. */
static void chain(int length)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		for (int i = 0; i < length; i++) {
			pid_t next = fork();

			if (next != 0) {
				NEED(next > 0 && waitpid(next, &status, 0) == next);
				_exit(calls() && WIFEXITED(status) ? WEXITSTATUS(status) : 1);
			}
		}
		_exit(calls() ? 44 : 1);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 44, "a chain of %d processes", length);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	at_once(300);
	programs_at_once(100);
	in_turn(2000);
	bombs();
	chain(100);
	CHECK_ERRNO(wait(NULL), ECHILD, "nobody is left");
	return check_end();
}
