/* accept(2): who came. */
#include "unix.h"

#include <netinet/in.h>

static int client_of(const char *server_name, const char *own)
{
	int fd = new_socket(SOCK_STREAM);

	if (own != NULL)
		NEED(do_bind(fd, own) == 0);
	NEED(do_connect(fd, server_name) == 0);
	return fd;
}

static void names(void)
{
	int fd = server(SOCK_STREAM, "s"), got;
	struct name a = {.size = sizeof(a.bytes)};

	client_of("s", NULL);
	CHECK_OK(got = accept(fd, &a.any, &a.size), "a client without a name");
	CHECK(a.size == sizeof(sa_family_t) && a.un.sun_family == AF_UNIX, "has an address of a family only");
	close(got);

	client_of("s", "relative");
	a.size = sizeof(a.bytes);
	CHECK_OK(got = accept(fd, &a.any, &a.size), "a client with a relative name");
	CHECK(name_is(&a, "relative"), "is told by it");
	CHECK(own_name_is(got, "s"), "and the socket has the server's");
	close(got);

	client_of("s", below("absolute"));
	a.size = sizeof(a.bytes);
	CHECK_OK(got = accept(fd, &a.any, &a.size), "a client with an absolute name");
	CHECK(name_is(&a, below("absolute")), "is told by it");
	close(got);

	client_of("s", "short");
	memset(a.bytes, 0x55, sizeof(a.bytes));
	a.size = 4;
	CHECK_OK(got = accept(fd, &a.any, &a.size), "into less room");
	CHECK(a.size == PATH_AT + 6 && memcmp(a.bytes, "\1\0sh\x55", 5) == 0, "its name is cut and the length told");
	close(got);

	client_of("s", "quiet");
	CHECK_OK(got = accept(fd, NULL, NULL), "nobody asks for the name");
	close(got);
	client_of("s", NULL);
	a.size = 77;
	CHECK_OK(got = accept(fd, NULL, &a.size), "no room but a length");
	CHECK_EQUAL(a.size, 77, "which stays");
	close(got);
	close(fd);
}

static void descriptor(void)
{
	int fd = server(SOCK_STREAM, "d"), client = client_of("d", NULL), got;
	struct name a = {.size = sizeof(a.bytes)};
	char buf[4];

	NEED(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
	CHECK_OK(got = accept(fd, &a.any, &a.size), "a socket that does not wait, with somebody there");
	CHECK_EQUAL(fcntl(got, F_GETFD), 0, "the new one is not closed by exec");
	CHECK_EQUAL(fcntl(got, F_GETFL) & O_NONBLOCK, 0, "and waits");
	CHECK(write(client, "yes", 3) == 3 && read(got, buf, sizeof(buf)) == 3, "bytes go through");
	CHECK_ERRNO(accept(fd, &a.any, &a.size), EAGAIN, "with nobody there");
	close(client);
	client_of("d", NULL);
	a.size = sizeof(a.bytes);
	NEED((client = open("/", O_RDONLY)) >= 0);
	close(client);
	CHECK_ERRNO(accept(fd, &a.any, NULL), EFAULT, "no place for the length");
	CHECK_EQUAL(open("/", O_RDONLY), client, "leaves no descriptor");
	close(client);
	a.size = (socklen_t)-1;
	client_of("d", NULL);
	CHECK_ERRNO(accept(fd, &a.any, &a.size), EINVAL, "a negative length");
	client_of("d", NULL);
	a.size = sizeof(a.bytes);
	CHECK_ERRNO(accept(fd, (struct sockaddr *)8, &a.size), EFAULT, "no place for the name");
	CHECK_EQUAL(open("/", O_RDONLY), client + 2, "leaves none either, but for the clients");
	close(fd);
}

static void errors(void)
{
	struct name a = {.size = sizeof(a.bytes)};
	int fd = new_socket(SOCK_STREAM);

	CHECK_ERRNO(accept(fd, &a.any, &a.size), EINVAL, "a socket that does not listen");
	CHECK_ERRNO(accept(-1, &a.any, &a.size), EBADF, "no descriptor");
	CHECK_ERRNO(accept(0, &a.any, &a.size), ENOTSOCK, "not a socket");
	CHECK_ERRNO(accept(new_socket(SOCK_DGRAM), &a.any, &a.size), EOPNOTSUPP, "a datagram socket");
	close(fd);
}

static void internet(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, from, own;
	socklen_t size = sizeof(in);
	int fd = socket(AF_INET, SOCK_STREAM, 0), client = socket(AF_INET, SOCK_STREAM, 0);

	NEED(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0 && listen(fd, 1) == 0);
	NEED(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	NEED(connect(client, (struct sockaddr *)&in, sizeof(in)) == 0);
	size = sizeof(from);
	CHECK_OK(accept(fd, (struct sockaddr *)&from, &size), "an internet client");
	NEED(getsockname(client, (struct sockaddr *)&own, &(socklen_t){sizeof(own)}) == 0);
	CHECK(size == sizeof(from) && from.sin_port == own.sin_port && from.sin_addr.s_addr == own.sin_addr.s_addr,
	      "comes from its address");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	names();
	descriptor();
	errors();
	internet();
	return check_end();
}
