/* recvmsg(2): addresses, flags and what is cut. */
#include "message.h"

#include <netinet/in.h>

static void addresses(void)
{
	int fd = server(SOCK_DGRAM, "to"), from = server(SOCK_DGRAM, below("from"));
	struct message m;

	message_out(&m, "hello");
	message_to(&m, "to");
	NEED(sendmsg(from, &m.header, 0) == 5);
	CHECK_EQUAL(message_take(fd, &m, 0), 5, "a datagram");
	CHECK(name_is(&m.peer, below("from")), "with its sender's name");
	CHECK_EQUAL(m.header.msg_flags, 0, "no flags");
	CHECK_EQUAL(m.header.msg_controllen, 0, "no ancillary data");
	CHECK(memcmp(m.data, "hello", 6) == 0, "and its content");
	CHECK(m.header.msg_name == &m.peer && m.header.msg_iov == &m.io && m.header.msg_control == m.control.bytes,
	      "pointers are left alone");

	message_out(&m, "hello");
	message_to(&m, "to");
	NEED(sendmsg(new_socket(SOCK_DGRAM), &m.header, 0) == 5);
	CHECK_EQUAL(message_take(fd, &m, 0), 5, "from nobody");
	CHECK_EQUAL(m.header.msg_namelen, 0, "no name");

	for (int i = 0; i < 4; i++) {
		message_out(&m, "hello");
		message_to(&m, "to");
		NEED(sendmsg(from, &m.header, 0) == 5);
	}
	message_in(&m);
	m.header.msg_namelen = 4;
	m.io.iov_len = 3;
	CHECK_EQUAL(recvmsg(fd, &m.header, 0), 3, "into less room");
	CHECK_EQUAL(m.header.msg_flags, MSG_TRUNC, "says that it was cut");
	CHECK_EQUAL(m.header.msg_namelen, PATH_AT + strlen(below("from")) + 1, "tells the name's length");
	CHECK(m.peer.bytes[3] == below("from")[1] && m.peer.bytes[4] == 0x55, "of which some bytes are there");
	message_in(&m);
	m.io.iov_len = 3;
	CHECK_EQUAL(recvmsg(fd, &m.header, MSG_TRUNC), 5, "with MSG_TRUNC the length that it had");
	message_in(&m);
	m.header.msg_name = NULL;
	CHECK_EQUAL(recvmsg(fd, &m.header, 0), 5, "without room for a name");
	CHECK_EQUAL(m.header.msg_namelen, sizeof(m.peer.bytes), "its length is left alone");
	message_in(&m);
	m.header.msg_name = (void *)8;
	CHECK_ERRNO(recvmsg(fd, &m.header, 0), EFAULT, "no place for the name");
	message_in(&m);
	CHECK_ERRNO(recvmsg(fd, &m.header, MSG_DONTWAIT), EAGAIN, "has taken it");
	m.header.msg_namelen = (socklen_t)-1;
	CHECK_ERRNO(recvmsg(fd, &m.header, MSG_DONTWAIT), EINVAL, "a negative length");
	CHECK_ERRNO(recvmsg(fd, (void *)8, MSG_DONTWAIT), EFAULT, "no message");
	message_in(&m);
	CHECK_ERRNO(recvmsg(-1, &m.header, 0), EBADF, "no descriptor");
	CHECK_ERRNO(recvmsg(0, &m.header, 0), ENOTSOCK, "not a socket");
}

static void cut_control(void)
{
	int pair[2], file = open("/", O_RDONLY), *got, next;
	struct message m;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	for (int i = 0; i < 3; i++) {
		message_out(&m, "x");
		message_add(&m, SCM_RIGHTS, (int[]){file, file, file}, 3 * sizeof(int));
		NEED(sendmsg(pair[0], &m.header, 0) == 1);
	}
	NEED((next = dup(file)) >= 0 && close(next) == 0);
	message_in(&m);
	m.header.msg_controllen = CMSG_LEN(2 * sizeof(int));
	CHECK_EQUAL(recvmsg(pair[1], &m.header, 0), 1, "room for two of three descriptors");
	CHECK_EQUAL(m.header.msg_flags, MSG_CTRUNC, "says that they were cut");
	CHECK_EQUAL(m.control.first.cmsg_len, CMSG_LEN(2 * sizeof(int)), "two are there");
	got = (int *)CMSG_DATA(&m.control.first);
	CHECK(got[0] == next && got[1] > next, "with the lowest numbers");
	close(got[0]);
	close(got[1]);
	message_in(&m);
	m.header.msg_control = NULL;
	m.header.msg_controllen = 0;
	CHECK_EQUAL(recvmsg(pair[1], &m.header, 0), 1, "no room for any");
	CHECK_EQUAL(m.header.msg_flags, MSG_CTRUNC, "says so");
	CHECK_EQUAL(message_take(pair[1], &m, MSG_PEEK), 1, "a look");
	got = message_find(&m, SCM_RIGHTS);
	CHECK(got != NULL && got[0] == next, "gives descriptors");
	NEED(close(got[0]) == 0 && close(got[1]) == 0 && close(got[2]) == 0);
	CHECK_EQUAL(message_take(pair[1], &m, 0), 1, "the message is still there");
	got = message_find(&m, SCM_RIGHTS);
	CHECK(got != NULL && got[0] == next, "and gives others");
}

static void time_stamps(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t size = sizeof(in);
	struct message m;

	NEED(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	NEED(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	option_on(fd, SO_TIMESTAMP);
	NEED(sendto(from, "x", 1, 0, (struct sockaddr *)&in, sizeof(in)) == 1);
	CHECK_EQUAL(message_take(fd, &m, 0), 1, "by internet");
	CHECK(m.peer.size == sizeof(in) && m.peer.any.sa_family == AF_INET, "an internet address");
	CHECK(message_find(&m, SCM_TIMESTAMP) != NULL, "and other ancillary data");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	addresses();
	cut_control();
	time_stamps();
	return check_end();
}
