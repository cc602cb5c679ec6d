/* signalfd4(2) and the older signalfd(2). conformance: calls signalfd */
#include "../check.h"

#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>

#define BIT(sig) (1ull << ((sig)-1))

/* The next signal; -1 for none. */
static int next(int fd, struct signalfd_siginfo *info)
{
	return read(fd, info, sizeof(*info)) == sizeof(*info) ? (int)info->ssi_signo : -1;
}

static bool is_ready(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLIN};

	return poll(&p, 1, 0) == 1 && p.revents == POLLIN;
}

int main(int argc, char **argv)
{
	uint64_t set = BIT(SIGUSR1) | BIT(SIGUSR2) | BIT(41), all = ~0ull;
	struct signalfd_siginfo info;
	union sigval value = {.sival_int = 5};
	int fd, old;

	check_begin(argc, argv);
	NEED(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, 8) == 0);
	fd = (int)CHECK_OK(syscall(SYS_signalfd4, -1, &set, 8, SFD_NONBLOCK | SFD_CLOEXEC),
			   "a descriptor of three signals");
	CHECK(fcntl(fd, F_GETFD) == FD_CLOEXEC && (fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, "with its flags");
	CHECK(!is_ready(fd) && next(fd, &info) == -1 && errno == EAGAIN, "none is there");
	raise(SIGUSR2);
	CHECK(is_ready(fd), "one is there");
	CHECK_EQUAL(next(fd, &info), SIGUSR2, "which one");
	CHECK(info.ssi_pid == (uint32_t)getpid() && info.ssi_code == SI_TKILL, "and who sent it");
	NEED(sigqueue(getpid(), 41, value) == 0);
	CHECK(next(fd, &info) == 41 && info.ssi_int == 5, "a queued one with its value");
	raise(SIGHUP);
	CHECK(!is_ready(fd), "another one is not its business");
	set = BIT(SIGHUP);
	CHECK_EQUAL(syscall(SYS_signalfd4, fd, &set, 8, 0), fd, "the same descriptor for another set");
	CHECK_EQUAL(next(fd, &info), SIGHUP, "now it is");

	old = (int)CHECK_OK(syscall(SYS_signalfd, -1, &set, 8), "the older call");
	CHECK(fcntl(old, F_GETFD) == 0 && (fcntl(old, F_GETFL) & O_NONBLOCK) == 0, "has no flags");
	raise(SIGHUP);
	CHECK_EQUAL(next(old, &info), SIGHUP, "and the same signals");
	CHECK_OK(syscall(SYS_signalfd, old, &all, 8), "all of them");
	raise(SIGTERM);
	CHECK_EQUAL(next(old, &info), SIGTERM, "any of them");
	CHECK(access("/", F_OK) == 0, "a call meanwhile");

	CHECK_ERRNO(syscall(SYS_signalfd4, -1, &set, 4, 0), EINVAL, "a set of another size");
	CHECK_ERRNO(syscall(SYS_signalfd4, -1, &set, 8, 1), EINVAL, "an unknown flag");
	CHECK_ERRNO(syscall(SYS_signalfd4, -1, (void *)8, 8, 0), EFAULT, "a set that is not there");
	CHECK_ERRNO(syscall(SYS_signalfd4, 4000, &set, 8, 0), EBADF, "a descriptor that is not open");
	CHECK_ERRNO(syscall(SYS_signalfd4, open("/", O_RDONLY), &set, 8, 0), EINVAL, "one of another kind");
	return check_end();
}
