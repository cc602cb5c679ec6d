/*
 * A thousand threads that wait in calls at the same time, then go on; thousands that live for one call; processes that end,
 * or become others, while threads of theirs wait.
 *
 * conformance: timeout 60
 */
#include "../check.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define THREADS 1000

static atomic_int waiting, done, wrong;
static int listening, pair[2];
static pthread_attr_t small;

static void *in_accept(void *arg)
{
	struct sockaddr_un from;
	socklen_t size = sizeof(from);
	int fd;

	(void)arg;
	waiting++;
	fd = accept(listening, (struct sockaddr *)&from, &size);
	if (fd < 0 || close(fd) != 0)
		wrong++;
	done++;
	return NULL;
}

static void *in_open(void *arg)
{
	int fd;

	(void)arg;
	waiting++;
	fd = open("fifo", O_RDONLY);
	if (fd < 0 || close(fd) != 0)
		wrong++;
	done++;
	return NULL;
}

static void *in_recvmsg(void *arg)
{
	char byte;
	struct iovec io = {&byte, 1};
	struct msghdr message = {.msg_iov = &io, .msg_iovlen = 1};

	(void)arg;
	waiting++;
	if (recvmsg(pair[0], &message, 0) != 1)
		wrong++;
	done++;
	return NULL;
}

static void release_accept(int n)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};

	for (int i = 0; i < n; i++) {
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		while (connect(fd, (struct sockaddr *)&name, sizeof(name)) != 0)
			usleep(1000);
		close(fd);
	}
}

static void release_open(int n)
{
	(void)n;
	while (done < n) {
		int fd = open("fifo", O_WRONLY | O_NONBLOCK);

		usleep(1000);
		if (fd >= 0)
			close(fd);
	}
}

static void release_recvmsg(int n)
{
	for (int i = 0; i < n; i++)
		NEED(write(pair[1], "x", 1) == 1);
}

static void crowd(const char *what, void *(*body)(void *), void (*release)(int))
{
	static pthread_t t[THREADS];
	struct stat st;
	int bad = 0;

	waiting = done = wrong = 0;
	for (int i = 0; i < THREADS; i++)
		NEED(pthread_create(&t[i], &small, body, NULL) == 0);
	while (waiting < THREADS)
		usleep(1000);
	usleep(50000);
	for (int i = 0; i < 200; i++)
		bad += stat("/etc/passwd", &st) != 0 || access("/nothing", F_OK) != -1;
	CHECK(bad == 0, "%s: others make calls", what);
	release(THREADS);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	CHECK(wrong == 0, "%s: a thousand threads waited and went on", what);
}

static void *one_call(void *arg)
{
	struct stat st;

	(void)arg;
	if (stat("/etc/passwd", &st) != 0)
		wrong++;
	if ((long)arg % 3 == 0)
		pthread_exit(NULL);
	return NULL;
}

static void short_lived(void)
{
	wrong = 0;
	for (long i = 0; i < 3000; i += 20) {
		pthread_t t[20];

		for (long k = 0; k < 20; k++)
			NEED(pthread_create(&t[k], &small, one_call, (void *)(i + k)) == 0);
		for (int k = 0; k < 20; k++)
			pthread_join(t[k], NULL);
	}
	CHECK_EQUAL(wrong, 0, "3,000 threads that make one call");
}

static void *busy(void *arg)
{
	struct stat st;

	(void)arg;
	for (;;) {
		stat("/etc/passwd", &st);
		access("/nothing", F_OK);
	}
	return NULL;
}

/* A process with threads that wait and threads that are busy comes to an end, in each way. */
static void endings(int n)
{
	int bad = 0;

	for (int i = 0; i < n; i++) {
		int status;
		pid_t pid;

		fflush(stdout);
		pid = fork();
		if (pid == 0) {
			pthread_t t;

			signal(SIGALRM, SIG_DFL);
			waiting = 0;
			for (int k = 0; k < 10; k++)
				pthread_create(&t, &small,
					       k % 2 != 0   ? in_accept
					       : k % 4 != 0 ? in_recvmsg
							    : busy,
					       NULL);
			usleep((useconds_t)(i % 7 * 300));
			switch (i % 6) {
			case 0:
				_exit(5);
			case 1:
				execl("/bin/sh", "sh", "-c", "exit 5", (char *)NULL);
				_exit(1);
			case 2:
				kill(getpid(), SIGKILL);
				pause();
				break;
			case 3:
				abort();
			case 4:
				kill(getpid(), SIGTERM);
				pause();
				break;
			default:
				*(volatile int *)8 = 1;
			}
		}
		NEED(waitpid(pid, &status, 0) == pid);
		switch (i % 6) {
		case 0:
		case 1:
			bad += !WIFEXITED(status) || WEXITSTATUS(status) != 5;
			break;
		default:
			bad += !WIFSIGNALED(status) ||
			       WTERMSIG(status) != (int[]){0, 0, SIGKILL, SIGABRT, SIGTERM, SIGSEGV}[i % 6];
		}
	}
	CHECK(bad == 0, "%d processes that end while threads wait and work", n);
}

static void *finish(void *arg)
{
	struct stat st;

	pthread_join(*(pthread_t *)arg, NULL);
	_exit(stat("/etc/passwd", &st) == 0 ? 9 : 1);
}

static void first_thread_leaves(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		static pthread_t first;
		pthread_t t;

		first = pthread_self();
		pthread_create(&t, NULL, finish, &first);
		pthread_exit(NULL);
	}
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(WEXITSTATUS(status), 9, "the first thread ends, another makes calls and ends the process");
}

int main(int argc, char **argv)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX, .sun_path = "socket"};
	struct rlimit no_core = {0, 0};

	check_begin(argc, argv);
	NEED(mkfifo("fifo", 0600) == 0);
	listening = socket(AF_UNIX, SOCK_STREAM, 0);
	NEED(bind(listening, (struct sockaddr *)&name, sizeof(name)) == 0 && listen(listening, 100) == 0);
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	setrlimit(RLIMIT_CORE, &no_core);
	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, 65536);
	crowd("accept", in_accept, release_accept);
	crowd("recvmsg", in_recvmsg, release_recvmsg);
	crowd("open of a FIFO", in_open, release_open);
	short_lived();
	endings(60);
	first_thread_leaves();
	return check_end();
}
