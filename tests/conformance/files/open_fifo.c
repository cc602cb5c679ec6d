/*
 * open(2) of a FIFO waits for the other end, and a signal interrupts that.
 *
 * conformance: not under notify: the supervisor waits in place of the guest, out of reach of its signals
 */
#include "../check.h"

#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t signals;

static void on_signal(int sig)
{
	(void)sig;
	signals++;
}

/* A signal every 50 ms from now on; 0 ends it. */
static void tick(int flags, int ms)
{
	struct sigaction sa = {.sa_handler = on_signal, .sa_flags = flags};
	struct itimerval t = {{0, ms * 1000}, {0, ms * 1000}};

	signals = 0;
	NEED(sigaction(SIGALRM, &sa, NULL) == 0);
	NEED(setitimer(ITIMER_REAL, &t, NULL) == 0);
}

/* Opens the FIFO in another process after a while, for as long as it takes. */
static pid_t partner(int flags)
{
	pid_t pid = fork();

	NEED(pid >= 0);
	if (pid > 0)
		return pid;
	usleep(300 * 1000);
	int fd = open("fifo", flags);

	usleep(100 * 1000);
	_exit(fd < 0);
}

static void ended(pid_t pid, const char *what)
{
	int status;

	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, what);
}

static void not_waiting(void)
{
	int r, w;

	CHECK_ERRNO(open("fifo", O_WRONLY | O_NONBLOCK), ENXIO, "O_NONBLOCK for writing without a reader");
	r = (int)CHECK_OK(open("fifo", O_RDONLY | O_NONBLOCK), "O_NONBLOCK for reading does not wait");
	w = (int)CHECK_OK(open("fifo", O_WRONLY), "with a reader, writing does not wait");
	CHECK_EQUAL(write(w, "x", 1), 1, "it is a pipe");
	close(w);
	close(r);
	r = (int)CHECK_OK(open("fifo", O_RDWR), "O_RDWR does not wait");
	CHECK_EQUAL(fcntl(r, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDWR, "and is not made O_NONBLOCK");
	close(r);
	r = (int)CHECK_OK(open("fifo", O_PATH), "nor does O_PATH");
	close(r);
}

static void interrupted(void)
{
	tick(0, 50);
	CHECK_ERRNO(open("fifo", O_RDONLY), EINTR, "a signal interrupts the wait");
	CHECK(signals >= 1, "its handler ran");
	CHECK_ERRNO(open("fifo", O_WRONLY), EINTR, "also for writing");
	CHECK_ERRNO(open("fifo", O_WRONLY | O_CREAT, 0600), EINTR, "and with O_CREAT");
	NEED(symlink("fifo", "link") == 0);
	CHECK_ERRNO(open("link", O_RDONLY), EINTR, "and behind a link");
	tick(0, 0);
}

static void restarted(void)
{
	pid_t pid = partner(O_WRONLY);
	int fd;

	tick(SA_RESTART, 50);
	fd = (int)CHECK_OK(open("fifo", O_RDONLY), "with SA_RESTART the wait goes on");
	tick(SA_RESTART, 0);
	CHECK_EQUAL(fcntl(fd, F_GETFL) & (O_NONBLOCK | O_ACCMODE), O_RDONLY, "the flags are those that were asked for");
	ended(pid, "the writer got it open");
	close(fd);
	pid = partner(O_RDONLY);
	tick(SA_RESTART, 50);
	fd = (int)CHECK_OK(open("fifo", O_WRONLY), "also for writing");
	CHECK(signals >= 1, "although the handler ran");
	tick(SA_RESTART, 0);
	ended(pid, "the reader got it open");
	close(fd);
}

/* A blocked signal does not interrupt, and is there afterwards. */
static void blocked(void)
{
	sigset_t alarm, none, pending;
	pid_t pid = partner(O_WRONLY);
	int fd;

	sigemptyset(&alarm);
	sigaddset(&alarm, SIGALRM);
	NEED(sigprocmask(SIG_BLOCK, &alarm, &none) == 0);
	tick(0, 50);
	fd = (int)CHECK_OK(open("fifo", O_RDONLY), "a blocked signal does not interrupt");
	CHECK_EQUAL(signals, 0, "its handler waits");
	CHECK(sigpending(&pending) == 0 && sigismember(&pending, SIGALRM), "it is pending");
	NEED(sigprocmask(SIG_SETMASK, &none, NULL) == 0);
	CHECK(signals >= 1, "and comes when it is unblocked");
	tick(0, 0);
	ended(pid, "the writer got it open");
	close(fd);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	NEED(mkfifo("fifo", 0600) == 0);
	not_waiting();
	interrupted();
	restarted();
	blocked();
	return check_end();
}
