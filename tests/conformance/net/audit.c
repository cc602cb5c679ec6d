/* conformance: calls socket */
/* NETLINK_AUDIT: a kernel has no auditing, or root may write to its log. Login programs want the one or the other. */
#include "../check.h"

#include <linux/audit.h>
#include <linux/netlink.h>
#include <sys/socket.h>

/* Sends a user's message; the error that the kernel acknowledges it with. */
static int write_log(int fd)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	struct {
		struct nlmsghdr header;
		char text[32];
	} message = {
		.header = {.nlmsg_len = sizeof(message),
			   .nlmsg_type = AUDIT_USER,
			   .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
			   .nlmsg_seq = 1},
		.text = "op=check",
	};
	struct {
		struct nlmsghdr header;
		struct nlmsgerr error;
		char rest[512];
	} answer;
	struct timeval limit = {.tv_sec = 5};

	NEED(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) == 0);
	if (sendto(fd, &message, sizeof(message), 0, (const struct sockaddr *)&kernel, sizeof(kernel)) < 0)
		return errno;
	NEED(recv(fd, &answer, sizeof(answer), 0) > 0);
	return answer.header.nlmsg_type == NLMSG_ERROR ? -answer.error.error : 0;
}

int main(int argc, char **argv)
{
	int fd, e;

	check_begin(argc, argv);
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT);
	e = errno;
	CHECK(fd >= 0 || e == EPROTONOSUPPORT, "an audit socket, or there is no such protocol");
	/* ECONNREFUSED: the kernel's way to say to other namespaces that they have no auditing. */
	e = fd < 0 ? 0 : write_log(fd);
	CHECK(e == 0 || e == ECONNREFUSED, "who has one may write to the log");
	CHECK_ERRNO(socket(AF_NETLINK, SOCK_STREAM, NETLINK_AUDIT), ESOCKTNOSUPPORT, "not as a stream");
	fd = (int)CHECK_OK(socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE), "other protocols are there");
	close(fd);
	return check_end();
}
