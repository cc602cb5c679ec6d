/* Messages with ancillary data. */
#ifndef LX_TESTS_CONFORMANCE_NET_MESSAGE_H
#define LX_TESTS_CONFORMANCE_NET_MESSAGE_H

#include "unix.h"

struct message {
	struct msghdr header;
	struct iovec io;
	char data[64];
	struct name peer;
	union {
		struct cmsghdr first;
		char bytes[4096];
	} control;
};

/* A message of text, without address and ancillary data. */
CHECK_UNUSED static void message_out(struct message *m, const char *text)
{
	memset(m, 0, sizeof(*m));
	memcpy(m->data, text, strlen(text));
	m->io = (struct iovec){m->data, strlen(text)};
	m->header.msg_iov = &m->io;
	m->header.msg_iovlen = 1;
}

CHECK_UNUSED static void message_to(struct message *m, const char *path)
{
	m->peer = name(path);
	m->header.msg_name = &m->peer.any;
	m->header.msg_namelen = m->peer.size;
}

/* Adds ancillary data. */
CHECK_UNUSED static void message_add(struct message *m, int type, const void *data, size_t n)
{
	struct cmsghdr *c = (struct cmsghdr *)(m->control.bytes + m->header.msg_controllen);

	m->header.msg_control = m->control.bytes;
	*c = (struct cmsghdr){.cmsg_len = CMSG_LEN(n), .cmsg_level = SOL_SOCKET, .cmsg_type = type};
	memcpy(CMSG_DATA(c), data, n);
	m->header.msg_controllen += CMSG_SPACE(n);
}

/* Room for a message with everything. */
CHECK_UNUSED static void message_in(struct message *m)
{
	memset(m, 0, sizeof(*m));
	memset(m->peer.bytes, 0x55, sizeof(m->peer.bytes));
	m->io = (struct iovec){m->data, sizeof(m->data)};
	m->header = (struct msghdr){
		.msg_name = &m->peer.any,
		.msg_namelen = sizeof(m->peer.bytes),
		.msg_iov = &m->io,
		.msg_iovlen = 1,
		.msg_control = m->control.bytes,
		.msg_controllen = sizeof(m->control.bytes),
	};
}

/* Receives one; the sender's address is in m->peer. */
CHECK_UNUSED static ssize_t message_take(int fd, struct message *m, int flags)
{
	ssize_t r;

	message_in(m);
	r = recvmsg(fd, &m->header, flags);
	m->peer.size = m->header.msg_namelen;
	return r;
}

/* The first ancillary data of this type, or NULL. */
CHECK_UNUSED static void *message_find(struct message *m, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->header); c != NULL; c = CMSG_NXTHDR(&m->header, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == type)
			return CMSG_DATA(c);
	return NULL;
}

CHECK_UNUSED static void option_on(int fd, int option)
{
	NEED(setsockopt(fd, SOL_SOCKET, option, &(int){1}, sizeof(int)) == 0);
}

#endif
