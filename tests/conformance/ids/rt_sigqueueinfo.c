/* rt_sigqueueinfo(2) */
#include "signal.h"

static volatile sig_atomic_t handled;
static siginfo_t last;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	handled = sig;
	last = *info;
}

static long queue(pid_t pid, int sig, int code, int value)
{
	siginfo_t info = {.si_signo = sig, .si_code = code};

	info.si_pid = 4711;
	info.si_uid = 4712;
	info.si_value.sival_int = value;
	return syscall(SYS_rt_sigqueueinfo, pid, sig, &info);
}

static pid_t other;

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(queue(other, SIGTERM, SI_QUEUE, 0), EPERM, "another user's");
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	pid_t child;

	check_begin(argc, argv);
	NEED(sigaction(SIGRTMIN, &act, NULL) == 0);
	CHECK_OK(queue(getpid(), SIGRTMIN, SI_QUEUE, 99), "to oneself");
	CHECK(handled == SIGRTMIN && last.si_code == SI_QUEUE && last.si_value.sival_int == 99 && last.si_pid == 4711 &&
		      last.si_uid == 4712,
	      "with all that was said");
	CHECK_OK(queue(getpid(), SIGRTMIN, SI_USER, 7), "to oneself everything may be pretended");
	CHECK_EQUAL(last.si_code, SI_USER, "even kill");
	CHECK_OK(queue(getpid(), 0, SI_QUEUE, 0), "signal 0 only asks");
	CHECK_ERRNO(queue(getpid(), 65, SI_QUEUE, 0), EINVAL, "no such signal");
	CHECK_ERRNO(syscall(SYS_rt_sigqueueinfo, getpid(), SIGRTMIN, NULL), EFAULT, "no data");
	CHECK_ERRNO(queue(NOBODY, SIGTERM, SI_QUEUE, 0), ESRCH, "no such process");
	CHECK_ERRNO(queue(-1, SIGTERM, SI_QUEUE, 0), ESRCH, "groups cannot be meant");
	child = sleeper(0, false);
	CHECK_ERRNO(queue(child, SIGTERM, SI_USER, 0), EPERM, "pretending to be kill to another");
	CHECK_ERRNO(queue(child, SIGTERM, SI_KERNEL, 0), EPERM, "or the kernel");
	CHECK_ERRNO(queue(child, SIGTERM, SI_TKILL, 0), EPERM, "or tkill");
	CHECK_OK(queue(child, SIGTERM, SI_QUEUE, 0), "being what one is");
	CHECK_EQUAL(ended_by(child), SIGTERM, "arrives");
	other = sleeper(0, true);
	check_as_user(as_user, NULL);
	CHECK(has_lived(other), "it lives");
	return check_end();
}
