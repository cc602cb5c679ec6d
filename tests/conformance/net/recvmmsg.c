/* recvmmsg(2): several messages, each with its sender. */
#include "message.h"

#include <signal.h>
#include <sys/time.h>

enum { COUNT = 40 };

static struct message messages[COUNT];
static struct mmsghdr vector[COUNT];
static int fd;

static void fill(void)
{
	for (int i = 0; i < COUNT; i++) {
		message_in(&messages[i]);
		vector[i] = (struct mmsghdr){.msg_hdr = messages[i].header, .msg_len = 77};
	}
}

static bool is(int i, const char *sender, unsigned length)
{
	messages[i].peer.size = vector[i].msg_hdr.msg_namelen;
	return vector[i].msg_len == length && vector[i].msg_hdr.msg_controllen == 0 &&
	       name_is(&messages[i].peer, sender);
}

static void send_one(int from, const char *path, size_t n)
{
	struct name a = name(path);
	char buf[COUNT + 1] = "";

	NEED(sendto(from, buf, n, 0, &a.any, a.size) == (ssize_t)n);
}

/* More than a queue holds come over a stream of packets. */
static void many(void)
{
	int pair[2], right = 0;

	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	NEED(do_bind(pair[0], "many") == 0);
	for (size_t i = 0; i < COUNT; i++)
		NEED(write(pair[0], messages[0].data, i + 1) == (ssize_t)i + 1);
	fill();
	CHECK_EQUAL(recvmmsg(pair[1], vector, COUNT, 0, NULL), COUNT, "forty at once");
	for (int i = 0; i < COUNT; i++)
		right += vector[i].msg_len == (unsigned)i + 1;
	CHECK_EQUAL(right, COUNT, "with their lengths");
	for (size_t i = 0; i < 20; i++)
		NEED(write(pair[0], messages[0].data, i + 1) == (ssize_t)i + 1);
	fill();
	CHECK_EQUAL(recvmmsg(pair[1], vector, COUNT, MSG_WAITFORONE, NULL), 20,
		    "waits for one, takes all that are there");
	fill();
	CHECK_ERRNO(recvmmsg(pair[1], vector, COUNT, MSG_DONTWAIT, NULL), EAGAIN, "nothing there, without waiting");
	for (size_t i = 0; i < 20; i++)
		NEED(write(pair[0], messages[0].data, i + 1) == (ssize_t)i + 1);
	CHECK_EQUAL(recvmmsg(pair[1], vector, COUNT, MSG_DONTWAIT, NULL), 20, "twenty there");
}

static void nothing(int sig)
{
	(void)sig;
}

static void interrupted(void)
{
	struct sigaction act = {.sa_handler = nothing};
	struct itimerval soon = {.it_value = {.tv_usec = 100000}};
	int from = server(SOCK_DGRAM, "interrupter");

	NEED(sigaction(SIGALRM, &act, NULL) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0);
	fill();
	CHECK_ERRNO(recvmmsg(fd, vector, 3, 0, NULL), EINTR, "a signal while it waits for the first");
	send_one(from, "to", 3);
	NEED(setitimer(ITIMER_REAL, &soon, NULL) == 0);
	fill();
	CHECK_EQUAL(recvmmsg(fd, vector, 3, 0, NULL), 1, "and for the second");
	CHECK(is(0, "interrupter", 3), "gives the first");
	close(from);
}

int main(int argc, char **argv)
{
	struct timespec none = {0, 0}, bad = {0, -1};
	int one, two;

	check_begin(argc, argv);
	fd = server(SOCK_DGRAM, "to");
	one = server(SOCK_DGRAM, "one");
	two = server(SOCK_DGRAM, below("two"));
	send_one(one, "to", 1);
	send_one(two, "to", 2);
	send_one(one, "to", 3);
	fill();
	CHECK_EQUAL(recvmmsg(fd, vector, 3, 0, NULL), 3, "three");
	CHECK(is(0, "one", 1) && is(1, below("two"), 2) && is(2, "one", 3), "with their senders and lengths");
	CHECK_EQUAL(vector[3].msg_len, 77, "the fourth is left alone");
	send_one(one, "to", 4);
	fill();
	CHECK_EQUAL(recvmmsg(fd, vector, 1, 0, &none), 1, "no time, but one there");
	CHECK_ERRNO(recvmmsg(fd, vector, 1, 0, &bad), EINVAL, "a time that is none");
	CHECK_ERRNO(recvmmsg(fd, vector, 1, MSG_DONTWAIT, (void *)8), EFAULT, "or not there");
	CHECK_ERRNO(recvmmsg(fd, (void *)8, 1, MSG_DONTWAIT, NULL), EFAULT, "no messages");
	CHECK_ERRNO(recvmmsg(-1, vector, 1, 0, NULL), EBADF, "no descriptor");
	CHECK_ERRNO(recvmmsg(0, vector, 1, 0, NULL), ENOTSOCK, "not a socket");
	many();
	interrupted();
	return check_end();
}
