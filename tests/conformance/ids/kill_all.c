/*
 * kill(-1). It reaches everyone, so this is done where only the program's own processes are: in a pid namespace, or, where
 * there are none, if /proc lists nobody else.
 */
#include "signal.h"

#include <dirent.h>
#include <sched.h>

static pid_t family[2];

/* True if every process that can be seen is of this family, or the init, which is never among everybody. */
static bool alone(void)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool strangers = d == NULL;

	while (d != NULL && (e = readdir(d)) != NULL) {
		pid_t pid = atoi(e->d_name);

		if (pid > 1 && pid != family[0] && pid != family[1] && pid != getpid())
			strangers = true;
	}
	if (d != NULL)
		closedir(d);
	return !strangers;
}

static void signal_everybody(void *arg)
{
	pid_t mine = sleeper(1000, true);

	(void)arg;
	check_become_user();
	CHECK_ERRNO(kill(-1, 65), EINVAL, "no such signal");
	CHECK_OK(kill(-1, 0), "there is somebody");
	CHECK_OK(kill(-1, SIGUSR1), "everybody that a user may signal");
	CHECK_EQUAL(ended_by(mine), SIGUSR1, "which is one's own");
	CHECK_OK(kill(-1, SIGUSR1), "others that one may not signal are no error");
}

static void as_root(void)
{
	pid_t a = sleeper(1000, true), b = sleeper(0, false);

	CHECK_OK(kill(-1, SIGUSR1), "everybody");
	CHECK(ended_by(a) == SIGUSR1 && ended_by(b) == SIGUSR1, "for root");
}

/* In the namespace this is the child of its init. */
static int test(void)
{
	pid_t theirs;

	check_failures = 0;
	signal(SIGUSR1, SIG_DFL);
	as_root();
	theirs = sleeper(1001, true);
	check_in_child(signal_everybody, NULL);
	CHECK(has_lived(theirs), "and have not been");
	fflush(stdout);
	return check_failures == 0 ? 0 : 1;
}

static int wait_for(pid_t pid)
{
	int status;

	NEED(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 100;
}

static int in_namespace(void)
{
	pid_t init = fork(), pid;

	NEED(init >= 0);
	if (init > 0)
		return wait_for(init);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0)
		_exit(test());
	_exit(wait_for(pid));
}

int main(int argc, char **argv)
{
	pid_t pid;
	int r;

	check_begin(argc, argv);
	fflush(stdout);
	family[0] = getpid();
	/* Not even a mistake reaches those that wait. */
	signal(SIGUSR1, SIG_IGN);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0) {
		family[1] = getpid();
		if (unshare(CLONE_NEWPID) == 0)
			_exit(in_namespace());
		pid = fork();
		NEED(pid >= 0);
		if (pid > 0)
			_exit(wait_for(pid));
		NEED(alone());
		_exit(test());
	}
	r = wait_for(pid);
	CHECK_EQUAL(r, 0, "all of it");
	return check_end();
}
