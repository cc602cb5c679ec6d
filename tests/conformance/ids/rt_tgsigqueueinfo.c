/* rt_tgsigqueueinfo(2) */
#include "signal.h"

#include <pthread.h>

static volatile sig_atomic_t handled;
static volatile pid_t where, worker;
static volatile bool leave;
static siginfo_t last;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	last = *info;
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

static long queue(pid_t pid, pid_t tid, int sig, int code, int value)
{
	siginfo_t info = {.si_signo = sig, .si_code = code};

	info.si_value.sival_int = value;
	return syscall(SYS_rt_tgsigqueueinfo, pid, tid, sig, &info);
}

static pid_t other;

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(queue(other, other, SIGTERM, SI_QUEUE, 0), EPERM, "another user's");
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	pid_t me = getpid();
	pthread_t t;

	check_begin(argc, argv);
	NEED(sigaction(SIGRTMIN, &act, NULL) == 0);
	NEED(pthread_create(&t, NULL, work, NULL) == 0);
	while (worker == 0)
		usleep(1000);
	CHECK_OK(queue(me, worker, SIGRTMIN, SI_QUEUE, 5), "to another thread");
	for (int i = 0; i < 1000 && handled == 0; i++)
		usleep(1000);
	CHECK(handled == SIGRTMIN && where == worker && last.si_value.sival_int == 5, "with data");
	CHECK_ERRNO(queue(me, worker, SIGRTMIN, SI_USER, 5), EPERM, "pretending, even to another thread");
	CHECK_OK(queue(me, me, SIGRTMIN, SI_TKILL, 6), "not to oneself");
	CHECK_EQUAL(last.si_code, SI_TKILL, "where it is believed");
	CHECK_ERRNO(queue(0, worker, SIGRTMIN, SI_QUEUE, 0), EINVAL, "no process has id 0");
	CHECK_ERRNO(queue(me, -1, SIGRTMIN, SI_QUEUE, 0), EINVAL, "no thread a negative one");
	CHECK_ERRNO(queue(me, worker, 65, SI_QUEUE, 0), EINVAL, "no such signal");
	CHECK_ERRNO(queue(me, NOBODY, 0, SI_QUEUE, 0), ESRCH, "no such thread");
	CHECK_ERRNO(syscall(SYS_rt_tgsigqueueinfo, me, me, SIGRTMIN, NULL), EFAULT, "no data");
	leave = true;
	pthread_join(t, NULL);
	other = sleeper(0, true);
	check_as_user(as_user, NULL);
	CHECK_OK(queue(other, other, SIGUSR1, SI_QUEUE, 0), "to a child");
	CHECK_EQUAL(ended_by(other), SIGUSR1, "arrives");
	return check_end();
}
