/* Connections, and what becomes of them when a program has begun: the listener of its filter. */
#include <errno.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "cli/protocol.h"
#include "cli/supervisor_state.h"
#include "cli/trace.h"

void member_add(struct supervisor *s, enum member_kind kind, int fd, pid_t pid)
{
	if (s->count == s->room) {
		size_t room = s->room * 2 + 16;

		s->members = reallocarray(s->members, room, sizeof(*s->members));
		if (s->members == NULL)
			abort();
		s->room = room;
	}
	s->members[s->count++] = (struct member){.kind = kind, .fd = fd, .pid = pid};
}

void member_accept(struct supervisor *s)
{
	for (;;) {
		int fd = accept4(s->ctl, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		struct ucred peer = {.pid = 0};
		socklen_t size = sizeof(peer);

		if (fd < 0 && errno == EINTR)
			continue;
		if (fd < 0)
			return;
		/* A pid of 0: a process that this one cannot see, nor tell from others. */
		if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) < 0 || peer.uid != geteuid() || peer.pid <= 0)
			close(fd);
		else
			member_add(s, MEMBER_CONNECTION, fd, peer.pid);
	}
}

/* The resident has installed the filter. Without a listener its processes are found by looking. */
static bool begin(struct supervisor *s, struct member *m, int listener)
{
	close(m->fd);
	m->fd = listener;
	m->kind = MEMBER_LISTENER;
	if (listener >= 0 && s->in->gate == INSTANCE_GATE_NOTIFY && join_notify(s, listener) < 0) {
		close(listener);
		return false;
	}
	return listener >= 0;
}

static bool serve_connection(struct supervisor *s, struct member *m)
{
	static struct protocol_packet p;
	ssize_t n = protocol_receive(m->fd, MSG_DONTWAIT, &p);

	if (n == -EAGAIN)
		return true;
	if (n <= 0) {
		close(m->fd);
		return false;
	}
	if (!p.is_protocol)
		return begin(s, m, p.fd);
	join_serve(s, m, &p);
	if (p.fd >= 0)
		close(p.fd);
	return true;
}

/* A call of the reserved number. */
static void serve_call(struct supervisor *s, int listener)
{
	struct seccomp_notif n = {0};

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) == 0)
		instance_calls_notified(&s->calls, listener, &n);
}

bool member_serve(struct supervisor *s, struct member *m, short events)
{
	if (m->kind == MEMBER_CONNECTION)
		return serve_connection(s, m);
	if ((events & POLLIN) != 0) {
		serve_call(s, m->fd);
		return true;
	}
	/* It hangs up when the last process with the filter is gone. */
	if (m->traced)
		trace_finish(s->in);
	close(m->fd);
	return false;
}
