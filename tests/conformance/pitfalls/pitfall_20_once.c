/*
 * Pitfall 20: what a signal interrupts is done once or not at all. Calls that cannot be interrupted on Linux, each of which
 * would fail the second time, under a signal every 200 microseconds with SA_RESTART; and a call that waits in somebody
 * else's hands can be killed.
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/xattr.h>
#include <time.h>

static atomic_long signals, wrong, rounds;
static atomic_bool stop;

static void handler(int sig)
{
	(void)sig;
	signals++;
}

static void *work(void *arg)
{
	char a[32], b[32];

	snprintf(a, sizeof(a), "a%ld", (long)arg);
	snprintf(b, sizeof(b), "b%ld", (long)arg);
	while (!stop) {
		int fd;

		wrong += mkdir(a, 0700) != 0;
		wrong += rename(a, b) != 0;
		wrong += rmdir(b) != 0;
		fd = open(a, O_CREAT | O_EXCL | O_WRONLY, 0600);
		wrong += fd < 0 || close(fd) != 0;
		wrong += link(a, b) != 0;
		wrong += unlink(a) != 0;
		wrong += symlink("x", a) != 0;
		wrong += unlink(a) != 0;
		wrong += mkfifo(a, 0600) != 0;
		wrong += unlink(a) != 0;
		wrong += unlink(b) != 0;
		rounds++;
	}
	return NULL;
}

static void storm(int flags, const char *what)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
	struct sigevent event = {.sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGRTMIN};
	struct itimerspec every = {.it_value.tv_nsec = 200000, .it_interval.tv_nsec = 200000};
	pthread_t t[3];
	timer_t timer;

	signals = wrong = rounds = 0;
	stop = false;
	sigaction(SIGRTMIN, &act, NULL);
	NEED(timer_create(CLOCK_MONOTONIC, &event, &timer) == 0);
	timer_settime(timer, 0, &every, NULL);
	for (long i = 0; i < 3; i++)
		pthread_create(&t[i], NULL, work, (void *)i);
	for (time_t end = time(NULL) + 2; time(NULL) < end;)
		usleep(10000);
	stop = true;
	for (int i = 0; i < 3; i++)
		pthread_join(t[i], NULL);
	timer_delete(timer);
	CHECK(signals > 300 && rounds > 10, "%s: signals came, calls were made", what);
	CHECK(wrong == 0, "%s: each was done once", what);
}

int main(int argc, char **argv)
{
	int status, bad = 0;

	check_begin(argc, argv);
	storm(SA_RESTART, "with SA_RESTART");
	NEED(mkfifo("fifo", 0600) == 0);
	for (int i = 0; i < 20; i++) {
		pid_t pid = fork();

		if (pid == 0) {
			(void)!open("fifo", O_RDONLY);
			_exit(1);
		}
		usleep(2000);
		kill(pid, i % 2 != 0 ? SIGKILL : SIGTERM);
		NEED(waitpid(pid, &status, 0) == pid);
		bad += !WIFSIGNALED(status);
	}
	CHECK_EQUAL(bad, 0, "processes that wait for a FIFO's other end can be killed");
	return check_end();
}
