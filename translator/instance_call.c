/*
 * A call on the supervisor, by whichever way there is. Everything is masked meanwhile; what still ends the wait is a stop of the
 * whole process, and then the kernel or the loop below makes the same call again, with the same id.
 */
#include <errno.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/host.h"
#include "base/instance_call.h"
#include "base/str.h"
#include "translator/state.h"

/* How often a connection may break down: the supervisor closes none that it serves, unless it ends. */
#define ATTEMPTS 2

static long by_notification(const struct instance_call *call)
{
	return host_call(INSTANCE_CALL_NR, call->id, call->kind, call->arg[0], call->arg[1], call->arg[2], call->key);
}

static int connect_to_supervisor(void)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};
	int fd CLEANUP(host_close_at) = (int)host_call(SYS_socket, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	long r;

	if (fd < 0)
		return fd;
	if (str_format(name.sun_path, sizeof(name.sun_path), "%s/ctl", TR_INSTANCE->runtime) >= sizeof(name.sun_path))
		return -ENAMETOOLONG;
	do
		r = host_call(SYS_connect, fd, &name, sizeof(name));
	while (r == -EINTR);
	return r < 0 ? (int)r : take_fd(&fd);
}

static long send_and_receive(const struct instance_call *call)
{
	struct instance_call_packet request = {INSTANCE_PACKET_MAGIC, INSTANCE_PACKET_CALL,
					       sizeof(struct instance_call_packet), *call};
	/* Newer supervisors may say more behind it: that is cut off. */
	struct instance_answer_packet answer = {0};
	int fd CLEANUP(host_close_at) = connect_to_supervisor();
	long r;

	if (fd < 0)
		return fd;
	do
		r = host_call(SYS_sendto, fd, &request, sizeof(request), MSG_NOSIGNAL, NULL, 0);
	while (r == -EINTR);
	if (r < 0)
		return r;
	do
		r = host_call(SYS_recvfrom, fd, &answer, sizeof(answer), 0, NULL, NULL);
	while (r == -EINTR);
	if (r < 0)
		return r;
	if (r < (long)sizeof(answer) || answer.magic != INSTANCE_PACKET_MAGIC || answer.kind != INSTANCE_PACKET_ANSWER)
		return -ECONNRESET;
	return answer.status;
}

static long by_socket(const struct instance_call *call)
{
	long r = -ECONNRESET;

	for (int i = 0; i < ATTEMPTS && (r == -ECONNRESET || r == -EPIPE); i++)
		r = send_and_receive(call);
	return r;
}

long tr_instance_call(struct tr_call *c, uint32_t kind, uint64_t a, uint64_t b)
{
	struct instance_call call = {
		.kind = kind, .tid = (uint32_t)tr_tid(c), .arg = {a, b, 0}, .key = c->ns.in->call_key};
	long r;

	call.id = atomic_fetch_add(&c->ns.in->call_ids, 1) + 1;
	r = by_notification(&call);
	/* Whatever error this is, nobody has listened: no listener, or a filter outside of lxrun's that knows no such number. */
	return host_is_error(r) ? by_socket(&call) : r - INSTANCE_CALL_ANSWER;
}
