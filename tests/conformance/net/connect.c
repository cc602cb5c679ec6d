/* connect(2) to a path. */
#include "unix.h"

static int result_of_connect(int type, const char *path)
{
	int fd = new_socket(type), r = do_connect(fd, path), e = errno;

	close(fd);
	errno = e;
	return r;
}

static void finds(void)
{
	int fd;

	NEED(mkdir("d", 0755) == 0);
	fd = server(SOCK_STREAM, "d/s");
	NEED(symlink("d/s", "link") == 0 && symlink("d", "dir") == 0 && symlink(below("link"), "far") == 0);
	NEED(link("d/s", "hard") == 0);
	CHECK_OK(result_of_connect(SOCK_STREAM, "d/s"), "by its name");
	CHECK_OK(result_of_connect(SOCK_STREAM, "link"), "by a link");
	CHECK_OK(result_of_connect(SOCK_STREAM, "far"), "by an absolute link");
	CHECK_OK(result_of_connect(SOCK_STREAM, "dir/../d/./s"), "by a way around");
	CHECK_OK(result_of_connect(SOCK_STREAM, "hard"), "by a hard link");
	close(fd);
	fd = server(SOCK_STREAM, "moved");
	NEED(rename("moved", "d/there") == 0);
	CHECK_OK(result_of_connect(SOCK_STREAM, "d/there"), "after a rename");
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "moved"), ENOENT, "not by the old name");
	CHECK(own_name_is(fd, "moved"), "which it keeps for itself");
	NEED(rename("d", "e") == 0);
	CHECK_OK(result_of_connect(SOCK_STREAM, "e/there"), "after a rename of the directory");
	NEED(rename("e", "d") == 0);
	close(fd);
}

static void from_elsewhere(void)
{
	int fd, client;

	NEED(mkdir("here", 0755) == 0 && chdir("here") == 0);
	fd = server(SOCK_STREAM, "s");
	NEED(chdir("..") == 0);
	client = new_socket(SOCK_STREAM);
	CHECK_ERRNO(do_connect(client, "s"), ENOENT, "a relative name from another directory");
	CHECK_OK(do_connect(client, "here/s"), "the way there");
	CHECK(peer_name_is(client, "s"), "the peer has the name that it was bound to");
	close(client);
	client = new_socket(SOCK_STREAM);
	CHECK_OK(do_connect(client, below("here/s")), "the absolute way");
	CHECK(peer_name_is(client, "s"), "the peer's name is the same");
	close(client);
	close(fd);
}

static void refused(void)
{
	int fd = server(SOCK_STREAM, "gone"), stream = server(SOCK_STREAM, "stream"),
	    datagram = server(SOCK_DGRAM, "datagram");
	int again = new_socket(SOCK_STREAM), full, i;
	struct name a = name("stream");

	close(fd);
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "gone"), ECONNREFUSED, "nobody there any more");
	NEED(unlink("gone") == 0);
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "gone"), ENOENT, "no such name");
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "stream/x"), ENOTDIR, "a socket for a directory");
	check_write_file("file", "");
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "file"), ECONNREFUSED, "a file");
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "."), ECONNREFUSED, "a directory");
	NEED(symlink("nothing", "dangling") == 0 && symlink("loop", "loop") == 0);
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "dangling"), ENOENT, "a link that leads nowhere");
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "loop"), ELOOP, "a link to itself");
	CHECK_ERRNO(result_of_connect(SOCK_DGRAM, "stream"), EPROTOTYPE, "a datagram socket to a stream");
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "datagram"), EPROTOTYPE, "a stream to a datagram socket");
	CHECK_ERRNO(result_of_connect(SOCK_SEQPACKET, "stream"), EPROTOTYPE, "packets to a stream");

	NEED(do_connect(again, "stream") == 0);
	CHECK_ERRNO(do_connect(again, "stream"), EISCONN, "twice");
	CHECK_ERRNO(connect(-1, &a.any, a.size), EBADF, "no descriptor");
	CHECK_ERRNO(connect(0, &a.any, a.size), ENOTSOCK, "not a socket");
	fd = new_socket(SOCK_STREAM);
	CHECK_ERRNO(connect(fd, NULL, a.size), EFAULT, "no address");
	CHECK_ERRNO(connect(fd, &a.any, 2), EINVAL, "no name");
	CHECK_ERRNO(connect(fd, &a.any, 111), EINVAL, "more than an address");
	a.un.sun_family = AF_INET;
	CHECK_ERRNO(connect(fd, &a.any, a.size), EINVAL, "another family");
	close(fd);

	fd = new_socket(SOCK_STREAM);
	NEED(do_bind(fd, "deaf") == 0);
	CHECK_ERRNO(result_of_connect(SOCK_STREAM, "deaf"), ECONNREFUSED, "a socket that does not listen");
	NEED(listen(fd, 0) == 0);
	for (i = 0; i < 10; i++) {
		full = new_socket(SOCK_STREAM | SOCK_NONBLOCK);
		if (do_connect(full, "deaf") < 0)
			break;
	}
	CHECK(i < 10 && errno == EAGAIN, "a full queue, without waiting");
	close(fd);
	close(stream);
	close(datagram);
}

static void datagrams(void)
{
	int fd = server(SOCK_DGRAM, "dgram"), other = server(SOCK_DGRAM, "other"),
	    client = server(SOCK_DGRAM, "client");
	char buf[8];

	CHECK_OK(do_connect(client, "dgram"), "a datagram socket is connected");
	CHECK(peer_name_is(client, "dgram"), "and knows to whom");
	CHECK(send(client, "1", 1, 0) == 1 && recv(fd, buf, sizeof(buf), 0) == 1, "which gets what is sent");
	CHECK_OK(do_connect(client, "other"), "connected to another");
	CHECK(send(client, "2", 1, 0) == 1 && recv(other, buf, sizeof(buf), 0) == 1, "which gets it now");
	CHECK_OK(connect(client, &(struct sockaddr){.sa_family = AF_UNSPEC}, sizeof(struct sockaddr)), "to nobody");
	CHECK_ERRNO(send(client, "3", 1, 0), ENOTCONN, "who gets nothing");
	close(fd);
	CHECK_ERRNO(do_connect(client, "dgram"), ECONNREFUSED, "to one that is gone");
	close(client);
	close(other);
}

static void abstract(void)
{
	struct name a = name_of("\0conformance connect", 20);
	int fd = new_socket(SOCK_STREAM), client = new_socket(SOCK_STREAM);
	struct name b = {.size = sizeof(b.bytes)};

	CHECK_ERRNO(connect(client, &a.any, a.size), ECONNREFUSED, "an abstract name that nobody has");
	NEED(bind(fd, &a.any, a.size) == 0 && listen(fd, 1) == 0);
	CHECK_OK(connect(client, &a.any, a.size), "one that somebody has");
	CHECK(getpeername(client, &b.any, &b.size) == 0 && b.size == a.size && memcmp(a.bytes, b.bytes, a.size) == 0,
	      "it is the peer's");
	CHECK_ERRNO(connect(new_socket(SOCK_STREAM), &a.any, a.size - 1), ECONNREFUSED, "every byte counts");
	close(fd);
	close(client);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	finds();
	from_elsewhere();
	refused();
	datagrams();
	abstract();
	return check_end();
}
