#include "cli/protocol.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/host.h"

union control {
	struct cmsghdr header;
	char space[CMSG_SPACE(sizeof(int))];
};

int protocol_send(int socket, void *fields, size_t size, const char *const *strings, int fd)
{
	struct protocol_header *header = fields;
	struct iovec io[1 + PROTOCOL_STRINGS_MAX] = {{.iov_base = fields, .iov_len = size}};
	struct msghdr message = {.msg_iov = io, .msg_iovlen = 1};
	union control control = {0};

	header->magic = PROTOCOL_MAGIC;
	header->fixed = (uint16_t)size;
	for (; strings != NULL && *strings != NULL && message.msg_iovlen < ARRAY_SIZE(io); strings++)
		io[message.msg_iovlen++] =
			(struct iovec){.iov_base = (void *)(uintptr_t)*strings, .iov_len = strlen(*strings) + 1};
	if (fd >= 0) {
		control.header = (struct cmsghdr){
			.cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
	}
	while (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

/* Splits what stands behind the fields; what is missing is "". */
static void find_strings(struct protocol_packet *p, size_t at)
{
	p->text[p->size] = '\0';
	for (size_t i = 0; i < PROTOCOL_STRINGS_MAX; i++) {
		p->strings[i] = at < p->size ? p->text + at : "";
		at += strlen(p->strings[i]) + 1;
	}
}

static void understand(struct protocol_packet *p)
{
	struct protocol_header header;
	size_t fixed;

	memset(&p->fields, 0, sizeof(p->fields));
	p->is_protocol = false;
	if (p->size < sizeof(header)) {
		memcpy(&p->fields, p->text, p->size);
		return;
	}
	memcpy(&header, p->text, sizeof(header));
	fixed = header.fixed;
	if (header.magic != PROTOCOL_MAGIC || fixed < sizeof(header) || fixed > p->size)
		return;
	memcpy(&p->fields, p->text, fixed);
	find_strings(p, fixed);
	p->is_protocol = true;
}

ssize_t protocol_receive(int socket, int flags, struct protocol_packet *ret)
{
	struct iovec io = {.iov_base = ret->text, .iov_len = PROTOCOL_PACKET_MAX};
	union control control;
	struct msghdr message = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	ssize_t n;

	ret->fd = -1;
	do
		n = recvmsg(socket, &message, flags | MSG_CMSG_CLOEXEC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return -errno;
	c = CMSG_FIRSTHDR(&message);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&ret->fd, CMSG_DATA(c), sizeof(ret->fd));
	ret->size = (size_t)n;
	understand(ret);
	return n;
}

int protocol_connect(const char *runtime, int seconds)
{
	const struct timeval patience = {.tv_sec = seconds};
	int fd CLEANUP(host_close_at) = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (fd < 0)
		return -errno;
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	if (snprintf(name.sun_path, sizeof(name.sun_path), "%s/ctl", runtime) >= (int)sizeof(name.sun_path))
		return -ENAMETOOLONG;
	if (connect(fd, (struct sockaddr *)&name, sizeof(name)) < 0)
		return errno == ENOENT || errno == ENOTSOCK ? -ECONNREFUSED : -errno;
	return take_fd(&fd);
}

int protocol_ask(int socket, void *request, size_t size, const char *const *strings, int fd,
		 struct protocol_packet *ret)
{
	int r = protocol_send(socket, request, size, strings, fd);
	ssize_t n;

	if (r == -EPIPE || r == -ECONNRESET)
		return -ECONNREFUSED;
	if (r < 0)
		return r;
	n = protocol_receive(socket, 0, ret);
	if (n == 0 || n == -ECONNRESET || n == -EPIPE)
		return -ECONNREFUSED;
	if (n < 0)
		return (int)n;
	return ret->is_protocol && ret->fields.header.kind == PROTOCOL_ANSWER ? 0 : -EPROTO;
}
