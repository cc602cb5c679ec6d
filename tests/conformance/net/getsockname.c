/* getsockname(2): the value-result length, and sockets of all kinds. */
#include "unix.h"

#include <netinet/in.h>

static void lengths(void)
{
	int fd = server(SOCK_STREAM, "name");
	struct name a;
	size_t right = 0;

	for (socklen_t room = 0; room <= 20; room++) {
		socklen_t want = room < PATH_AT + 5 ? room : PATH_AT + 5;

		memset(&a, 0x55, sizeof(a));
		a.size = room;
		right += getsockname(fd, &a.any, &a.size) == 0 && a.size == PATH_AT + 5 &&
			 memcmp(a.bytes, "\1\0name\0", want) == 0 && a.bytes[want] == 0x55;
	}
	CHECK_EQUAL(right, 21, "cut to each length, the whole one told");
	a.size = (socklen_t)-1;
	CHECK_ERRNO(getsockname(fd, &a.any, &a.size), EINVAL, "a negative length");
	CHECK_EQUAL(a.size, (socklen_t)-1, "stays");
	a.size = sizeof(a.bytes);
	CHECK_ERRNO(getsockname(fd, &a.any, NULL), EFAULT, "no length");
	CHECK_ERRNO(getsockname(fd, NULL, &a.size), EFAULT, "no room");
	a.size = 0;
	CHECK_OK(getsockname(fd, NULL, &a.size), "no room for nothing");
	CHECK_EQUAL(a.size, PATH_AT + 5, "tells the length");
	CHECK_ERRNO(getsockname(-1, &a.any, &a.size), EBADF, "no descriptor");
	CHECK_ERRNO(getsockname(0, &a.any, &a.size), ENOTSOCK, "not a socket");
	close(fd);
}

static void whose(void)
{
	int fd = server(SOCK_STREAM, "server"), pair[2], ends[2];
	struct name a = {.size = sizeof(a.bytes)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)}, got;
	socklen_t size = sizeof(got);

	connected(fd, "server", ends);
	CHECK(own_name_is(ends[1], "server"), "an accepted socket has its server's name");
	CHECK_OK(getsockname(ends[0], &a.any, &a.size), "a client");
	CHECK_EQUAL(a.size, sizeof(sa_family_t), "has none");
	NEED(unlink("server") == 0);
	CHECK(own_name_is(fd, "server"), "a name stays when its file is gone");
	CHECK(own_name_is(ends[1], "server"), "for accepted sockets too");

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	a.size = sizeof(a.bytes);
	CHECK_OK(getsockname(pair[0], &a.any, &a.size), "one of a pair");
	CHECK_EQUAL(a.size, sizeof(sa_family_t), "has none either");
	CHECK_OK(do_bind(pair[0], "pair"), "until it is bound");
	CHECK(own_name_is(pair[0], "pair") && peer_name_is(pair[1], "pair"), "which both ends see");

	NEED((fd = socket(AF_INET, SOCK_STREAM, 0)) >= 0 && bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	CHECK_OK(getsockname(fd, (struct sockaddr *)&got, &size), "an internet socket");
	CHECK(size == sizeof(got) && got.sin_family == AF_INET && got.sin_addr.s_addr == in.sin_addr.s_addr &&
		      got.sin_port != 0,
	      "has its address and port");
}

static void across_processes(void)
{
	char long_name[109];
	int fd, status;
	pid_t pid;

	memset(long_name, 'l', 108);
	long_name[108] = '\0';
	fd = server(SOCK_STREAM, long_name);
	NEED(fcntl(fd, F_SETFD, 0) == 0);
	fflush(stdout);
	pid = fork();
	NEED(pid >= 0);
	if (pid == 0)
		_exit(own_name_is(fd, long_name) ? 0 : 1);
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, "a child sees the name of an inherited socket");
	NEED(chdir("/") == 0);
	CHECK(own_name_is(fd, long_name), "so does its maker from another directory");
	NEED(chdir(check_directory) == 0);
	close(fd);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	lengths();
	whose();
	across_processes();
	return check_end();
}
