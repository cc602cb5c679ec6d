/* What children say to the loop: packets on a socket pair, a descriptor with them where it belongs. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "vm-backend/agent/agent.h"

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

void report_send(int socket, enum report_kind kind, int number, int fd, const char *format, ...)
{
	struct report r = {.kind = kind, .number = number};
	struct iovec part = {&r, sizeof(r)};
	union control control = {{0}};
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(r.text, sizeof(r.text), format, ap);
	va_end(ap);
	if (fd >= 0) {
		control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
		m.msg_control = control.bytes;
		m.msg_controllen = sizeof(control.bytes);
	}
	(void)!sendmsg(socket, &m, MSG_NOSIGNAL);
}

int report_take(int socket, struct report *ret, int *ret_fd)
{
	struct iovec part = {ret, sizeof(*ret)};
	union control control = {{0}};
	struct msghdr m = {.msg_iov = &part,
			   .msg_iovlen = 1,
			   .msg_control = control.bytes,
			   .msg_controllen = sizeof(control.bytes)};
	ssize_t n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	*ret_fd = -1;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n != sizeof(*ret))
		return -EPIPE;
	ret->text[sizeof(ret->text) - 1] = '\0';
	if (m.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS)
		memcpy(ret_fd, CMSG_DATA(&control.header), sizeof(int));
	return 1;
}
