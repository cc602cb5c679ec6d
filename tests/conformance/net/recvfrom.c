/* recvfrom(2): who sent it, and the answer to that address. */
#include "unix.h"

#include <netinet/in.h>

static int fd;

static void send_as(const char *own)
{
	int from = new_socket(SOCK_DGRAM);
	struct name a = name("to");

	if (own != NULL)
		NEED(do_bind(from, own) == 0);
	NEED(sendto(from, "hello", 5, 0, &a.any, a.size) == 5);
	close(from);
}

static ssize_t take(struct name *a, socklen_t room)
{
	char buf[16];

	memset(a->bytes, 0x55, sizeof(a->bytes));
	a->size = room;
	return recvfrom(fd, buf, sizeof(buf), MSG_DONTWAIT, &a->any, &a->size);
}

static void senders(void)
{
	char long_name[109];
	struct name a;

	send_as(NULL);
	CHECK_EQUAL(take(&a, 200), 5, "from nobody");
	CHECK_EQUAL(a.size, 0, "there is no address");
	send_as("relative");
	CHECK_EQUAL(take(&a, 200), 5, "from a relative name");
	CHECK(name_is(&a, "relative"), "it is told");
	send_as(below("absolute"));
	CHECK_EQUAL(take(&a, 200), 5, "from an absolute name");
	CHECK(name_is(&a, below("absolute")), "it is told");
	NEED(symlink(check_directory, "here") == 0);
	send_as("here/linked");
	CHECK_EQUAL(take(&a, 200), 5, "from a name through a link");
	CHECK(name_is(&a, "here/linked"), "it is told as it was given");
	memset(long_name, 'l', 108);
	long_name[108] = '\0';
	send_as(long_name);
	CHECK_EQUAL(take(&a, 200), 5, "from a name of 108 bytes");
	CHECK(name_is(&a, long_name), "it is told");

	send_as("cut");
	CHECK_EQUAL(take(&a, 4), 5, "into room for two bytes of the name");
	CHECK(a.size == PATH_AT + 4 && memcmp(a.bytes, "\1\0cu\x55", 5) == 0, "it is cut, and its length told");
}

static void answers(void)
{
	int client = server(SOCK_DGRAM, "client");
	struct name a = name("to");
	char buf[16];

	NEED(sendto(client, "hello", 5, 0, &a.any, a.size) == 5);
	NEED(take(&a, 200) == 5);
	CHECK_EQUAL(sendto(fd, "answer", 6, 0, &a.any, a.size), 6, "to the address that it came from");
	a.size = sizeof(a.bytes);
	CHECK_EQUAL(recvfrom(client, buf, sizeof(buf), 0, &a.any, &a.size), 6, "the answer arrives");
	CHECK(name_is(&a, "to"), "from the address that it went to");
	close(client);
}

static void errors(void)
{
	char buf[16];
	struct name a;

	CHECK_ERRNO(take(&a, 200), EAGAIN, "nothing there");
	send_as("errors");
	CHECK_ERRNO(take(&a, (socklen_t)-1), EINVAL, "a negative length");
	CHECK_ERRNO(take(&a, 200), EAGAIN, "has taken the message");
	NEED(unlink("errors") == 0);
	send_as("errors");
	CHECK_ERRNO(recvfrom(fd, buf, sizeof(buf), 0, &a.any, NULL), EFAULT, "no length");
	NEED(unlink("errors") == 0);
	send_as("errors");
	a.size = 100;
	CHECK_ERRNO(recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)8, &a.size), EFAULT, "no room");
	NEED(unlink("errors") == 0);
	send_as("errors");
	CHECK_EQUAL(recvfrom(fd, buf, sizeof(buf), MSG_PEEK, NULL, &a.size), 5,
		    "a length without room is not looked at");
	CHECK_ERRNO(recvfrom(fd, (void *)8, 5, 0, &a.any, &a.size), EFAULT, "no place for the data");
	a.size = sizeof(a.bytes);
	CHECK_ERRNO(recvfrom(-1, buf, sizeof(buf), 0, &a.any, &a.size), EBADF, "no descriptor");
	CHECK_ERRNO(recvfrom(0, buf, sizeof(buf), 0, &a.any, &a.size), ENOTSOCK, "not a socket");
}

static void streams(void)
{
	int listener = server(SOCK_STREAM, "listener"), ends[2];
	struct name a = {.size = sizeof(a.bytes)};
	char buf[16];

	connected(listener, "listener", ends);
	NEED(write(ends[1], "x", 1) == 1 && write(ends[0], "y", 1) == 1);
	CHECK_EQUAL(recvfrom(ends[0], buf, sizeof(buf), 0, &a.any, &a.size), 1, "a stream from a server");
	CHECK(name_is(&a, "listener"), "has its name");
	a.size = sizeof(a.bytes);
	CHECK_EQUAL(recvfrom(ends[1], buf, sizeof(buf), 0, &a.any, &a.size), 1, "from a client");
	CHECK_EQUAL(a.size, 0, "has none");
}

static void internet(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, own, from_address;
	int to = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t size = sizeof(in);
	char buf[4];

	NEED(bind(to, (struct sockaddr *)&in, sizeof(in)) == 0);
	NEED(getsockname(to, (struct sockaddr *)&in, &size) == 0);
	NEED(connect(from, (struct sockaddr *)&in, sizeof(in)) == 0 && send(from, "x", 1, 0) == 1);
	NEED(getsockname(from, (struct sockaddr *)&own, &size) == 0);
	size = sizeof(from_address);
	CHECK_EQUAL(recvfrom(to, buf, sizeof(buf), 0, (struct sockaddr *)&from_address, &size), 1, "by internet");
	CHECK(size == sizeof(own) && memcmp(&own, &from_address, 8) == 0, "from an address and port");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	fd = server(SOCK_DGRAM, "to");
	senders();
	answers();
	errors();
	streams();
	internet();
	return check_end();
}
