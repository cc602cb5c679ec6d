/* Calls that wait, and signals: EINTR without SA_RESTART, going on with it, always the handler. */
#include "message.h"

#include <poll.h>
#include <signal.h>
#include <sys/time.h>

static volatile sig_atomic_t handled;

static void handler(int sig)
{
	(void)sig;
	handled++;
}

static void on_alarm(int flags)
{
	struct sigaction act = {.sa_handler = handler, .sa_flags = flags};
	struct itimerval soon = {.it_value = {.tv_usec = 50000}};

	handled = 0;
	NEED(sigaction(SIGALRM, &act, NULL) == 0 && setitimer(ITIMER_REAL, &soon, NULL) == 0);
}

/* A child that does something for us after the signal; its exit is waited for by rescued(). */
static pid_t helper;

static void help(void (*action)(void))
{
	fflush(stdout);
	NEED((helper = fork()) >= 0);
	if (helper == 0) {
		poll(NULL, 0, 200);
		action();
		_exit(0);
	}
}

static void helped(void)
{
	NEED(waitpid(helper, NULL, 0) == helper);
}

static void connect_client(void)
{
	int fd = new_socket(SOCK_STREAM);

	NEED(do_bind(fd, "client") == 0 && do_connect(fd, "server") == 0);
	poll(NULL, 0, 100);
}

static void accepting(void)
{
	int fd = server(SOCK_STREAM, "server");
	struct name a = {.size = sizeof(a.bytes)};

	on_alarm(0);
	CHECK_ERRNO(accept(fd, &a.any, &a.size), EINTR, "accept with a handler");
	CHECK_EQUAL(handled, 1, "which ran");
	CHECK_EQUAL(a.size, sizeof(a.bytes), "the length is left alone");
	on_alarm(SA_RESTART);
	help(connect_client);
	CHECK_OK(accept(fd, &a.any, &a.size), "accept with SA_RESTART waits on");
	CHECK_EQUAL(handled, 1, "the handler ran");
	CHECK(name_is(&a, "client"), "and the client has come");
	helped();
	NEED(unlink("client") == 0);
	on_alarm(SA_RESTART);
	help(connect_client);
	CHECK_OK(accept(fd, NULL, NULL), "the same without an address");
	CHECK_EQUAL(handled, 1, "the handler ran");
	helped();
	close(fd);
}

static void send_datagram(void)
{
	struct name a = name("datagrams");
	int fd = server(SOCK_DGRAM, "sender");

	NEED(sendto(fd, "x", 1, 0, &a.any, a.size) == 1);
	NEED(unlink("sender") == 0);
}

static void receiving(void)
{
	int fd = server(SOCK_DGRAM, "datagrams");
	struct name a = {.size = sizeof(a.bytes)};
	struct message m;
	char buf[8];

	on_alarm(0);
	CHECK_ERRNO(recvfrom(fd, buf, sizeof(buf), 0, &a.any, &a.size), EINTR, "recvfrom with a handler");
	CHECK_EQUAL(handled, 1, "which ran");
	on_alarm(SA_RESTART);
	help(send_datagram);
	CHECK_EQUAL(recvfrom(fd, buf, sizeof(buf), 0, &a.any, &a.size), 1, "recvfrom with SA_RESTART waits on");
	CHECK(handled == 1 && name_is(&a, "sender"), "handler and message");
	helped();
	on_alarm(0);
	CHECK_ERRNO(message_take(fd, &m, 0), EINTR, "recvmsg with a handler");
	CHECK_EQUAL(handled, 1, "which ran");
	on_alarm(SA_RESTART);
	help(send_datagram);
	CHECK_EQUAL(message_take(fd, &m, 0), 1, "recvmsg with SA_RESTART waits on");
	CHECK(handled == 1 && name_is(&m.peer, "sender"), "handler and message");
	helped();

	NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &(struct timeval){.tv_usec = 200000}, sizeof(struct timeval)) ==
	     0);
	on_alarm(SA_RESTART);
	CHECK_ERRNO(recvfrom(fd, buf, sizeof(buf), 0, &a.any, &a.size), EINTR,
		    "with a time limit of the socket's SA_RESTART does not count");
	CHECK_EQUAL(handled, 1, "the handler ran");
	CHECK_ERRNO(recvfrom(fd, buf, sizeof(buf), 0, &a.any, &a.size), EAGAIN, "and the limit ends the wait");
	close(fd);
	NEED(unlink("datagrams") == 0);
}

static int full;

static void make_room(void)
{
	char buf[8];

	while (recv(full, buf, sizeof(buf), MSG_DONTWAIT) == 1)
		;
}

static void sending(void)
{
	struct name a = name("full");
	int fd = new_socket(SOCK_DGRAM);
	struct message m;

	full = server(SOCK_DGRAM, "full");
	while (sendto(fd, "x", 1, MSG_DONTWAIT, &a.any, a.size) == 1)
		;
	on_alarm(0);
	CHECK_ERRNO(sendto(fd, "x", 1, 0, &a.any, a.size), EINTR, "sendto with a handler");
	CHECK_EQUAL(handled, 1, "which ran");
	message_out(&m, "x");
	message_to(&m, "full");
	on_alarm(0);
	CHECK_ERRNO(sendmsg(fd, &m.header, 0), EINTR, "sendmsg with a handler");
	CHECK_EQUAL(handled, 1, "which ran");
	on_alarm(SA_RESTART);
	help(make_room);
	CHECK_EQUAL(sendto(fd, "x", 1, 0, &a.any, a.size), 1, "sendto with SA_RESTART waits on");
	CHECK_EQUAL(handled, 1, "the handler ran");
	helped();
	close(fd);
	close(full);
}

static int crowded;

static void accept_some(void)
{
	while (accept(crowded, NULL, NULL) >= 0)
		;
}

static void connecting(void)
{
	int fd;

	crowded = server(SOCK_STREAM | SOCK_NONBLOCK, "crowded");
	do
		fd = new_socket(SOCK_STREAM | SOCK_NONBLOCK);
	while (do_connect(fd, "crowded") == 0);
	fd = new_socket(SOCK_STREAM);
	on_alarm(0);
	CHECK_ERRNO(do_connect(fd, "crowded"), EINTR, "connect with a handler");
	CHECK_EQUAL(handled, 1, "which ran");
	on_alarm(SA_RESTART);
	help(accept_some);
	CHECK_OK(do_connect(fd, "crowded"), "connect with SA_RESTART waits on");
	CHECK_EQUAL(handled, 1, "the handler ran");
	helped();
}

static void broken(void)
{
	const struct ucred self = {getpid(), geteuid(), getegid()};
	struct sigaction act = {.sa_handler = handler};
	struct message m;
	int pair[2];

	handled = 0;
	NEED(sigaction(SIGPIPE, &act, NULL) == 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	close(pair[1]);
	message_out(&m, "x");
	message_add(&m, SCM_CREDENTIALS, &self, sizeof(self));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EPIPE, "sendmsg to nobody");
	CHECK_EQUAL(handled, 1, "sends SIGPIPE");
	CHECK_ERRNO(sendmsg(pair[0], &m.header, MSG_NOSIGNAL), EPIPE, "with MSG_NOSIGNAL");
	CHECK_EQUAL(handled, 1, "it does not");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	accepting();
	receiving();
	sending();
	connecting();
	broken();
	return check_end();
}
