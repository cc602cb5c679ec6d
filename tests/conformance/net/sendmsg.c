/* sendmsg(2): addresses and descriptors. */
#include "message.h"

#include <netinet/in.h>
#include <sys/uio.h>

static void addresses(void)
{
	int fd = new_socket(SOCK_DGRAM), to = server(SOCK_DGRAM, "to");
	struct message m;
	char buf[16];

	message_out(&m, "hello");
	message_to(&m, "to");
	CHECK_EQUAL(sendmsg(fd, &m.header, 0), 5, "to a name");
	CHECK_EQUAL(recv(to, buf, sizeof(buf), 0), 5, "arrives");
	NEED(symlink("to", "link") == 0);
	message_to(&m, below("link"));
	CHECK_EQUAL(sendmsg(fd, &m.header, 0), 5, "to an absolute link");
	CHECK_EQUAL(recv(to, buf, sizeof(buf), 0), 5, "arrives");
	message_to(&m, "nothing");
	CHECK_ERRNO(sendmsg(fd, &m.header, 0), ENOENT, "to no such name");
	m.header.msg_namelen = 111;
	CHECK_ERRNO(sendmsg(fd, &m.header, 0), EINVAL, "to more than an address");
	m.header.msg_name = NULL;
	CHECK_ERRNO(sendmsg(fd, &m.header, 0), ENOTCONN, "to nobody");
	NEED(do_connect(fd, "to") == 0);
	CHECK_EQUAL(sendmsg(fd, &m.header, 0), 5, "over a connection");
	CHECK_EQUAL(recv(to, buf, sizeof(buf), 0), 5, "arrives");
	m.header.msg_iovlen = 2;
	CHECK_ERRNO(sendmsg(fd, (void *)8, 0), EFAULT, "no message");
	m.header.msg_iovlen = 5000;
	CHECK_ERRNO(sendmsg(fd, &m.header, 0), EMSGSIZE, "too many pieces");
	CHECK_ERRNO(sendmsg(-1, &m.header, 0), EBADF, "no descriptor");
	CHECK_ERRNO(sendmsg(0, &m.header, 0), ENOTSOCK, "not a socket");
	close(fd);
	close(to);
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && check_same(&x, &y);
}

static void descriptors(void)
{
	int pair[2], file, *got, many[254];
	struct message m;

	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	check_write_file("file", "content");
	NEED((file = open("file", O_RDONLY)) >= 0);
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, &file, sizeof(file));
	CHECK_EQUAL(sendmsg(pair[0], &m.header, 0), 1, "a descriptor");
	CHECK_EQUAL(message_take(pair[1], &m, MSG_CMSG_CLOEXEC), 1, "arrives");
	CHECK((got = message_find(&m, SCM_RIGHTS)) != NULL, "with the message");
	CHECK(got != NULL && *got != file && same_file(*got, file), "as the same file");
	CHECK(got != NULL && fcntl(*got, F_GETFD) == FD_CLOEXEC, "closed by exec");
	close(*got);

	for (size_t i = 0; i < 254; i++)
		many[i] = file;
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, many, 253 * sizeof(int));
	CHECK_EQUAL(sendmsg(pair[0], &m.header, 0), 1, "253 descriptors");
	CHECK_EQUAL(message_take(pair[1], &m, 0), 1, "arrive");
	CHECK((got = message_find(&m, SCM_RIGHTS)) != NULL && m.control.first.cmsg_len == CMSG_LEN(253 * sizeof(int)),
	      "all of them");
	for (size_t i = 0; i < 253; i++)
		close(got[i]);
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, many, 254 * sizeof(int));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EINVAL, "254 descriptors");

	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, &(int){-1}, sizeof(int));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EBADF, "a descriptor that is not open");
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, (int[]){file, 900}, 2 * sizeof(int));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EBADF, "one of two");
	message_out(&m, "x");
	message_add(&m, 77, &file, sizeof(file));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EINVAL, "ancillary data of another type");
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, &file, sizeof(file));
	m.control.first.cmsg_len = 4000;
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EINVAL, "longer than they are");
	m.control.first.cmsg_len = 3;
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EINVAL, "shorter than their header");
	m.header.msg_control = (void *)8;
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EFAULT, "or not there");
}

/* A directory's descriptor is still a place in the tree for who receives it. */
static void directory(void)
{
	int pair[2], dir, *got, status;
	struct message m;
	pid_t pid;

	NEED(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0 && mkdir("d", 0755) == 0);
	check_write_file("d/f", "x");
	fflush(stdout);
	NEED((pid = fork()) >= 0);
	if (pid == 0) {
		char buf[PATH_MAX];

		NEED(chdir("/") == 0 && message_take(pair[1], &m, 0) == 1);
		got = message_find(&m, SCM_RIGHTS);
		_exit(got != NULL && faccessat(*got, "f", R_OK, 0) == 0 && fchdir(*got) == 0 &&
				      getcwd(buf, sizeof(buf)) != NULL && strcmp(buf, below("d")) == 0
			      ? 0
			      : 1);
	}
	NEED((dir = open("d", O_RDONLY | O_DIRECTORY)) >= 0);
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, &dir, sizeof(dir));
	CHECK_EQUAL(sendmsg(pair[0], &m.header, 0), 1, "a directory");
	NEED(waitpid(pid, &status, 0) == pid);
	CHECK_EQUAL(status, 0, "is one for another process too");
}

static void sockets(void)
{
	int pair[2], passed = server(SOCK_STREAM, "passed"), *got;
	struct message m;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, &passed, sizeof(passed));
	CHECK_EQUAL(sendmsg(pair[0], &m.header, 0), 1, "a socket");
	NEED(message_take(pair[1], &m, 0) == 1 && (got = message_find(&m, SCM_RIGHTS)) != NULL);
	CHECK(own_name_is(*got, "passed"), "keeps its name");
}

static void internet(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), from = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t size = sizeof(in);
	struct message m;
	char buf[16];

	NEED(bind(fd, (struct sockaddr *)&in, sizeof(in)) == 0);
	NEED(getsockname(fd, (struct sockaddr *)&in, &size) == 0);
	message_out(&m, "hello");
	m.header.msg_name = &in;
	m.header.msg_namelen = sizeof(in);
	CHECK_EQUAL(sendmsg(from, &m.header, 0), 5, "to an internet address");
	CHECK_EQUAL(recv(fd, buf, sizeof(buf), 0), 5, "arrives");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	addresses();
	descriptors();
	directory();
	sockets();
	internet();
	return check_end();
}
