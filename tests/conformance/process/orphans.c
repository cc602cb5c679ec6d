/* Processes that outlive who made them: their parent is another then, they make calls and end, and daemons stay. */
#include "../check.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>

static int out[2];

static void tell(const char *what)
{
	(void)!write(out[1], what, strlen(what) + 1);
}

/* What the orphan tells. */
static const char *hear(void)
{
	static char text[64];
	size_t n = 0;

	text[0] = '\0';
	while (n < sizeof(text) - 1 && read(out[0], text + n, 1) == 1 && text[n] != '\0')
		n++;
	text[n] = '\0';
	return text;
}

static void orphan(pid_t parent)
{
	struct stat st;

	for (int i = 0; i < 1000 && getppid() == parent; i++)
		usleep(1000);
	tell(getppid() == parent                         ? "its parent has not changed"
	     : stat("/etc/passwd", &st) != 0             ? "no calls"
	     : kill(getppid(), 0) != 0 && getppid() != 1 ? "no such parent"
							 : "well");
	_exit(0);
}

static void daemon_body(const char *directory)
{
	char path[PATH_MAX + 16];
	int fd;

	NEED(setsid() == getpid());
	if (fork() != 0)
		_exit(0);
	umask(0);
	NEED(chdir("/") == 0);
	for (int i = 0; i < 3; i++)
		close(i);
	NEED(open("/dev/null", O_RDWR) == 0 && dup(0) == 1 && dup(0) == 2);
	usleep(50000);
	snprintf(path, sizeof(path), "%s/pid", directory);
	fd = open(path, O_WRONLY | O_CREAT, 0666);
	tell(fd >= 0 && getsid(0) != getpid() && getpgrp() != getpid() && write(fd, "x", 1) == 1 ? "well" : "not well");
	_exit(0);
}

int main(int argc, char **argv)
{
	struct stat st;
	pid_t pid;
	int status, well = 0;

	check_begin(argc, argv);
	NEED(pipe(out) == 0);
	pid = fork();
	if (pid == 0) {
		pid_t me = getpid();

		if (fork() == 0)
			orphan(me);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STRING(hear(), "well", "an orphan gets another parent and goes on");
	for (int i = 0; i < 100; i++) {
		pid = fork();
		if (pid == 0) {
			pid_t me = getpid();

			if (fork() == 0)
				orphan(me);
			_exit(0);
		}
		NEED(waitpid(pid, &status, 0) == pid);
	}
	for (int i = 0; i < 100; i++)
		well += strcmp(hear(), "well") == 0;
	CHECK_EQUAL(well, 100, "a hundred do");

	/* Made by vfork, by a program that ends at once, by a process that is killed. */
	pid = vfork();
	if (pid == 0) {
		pid_t me = getpid();

		if (fork() == 0)
			orphan(me);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STRING(hear(), "well", "an orphan of a vfork child");
	pid = fork();
	if (pid == 0) {
		pid_t me = getpid();

		if (fork() == 0)
			orphan(me);
		kill(me, SIGKILL);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STRING(hear(), "well", "an orphan of one that was killed");

	pid = fork();
	if (pid == 0)
		daemon_body(check_directory);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_STRING(hear(), "well", "a daemon runs");
	CHECK(stat("pid", &st) == 0 && st.st_size == 1 && (st.st_mode & 0777) == 0666, "and leaves its file");

	/* Who wants to end with its parent does. */
	pid = fork();
	if (pid == 0) {
		int ready[2];
		char byte;

		NEED(pipe(ready) == 0);
		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGUSR1);
			(void)!write(ready[1], "r", 1);
			close(ready[1]);
			for (;;)
				pause();
		}
		NEED(read(ready[0], &byte, 1) == 1);
		_exit(0);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	close(out[1]);
	CHECK(read(out[0], (char[1]){0}, 1) == 0, "PR_SET_PDEATHSIG ends a child with its parent");
	return check_end();
}
