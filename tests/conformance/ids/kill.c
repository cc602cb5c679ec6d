/* kill(2) of one process */
#include "signal.h"

#include <pthread.h>

static volatile sig_atomic_t handled;
static siginfo_t last;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	handled = sig;
	last = *info;
}

static void oneself(void)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};

	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	CHECK_OK(kill(getpid(), 0), "signal 0 only asks");
	CHECK_OK(kill(getpid(), SIGUSR1), "oneself");
	CHECK(handled == SIGUSR1 && last.si_code == SI_USER && last.si_pid == getpid(),
	      "is signalled when kill returns");
	CHECK_ERRNO(kill(getpid(), 65), EINVAL, "no such signal");
	CHECK_ERRNO(kill(getpid(), -1), EINVAL, "a negative one");
	CHECK_ERRNO(kill(NOBODY, 0), ESRCH, "no such process");
	CHECK_ERRNO(kill(NOBODY, 65), ESRCH, "nor signal");
	CHECK_ERRNO(kill(INT_MIN, SIGUSR1), ESRCH, "no such group");
}

static void child(void)
{
	pid_t pid = sleeper(0, false);
	siginfo_t info;

	CHECK_OK(kill(pid, 0), "a child");
	CHECK_ERRNO(kill(pid, 65), EINVAL, "but no such signal");
	CHECK_OK(kill(pid, SIGTERM), "ends");
	NEED(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) == 0);
	CHECK_EQUAL(info.si_status, SIGTERM, "by the signal");
	CHECK_OK(kill(pid, SIGTERM), "a zombie is still there");
	NEED(waitpid(pid, NULL, 0) == pid);
	CHECK_ERRNO(kill(pid, 0), ESRCH, "and then not any more");
}

/* A child can be signalled at once, whatever it has or has not done yet. */
static void newborn(void *arg)
{
	const bool calls = arg != NULL;
	bool all = true;

	for (int i = 0; i < 60; i++) {
		pid_t pid;
		int status;

		fflush(stdout);
		pid = fork();
		if (pid == 0)
			for (;;)
				if (calls)
					(void)!access(".", F_OK);
		if (i % 2 != 0)
			usleep((useconds_t)i * 5);
		all = all && kill(pid, SIGKILL) == 0 && waitpid(pid, &status, 0) == pid && WIFSIGNALED(status);
	}
	CHECK(all, calls ? "new children that call" : "new children");
}

static pid_t others[2]; /* user 1000's, in this session; user 1001's, in one of its own */

static void as_user(void *arg)
{
	(void)arg;
	CHECK_OK(kill(others[0], 0), "a user's own");
	CHECK_ERRNO(kill(others[1], 0), EPERM, "another user's");
	CHECK_ERRNO(kill(others[1], SIGKILL), EPERM, "with any signal");
	CHECK_ERRNO(kill(others[1], SIGCONT), EPERM, "even SIGCONT, in another session");
	CHECK_ERRNO(kill(others[1], 65), EINVAL, "no such signal to another's");
	CHECK_ERRNO(kill(getppid(), 0), EPERM, "root's");
	CHECK_OK(kill(getppid(), SIGCONT), "SIGCONT within the session");
	CHECK_OK(kill(others[0], SIGKILL), "ends the user's own");
}

static void by_real_id(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setresuid, 1001, 1000, 1000) == 0);
	CHECK_OK(kill(others[1], 0), "the real id counts");
}

static void by_saved_id(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setresuid, 1000, 1000, 1001) == 0);
	CHECK_ERRNO(kill(others[1], 0), EPERM, "the sender's saved id does not");
}

static void by_capability(void *arg)
{
	(void)arg;
	NEED(prctl(PR_SET_KEEPCAPS, 1) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
	CHECK_ERRNO(kill(others[1], 0), EPERM, "a sleeping CAP_KILL does not help");
	NEED(set_caps(cap_bit(CAP_KILL), cap_bit(CAP_KILL), 0) == 0);
	CHECK_OK(kill(others[1], 0), "one that is awake does");
}

static void without_capability(void *arg)
{
	(void)arg;
	drop_cap(CAP_KILL);
	CHECK_ERRNO(kill(others[1], 0), EPERM, "root without it is a user like others");
	CHECK_OK(kill(getppid(), 0), "with other processes of root's");
}

/* A thread's id names its process. */
static void *wait_for_end(void *arg)
{
	*(pid_t *)arg = (pid_t)syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void thread_id(void)
{
	pthread_t t;
	static volatile pid_t tid;

	NEED(pthread_create(&t, NULL, wait_for_end, (void *)&tid) == 0);
	while (tid == 0)
		usleep(1000);
	handled = 0;
	CHECK_OK(kill(tid, SIGUSR1), "a thread's id");
	for (int i = 0; i < 100 && handled == 0; i++)
		usleep(1000);
	CHECK_EQUAL(handled, SIGUSR1, "means its process");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	oneself();
	child();
	newborn(NULL);
	newborn("calls");
	check_as_user(newborn, NULL);
	check_as_user(newborn, "calls");
	others[0] = sleeper(1000, false);
	others[1] = sleeper(1001, true);
	check_as_user(as_user, NULL);
	CHECK_EQUAL(ended_by(others[0]), SIGKILL, "it has ended");
	check_in_child(by_real_id, NULL);
	check_in_child(by_saved_id, NULL);
	check_in_child(by_capability, NULL);
	check_in_child(without_capability, NULL);
	CHECK(has_lived(others[1]), "the other user's has not");
	thread_id();
	return check_end();
}
