/* tkill(2) */
#include "signal.h"

static volatile sig_atomic_t handled, code;
static volatile pid_t where;

static void handler(int sig, siginfo_t *info, void *context)
{
	(void)context;
	handled = sig;
	code = info->si_code;
	where = (pid_t)syscall(SYS_gettid);
}

static pid_t other;

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(syscall(SYS_tkill, other, 0), EPERM, "another user's");
	CHECK_ERRNO(syscall(SYS_tkill, other, SIGKILL), EPERM, "with a signal");
}

int main(int argc, char **argv)
{
	struct sigaction act = {.sa_sigaction = handler, .sa_flags = SA_SIGINFO};
	pid_t me = (pid_t)syscall(SYS_gettid);

	check_begin(argc, argv);
	NEED(sigaction(SIGUSR1, &act, NULL) == 0);
	CHECK_OK(syscall(SYS_tkill, me, SIGUSR1), "the calling thread");
	CHECK(handled == SIGUSR1 && code == SI_TKILL && where == me, "is signalled when tkill returns");
	CHECK_ERRNO(syscall(SYS_tkill, me, 65), EINVAL, "no such signal");
	CHECK_ERRNO(syscall(SYS_tkill, 0, 0), EINVAL, "no thread has id 0");
	CHECK_ERRNO(syscall(SYS_tkill, -1, 0), EINVAL, "nor a negative one");
	CHECK_ERRNO(syscall(SYS_tkill, NOBODY, 0), ESRCH, "no such thread");
	other = sleeper(0, true);
	check_as_user(as_user, NULL);
	CHECK_OK(syscall(SYS_tkill, other, SIGUSR2), "a child's");
	CHECK_EQUAL(ended_by(other), SIGUSR2, "ends it");
	return check_end();
}
