/* getppid(2), also when the parent has died. */
#include "signal.h"

/* The grandchild tells what it sees before and after its parent ends. */
static void orphan(bool subreaper)
{
	int out[2], go[2];
	pid_t seen[3], parent, me = getpid();
	int status;

	NEED(pipe(out) == 0 && pipe(go) == 0);
	NEED(prctl(PR_SET_CHILD_SUBREAPER, subreaper) == 0);
	fflush(stdout);
	parent = fork();
	NEED(parent >= 0);
	if (parent == 0) {
		if (fork() == 0) {
			pid_t first = getppid(), later;
			char byte;

			close(go[1]);
			if (write(out[1], &first, sizeof(first)) != sizeof(first) || read(go[0], &byte, 1) != 0)
				_exit(1);
			later = getppid();
			if (write(out[1], &later, sizeof(later)) != sizeof(later))
				_exit(1);
			char text[32];

			status_line("self", "PPid", text, sizeof(text));
			later = atoi(text);
			_exit(write(out[1], &later, sizeof(later)) != sizeof(later));
		}
		for (;;)
			pause();
	}
	NEED(read(out[0], &seen[0], sizeof(pid_t)) == sizeof(pid_t));
	NEED(kill(parent, SIGKILL) == 0 && waitpid(parent, &status, 0) == parent);
	close(go[1]);
	NEED(read(out[0], &seen[1], sizeof(pid_t)) == sizeof(pid_t) &&
	     read(out[0], &seen[2], sizeof(pid_t)) == sizeof(pid_t));
	CHECK_EQUAL(seen[0], parent, "the parent");
	if (subreaper) {
		CHECK_EQUAL(seen[1], me, "an orphan's is the subreaper");
		NEED(waitpid(-1, &status, 0) > 0);
		CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0, "which waits for it");
	} else {
		CHECK_EQUAL(seen[1], 1, "an orphan's is init");
	}
	CHECK_EQUAL(seen[2], seen[1], "/proc tells the same");
	close(out[0]);
	close(out[1]);
	close(go[0]);
}

int main(int argc, char **argv)
{
	pid_t me = getpid(), pid;
	int status;

	check_begin(argc, argv);
	CHECK(getppid() > 0, "there is a parent");
	CHECK_EQUAL(getppid(), getppid(), "the same one each time");
	fflush(stdout);
	pid = fork();
	if (pid == 0)
		_exit(getppid() == me ? 0 : 1);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 0, "a child's is this one");
	orphan(false);
	orphan(true);
	return check_end();
}
