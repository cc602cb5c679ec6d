/* getpeername(2): who the other end is. */
#include "unix.h"

#include <netinet/in.h>

static void streams(void)
{
	int fd = server(SOCK_STREAM, below("server")), ends[2];
	struct name a = {.size = sizeof(a.bytes)};
	char path[PATH_MAX + 128];

	snprintf(path, sizeof(path), "%s", below("server"));
	connected(fd, path, ends);
	CHECK(peer_name_is(ends[0], path), "a client's peer is the server's name");
	CHECK_OK(getpeername(ends[1], &a.any, &a.size), "a server's peer");
	CHECK(a.size == sizeof(sa_family_t) && a.un.sun_family == AF_UNIX, "has no name");
	close(ends[0]);
	a.size = sizeof(a.bytes);
	CHECK_OK(getpeername(ends[1], &a.any, &a.size), "even when it has gone");
	close(ends[1]);

	ends[0] = new_socket(SOCK_STREAM);
	NEED(do_bind(ends[0], "client") == 0 && do_connect(ends[0], path) == 0);
	NEED((ends[1] = accept(fd, NULL, NULL)) >= 0);
	CHECK(peer_name_is(ends[1], "client"), "a client with a name");
	NEED(unlink("client") == 0);
	CHECK(peer_name_is(ends[1], "client"), "keeps it");
	a.size = 5;
	memset(a.bytes, 0x55, sizeof(a.bytes));
	CHECK_OK(getpeername(ends[1], &a.any, &a.size), "into less room");
	CHECK(a.size == PATH_AT + 7 && memcmp(a.bytes, "\1\0cli\x55", 6) == 0, "is cut, and its length told");
	close(ends[0]);
	close(ends[1]);
	close(fd);
}

static void errors(void)
{
	int fd = server(SOCK_STREAM, "errors"), ends[2];
	struct name a = {.size = sizeof(a.bytes)};

	CHECK_ERRNO(getpeername(fd, &a.any, &a.size), ENOTCONN, "a listening socket");
	CHECK_ERRNO(getpeername(new_socket(SOCK_STREAM), &a.any, &a.size), ENOTCONN, "a new socket");
	CHECK_ERRNO(getpeername(new_socket(SOCK_STREAM), &a.any, NULL), ENOTCONN, "before anything else");
	connected(fd, "errors", ends);
	CHECK_ERRNO(getpeername(ends[0], &a.any, NULL), EFAULT, "no length");
	CHECK_ERRNO(getpeername(ends[0], NULL, &a.size), EFAULT, "no room");
	a.size = (socklen_t)-1;
	CHECK_ERRNO(getpeername(ends[0], &a.any, &a.size), EINVAL, "a negative length");
	CHECK_ERRNO(getpeername(-1, &a.any, &a.size), EBADF, "no descriptor");
	CHECK_ERRNO(getpeername(0, &a.any, &a.size), ENOTSOCK, "not a socket");
}

static void internet(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, got;
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	NEED(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(fd, 1) == 0);
	NEED(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	CHECK_OK(connect(client, (struct sockaddr *)&in, sizeof(in)), "an internet client");
	size = sizeof(got);
	CHECK_OK(getpeername(client, (struct sockaddr *)&got, &size), "has a peer");
	CHECK(got.sin_port == in.sin_port && got.sin_addr.s_addr == in.sin_addr.s_addr, "at the server's address");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	streams();
	errors();
	internet();
	return check_end();
}
