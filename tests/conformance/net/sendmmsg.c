/* sendmmsg(2): several messages, to several names. */
#include "message.h"

enum { COUNT = 40 };

static struct message messages[COUNT];
static struct mmsghdr vector[COUNT];

static void fill(const char *path)
{
	for (int i = 0; i < COUNT; i++) {
		message_out(&messages[i], "12345678901234567890123456789012345678901234567890");
		messages[i].io.iov_len = (size_t)i + 1;
		if (path != NULL)
			message_to(&messages[i], path);
		vector[i] = (struct mmsghdr){.msg_hdr = messages[i].header, .msg_len = 77};
	}
}

static void rename_message(int i, const char *path)
{
	message_to(&messages[i], path);
	vector[i].msg_hdr = messages[i].header;
}

/* How many arrive in their order of lengths, from `first`. */
static int arrived(int fd, int first)
{
	char buf[128];
	int n = 0;

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) == first + n)
		n++;
	return n;
}

static bool lengths_are_set(int n)
{
	for (int i = 0; i < COUNT; i++)
		if (vector[i].msg_len != (i < n ? (unsigned)i + 1 : 77))
			return false;
	return true;
}

int main(int argc, char **argv)
{
	int fd, to, other, file, pair[2];
	struct message m;

	check_begin(argc, argv);
	fd = new_socket(SOCK_DGRAM);
	to = server(SOCK_DGRAM, "to");
	other = server(SOCK_DGRAM, "other");
	/* net.unix.max_dgram_qlen is 10 on many machines. */
	fill("to");
	CHECK_EQUAL(sendmmsg(fd, vector, 5, 0), 5, "several to a name");
	CHECK(lengths_are_set(5), "their lengths are told");
	CHECK_EQUAL(arrived(to, 1), 5, "they arrive");
	fill("to");
	rename_message(1, "other");
	rename_message(3, below("other"));
	CHECK_EQUAL(sendmmsg(fd, vector, 4, 0), 4, "to two names");
	CHECK(recv(to, m.data, 64, 0) == 1 && recv(to, m.data, 64, 0) == 3, "some arrive here");
	CHECK(recv(other, m.data, 64, 0) == 2 && recv(other, m.data, 64, 0) == 4, "and some there");

	fill("to");
	rename_message(2, "nothing");
	CHECK_EQUAL(sendmmsg(fd, vector, 5, 0), 2, "an error behind two messages");
	CHECK(lengths_are_set(2), "two lengths are told");
	CHECK_EQUAL(arrived(to, 1), 2, "two arrive");
	CHECK_ERRNO(sendmmsg(fd, vector + 2, 3, 0), ENOENT, "an error in front");
	fill("to");
	CHECK(sendmmsg(fd, vector, COUNT, MSG_DONTWAIT) >= 1, "until the queue is full");
	CHECK_ERRNO(sendmmsg(fd, vector, COUNT, MSG_DONTWAIT), EAGAIN, "which it is");
	CHECK_EQUAL(sendmmsg(fd, vector, 0, 0), 0, "none");
	CHECK_ERRNO(sendmmsg(fd, (void *)8, 1, 0), EFAULT, "no messages");
	CHECK_ERRNO(sendmmsg(-1, vector, 1, 0), EBADF, "no descriptor");
	CHECK_ERRNO(sendmmsg(0, vector, 1, 0), ENOTSOCK, "not a socket");

	NEED((file = open("/", O_RDONLY)) >= 0 && socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
	fill(NULL);
	CHECK_EQUAL(sendmmsg(pair[0], vector, 3, 0), 3, "over a connection");
	CHECK_EQUAL(arrived(pair[1], 1), 3, "they arrive");
	fill(NULL);
	message_add(&messages[1], SCM_RIGHTS, &file, sizeof(file));
	vector[1].msg_hdr = messages[1].header;
	CHECK_EQUAL(sendmmsg(pair[0], vector, 2, 0), 2, "one with a descriptor");
	CHECK(message_take(pair[1], &m, 0) == 1 && message_find(&m, SCM_RIGHTS) == NULL, "the first has none");
	CHECK(message_take(pair[1], &m, 0) == 2 && message_find(&m, SCM_RIGHTS) != NULL, "the second has one");
	return check_end();
}
