/* tgkill(2) */
#include "signal.h"

#include <pthread.h>

static volatile sig_atomic_t handled;
static volatile pid_t where, worker;
static volatile bool leave;

static void handler(int sig)
{
	where = (pid_t)syscall(SYS_gettid);
	handled = sig;
}

static void *work(void *arg)
{
	(void)arg;
	worker = (pid_t)syscall(SYS_gettid);
	while (!leave)
		usleep(1000);
	return NULL;
}

static pid_t other;

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(syscall(SYS_tgkill, other, other, SIGKILL), EPERM, "another user's");
	CHECK_OK(syscall(SYS_tgkill, getpid(), getpid(), 0), "one's own");
}

int main(int argc, char **argv)
{
	pid_t me = getpid();
	pthread_t t;

	check_begin(argc, argv);
	NEED(signal(SIGUSR1, handler) == SIG_DFL);
	NEED(pthread_create(&t, NULL, work, NULL) == 0);
	while (worker == 0)
		usleep(1000);
	CHECK_OK(syscall(SYS_tgkill, me, worker, SIGUSR1), "another thread");
	for (int i = 0; i < 1000 && handled == 0; i++)
		usleep(1000);
	CHECK(handled == SIGUSR1 && where == worker, "is the one that is signalled");
	handled = 0;
	CHECK_OK(syscall(SYS_tgkill, me, me, SIGUSR1), "oneself");
	CHECK(handled == SIGUSR1 && where == me, "at once");
	CHECK_ERRNO(syscall(SYS_tgkill, me, worker, 65), EINVAL, "no such signal");
	CHECK_ERRNO(syscall(SYS_tgkill, worker, worker, 0), ESRCH, "a thread is no process");
	CHECK_ERRNO(syscall(SYS_tgkill, 0, worker, 0), EINVAL, "no process has id 0");
	CHECK_ERRNO(syscall(SYS_tgkill, me, 0, 0), EINVAL, "nor a thread");
	CHECK_ERRNO(syscall(SYS_tgkill, -1, -1, 0), EINVAL, "nor any a negative one");
	CHECK_ERRNO(syscall(SYS_tgkill, me, NOBODY, 0), ESRCH, "no such thread");
	CHECK_ERRNO(syscall(SYS_tgkill, NOBODY, NOBODY, 0), ESRCH, "no such process");
	leave = true;
	pthread_join(t, NULL);
	other = sleeper(0, true);
	CHECK_ERRNO(syscall(SYS_tgkill, me, other, 0), ESRCH, "a thread of another process");
	check_as_user(as_user, NULL);
	CHECK_OK(syscall(SYS_tgkill, other, other, SIGUSR2), "a child's");
	CHECK_EQUAL(ended_by(other), SIGUSR2, "ends it");
	return check_end();
}
