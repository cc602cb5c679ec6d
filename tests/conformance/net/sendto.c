/* sendto(2): datagrams to a path. */
#include "unix.h"

#include <netinet/in.h>

static ssize_t send_to(int fd, const char *path)
{
	struct name a = name(path);

	return sendto(fd, "x", 1, 0, &a.any, a.size);
}

static bool arrives(int fd)
{
	char buf[8];

	return recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == 1 && buf[0] == 'x';
}

static void paths(void)
{
	int fd = new_socket(SOCK_DGRAM), to;
	char long_name[109];

	NEED(mkdir("d", 0755) == 0 && symlink("d/to", "link") == 0 && symlink(below("link"), "far") == 0);
	to = server(SOCK_DGRAM, "d/to");
	CHECK_OK(send_to(fd, "d/to"), "a relative name");
	CHECK(arrives(to), "arrives");
	CHECK_OK(send_to(fd, below("d/to")), "an absolute name");
	CHECK(arrives(to), "arrives");
	CHECK_OK(send_to(fd, "link"), "a link");
	CHECK(arrives(to), "arrives");
	CHECK_OK(send_to(fd, "far"), "an absolute link");
	CHECK(arrives(to), "arrives");
	CHECK_OK(send_to(fd, "d/.././d//to"), "a way around");
	CHECK(arrives(to), "arrives");
	NEED(chdir("d") == 0);
	CHECK_OK(send_to(fd, "to"), "from another directory");
	CHECK(arrives(to), "arrives");
	NEED(chdir("..") == 0);
	NEED(rename("d/to", "renamed") == 0);
	CHECK_OK(send_to(fd, "renamed"), "a new name");
	CHECK(arrives(to), "arrives");
	CHECK_ERRNO(send_to(fd, "d/to"), ENOENT, "the old one");
	memset(long_name, 'l', 108);
	long_name[108] = '\0';
	to = server(SOCK_DGRAM, long_name);
	CHECK_OK(send_to(fd, long_name), "108 bytes");
	CHECK(arrives(to), "arrive");
}

static void to_oneself(void)
{
	int fd = server(SOCK_DGRAM, "self");

	CHECK_OK(send_to(fd, "self"), "to oneself");
	CHECK(arrives(fd), "arrives");
}

static void refused(void)
{
	int fd = new_socket(SOCK_DGRAM), gone = server(SOCK_DGRAM, "gone"), stream = server(SOCK_STREAM, "stream"), i;
	struct name a = name("to");

	close(gone);
	CHECK_ERRNO(send_to(fd, "gone"), ECONNREFUSED, "nobody there any more");
	CHECK_ERRNO(send_to(fd, "nothing"), ENOENT, "no such name");
	CHECK_ERRNO(send_to(fd, "stream"), EPROTOTYPE, "a stream");
	CHECK_ERRNO(send_to(fd, "stream/x"), ENOTDIR, "a socket for a directory");
	CHECK_ERRNO(send_to(fd, "."), ECONNREFUSED, "a directory");
	CHECK_ERRNO(send_to(-1, "gone"), EBADF, "no descriptor");
	CHECK_ERRNO(send_to(0, "gone"), ENOTSOCK, "not a socket");
	CHECK_ERRNO(sendto(fd, "x", 1, 0, &a.any, 111), EINVAL, "more than an address");
	CHECK_ERRNO(sendto(fd, "x", 1, 0, &a.any, 2), EINVAL, "no name");
	CHECK_ERRNO(sendto(fd, "x", 1, 0, NULL, 0), ENOTCONN, "no address");

	to_oneself();
	gone = server(SOCK_DGRAM, "full");
	for (i = 0; i < 10000; i++) {
		a = name("full");
		if (sendto(fd, "x", 1, MSG_DONTWAIT, &a.any, a.size) < 0)
			break;
	}
	CHECK(i < 10000 && errno == EAGAIN, "a full queue, without waiting");
	CHECK_ERRNO(sendto(fd, (void *)8, 1, 0, &a.any, a.size), EFAULT, "data that are not there");
	close(stream);
}

static void connected_sockets(void)
{
	int fd = server(SOCK_STREAM, "listens"), ends[2], unconnected = new_socket(SOCK_STREAM);
	int packets = server(SOCK_SEQPACKET, "packets"), client = new_socket(SOCK_SEQPACKET);

	connected(fd, "listens", ends);
	CHECK_ERRNO(send_to(ends[0], "listens"), EISCONN, "a connected stream");
	CHECK_ERRNO(send_to(ends[0], "nothing"), EISCONN, "to whomever");
	CHECK_ERRNO(send_to(unconnected, "nothing"), EOPNOTSUPP, "one that is not");
	NEED(do_connect(client, "packets") == 0);
	CHECK_OK(send_to(client, "nothing"), "a packet socket does not look at the name");
	NEED((fd = accept(packets, NULL, NULL)) >= 0);
	CHECK(arrives(fd), "but at its peer");
	close(ends[1]);
	NEED(close(fd) == 0);
	CHECK_ERRNO(sendto(client, "x", 1, MSG_NOSIGNAL, NULL, 0), EPIPE, "that has gone");
}

static void internet(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t size = sizeof(in);

	NEED(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	NEED(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	CHECK_OK(sendto(from, "x", 1, 0, (struct sockaddr *)&in, sizeof(in)), "an internet address");
	CHECK(recv(fd, (char[4]){0}, 4, 0) == 1, "arrives");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	paths();
	refused();
	connected_sockets();
	internet();
	return check_end();
}
