/* kill(2) of process groups */
#include "signal.h"

static void group(void)
{
	pid_t a = sleeper(0, false), b = sleeper(1000, false), out = sleeper(0, false);

	NEED(setpgid(a, a) == 0 && setpgid(b, a) == 0 && setpgid(out, out) == 0);
	CHECK_OK(kill(-a, 0), "a group");
	CHECK_ERRNO(kill(-a, 65), EINVAL, "no such signal");
	CHECK_ERRNO(kill(-NOBODY, 0), ESRCH, "no such group");
	CHECK_ERRNO(kill(-b, 0), ESRCH, "a process that leads none");
	CHECK_OK(kill(-a, SIGTERM), "is signalled");
	CHECK(ended_by(a) == SIGTERM && ended_by(b) == SIGTERM, "in whole");
	CHECK(has_lived(out), "and no other");
	CHECK_ERRNO(kill(-a, 0), ESRCH, "it is gone");
}

/* The leader may be gone long before its group. */
static void without_leader(void)
{
	pid_t leader = sleeper(0, false), member = sleeper(0, false);

	NEED(setpgid(leader, leader) == 0 && setpgid(member, leader) == 0);
	NEED(kill(leader, SIGKILL) == 0 && waitpid(leader, NULL, 0) == leader);
	CHECK_OK(kill(-leader, SIGUSR1), "a group without its leader");
	CHECK_EQUAL(ended_by(member), SIGUSR1, "is still one");
}

static pid_t mine, theirs;

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(kill(-theirs, SIGTERM), EPERM, "a group of others only");
	CHECK_OK(kill(-mine, SIGTERM), "a mixed one");
}

static void mixed(void)
{
	pid_t other = sleeper(1001, false);

	mine = sleeper(1000, false);
	theirs = sleeper(1001, false);
	NEED(setpgid(mine, mine) == 0 && setpgid(other, mine) == 0 && setpgid(theirs, theirs) == 0);
	check_as_user(as_user, NULL);
	CHECK_EQUAL(ended_by(mine), SIGTERM, "one's own ends");
	CHECK(has_lived(other), "the other does not");
	CHECK(has_lived(theirs), "nor any in the other group");
}

/* 0 is the caller's own group, the caller included. */
static void own_group(void)
{
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		NEED(setpgid(0, 0) == 0);
		sleeper(0, false);
		NEED(signal(SIGUSR1, SIG_IGN) == SIG_DFL);
		if (kill(0, SIGUSR1) != 0)
			_exit(1);
		kill(0, SIGUSR2);
		_exit(2);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2, "group 0 has the caller in it");
	/* The orphan comes here. */
	NEED(waitpid(-pid, &status, 0) > 0);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1, "and everyone else");
	CHECK_ERRNO(kill(-pid, 0), ESRCH, "nobody is left");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	group();
	without_leader();
	mixed();
	own_group();
	return check_end();
}
