/* pidfd_send_signal(2) */
#include "signal.h"

static long send_by(int fd, int sig, siginfo_t *info, unsigned flags)
{
	return syscall(SYS_pidfd_send_signal, fd, sig, info, flags);
}

static int open_pid(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	NEED(fd >= 0);
	return fd;
}

static pid_t other;

static void as_user(void *arg)
{
	int fd = open_pid(other);
	char path[64];

	(void)arg;
	CHECK_ERRNO(send_by(fd, SIGKILL, NULL, 0), EPERM, "another user's");
	CHECK_ERRNO(send_by(fd, 0, NULL, 0), EPERM, "without a signal too");
	CHECK_OK(send_by(open_pid(getpid()), 0, NULL, 0), "one's own");
	snprintf(path, sizeof(path), "/proc/%d", other);
	CHECK_ERRNO(send_by(open(path, O_DIRECTORY), SIGKILL, NULL, 0), EPERM, "by its directory in /proc");
}

int main(int argc, char **argv)
{
	pid_t pid = sleeper(0, false);
	siginfo_t info = {.si_signo = SIGTERM, .si_code = SI_QUEUE};
	int fd = open_pid(pid);

	check_begin(argc, argv);
	CHECK_OK(send_by(fd, 0, NULL, 0), "signal 0 only asks");
	CHECK_ERRNO(send_by(fd, 65, NULL, 0), EINVAL, "no such signal");
	CHECK_ERRNO(send_by(fd, SIGTERM, NULL, 1u << 20), EINVAL, "no such flag");
	CHECK_ERRNO(send_by(fd, SIGUSR1, &info, 0), EINVAL, "another signal than the data's");
	CHECK_ERRNO(send_by(fd, SIGUSR1, (siginfo_t *)8, 0), EFAULT, "no data");
	info.si_code = SI_USER;
	CHECK_ERRNO(send_by(fd, SIGTERM, &info, 0), EPERM, "pretending");
	CHECK_ERRNO(send_by(1000, 0, NULL, 0), EBADF, "no descriptor");
	CHECK_ERRNO(send_by(open("/dev/null", O_RDONLY), 0, NULL, 0), EBADF, "of no process");
	info.si_code = SI_QUEUE;
	CHECK_OK(send_by(fd, SIGTERM, &info, 0), "with data");
	CHECK_EQUAL(ended_by(pid), SIGTERM, "arrives");
	CHECK_ERRNO(send_by(fd, 0, NULL, 0), ESRCH, "the process is gone");
	other = sleeper(0, true);
	check_as_user(as_user, NULL);
	CHECK_OK(send_by(open_pid(other), SIGUSR1, NULL, 0), "without data");
	CHECK_EQUAL(ended_by(other), SIGUSR1, "arrives too");
	return check_end();
}
