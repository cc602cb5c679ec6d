/* rt_sigtimedwait(2): takes a pending signal without its handler. */
#include "../check.h"

#include <signal.h>
#include <time.h>

#define BIT(sig) (1ull << ((sig)-1))

static volatile sig_atomic_t seen;

static void handler(int sig)
{
	seen = sig;
}

static long call(uint64_t set, siginfo_t *info, long milliseconds)
{
	struct timespec t = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000l};

	return syscall(SYS_rt_sigtimedwait, &set, info, &t, 8);
}

static void send_soon(int sig)
{
	pid_t child = fork();

	NEED(child >= 0);
	if (child == 0) {
		usleep(100000);
		kill(getppid(), sig);
		_exit(0);
	}
}

int main(int argc, char **argv)
{
	uint64_t blocked = BIT(SIGUSR1) | BIT(40), set;
	union sigval value = {.sival_int = 4711};
	siginfo_t info;

	check_begin(argc, argv);
	NEED(syscall(SYS_rt_sigprocmask, SIG_SETMASK, &blocked, NULL, 8) == 0);
	signal(SIGUSR1, handler);
	signal(SIGUSR2, handler);

	CHECK_ERRNO(call(BIT(SIGUSR1), NULL, 0), EAGAIN, "none is there");
	CHECK_ERRNO(call(BIT(SIGUSR1), NULL, 50), EAGAIN, "none comes in time");
	raise(SIGUSR1);
	CHECK_EQUAL(call(BIT(SIGUSR1) | BIT(40), &info, 1000), SIGUSR1, "one that is pending");
	CHECK(info.si_signo == SIGUSR1 && info.si_code == SI_TKILL && info.si_pid == getpid(), "and who sent it");
	CHECK_EQUAL(seen, 0, "its handler does not run");
	NEED(sigqueue(getpid(), 40, value) == 0);
	CHECK_EQUAL(call(~0ull, &info, 1000), 40, "a queued one, of all");
	CHECK(info.si_code == SI_QUEUE && info.si_value.sival_int == 4711, "with its value");
	send_soon(SIGUSR1);
	CHECK_EQUAL(call(BIT(SIGUSR1), NULL, 5000), SIGUSR1, "one that comes");
	wait(NULL);
	send_soon(SIGUSR2);
	CHECK_ERRNO(call(BIT(SIGUSR1), NULL, 5000), EINTR, "another one interrupts");
	CHECK_EQUAL(seen, SIGUSR2, "with its handler");
	wait(NULL);
	send_soon(SIGUSR1);
	set = BIT(SIGUSR1);
	CHECK_EQUAL(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 8), SIGUSR1, "without a time");
	wait(NULL);
	raise(SIGUSR1);
	CHECK_ERRNO(call(BIT(40), NULL, 20), EAGAIN, "a pending one that is not asked for");
	CHECK_EQUAL(call(BIT(SIGUSR1), NULL, 0), SIGUSR1, "is still there");

	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, NULL, NULL, 4), EINVAL, "a set of another size");
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, (void *)8, NULL, NULL, 8), EFAULT, "a set that is not there");
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, NULL, (void *)8, 8), EFAULT, "a time that is not there");
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, NULL, &(struct timespec){.tv_nsec = -1}, 8), EINVAL, "no time");
	raise(SIGUSR1);
	CHECK_ERRNO(syscall(SYS_rt_sigtimedwait, &set, (void *)8, NULL, 8), EFAULT, "no room for who sent it");
	return check_end();
}
