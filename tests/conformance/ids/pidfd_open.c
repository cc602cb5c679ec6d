/* pidfd_open(2) */
#include "signal.h"

#include <poll.h>

static int pidfd_open_of(pid_t pid, unsigned flags)
{
	return (int)syscall(SYS_pidfd_open, pid, flags);
}

int main(int argc, char **argv)
{
	pid_t pid = sleeper(0, false);
	struct pollfd p = {.events = POLLIN};
	siginfo_t info = {0};

	check_begin(argc, argv);
	CHECK_OK(p.fd = pidfd_open_of(pid, 0), "a child");
	CHECK_EQUAL(fcntl(p.fd, F_GETFD), FD_CLOEXEC, "closed by exec");
	CHECK_EQUAL(poll(&p, 1, 0), 0, "not readable while it runs");
	NEED(kill(pid, SIGTERM) == 0);
	CHECK_EQUAL(poll(&p, 1, 5000), 1, "readable when it has ended");
	CHECK_OK(close(pidfd_open_of(pid, 0)), "a zombie");
	CHECK_OK(waitid(P_PIDFD, (id_t)p.fd, &info, WEXITED), "is waited for by it");
	CHECK(info.si_pid == pid && info.si_status == SIGTERM, "as by its pid");
	CHECK_ERRNO(pidfd_open_of(pid, 0), ESRCH, "and is gone");
	CHECK_OK(close(pidfd_open_of(getpid(), 0)), "oneself");
	CHECK_ERRNO(pidfd_open_of(0, 0), EINVAL, "no process has id 0");
	CHECK_ERRNO(pidfd_open_of(-1, 0), EINVAL, "nor a negative one");
	CHECK_ERRNO(pidfd_open_of(getpid(), 1), EINVAL, "no such flag");
	CHECK_ERRNO(pidfd_open_of(NOBODY, 0), ESRCH, "no such process");
	CHECK_ERRNO(pidfd_open_of(NOBODY, 1), EINVAL, "nor flag");
	CHECK_OK(p.fd = pidfd_open_of(getpid(), O_NONBLOCK), "one that does not wait");
	CHECK((fcntl(p.fd, F_GETFL) & O_NONBLOCK) != 0, "says so");
	return check_end();
}
