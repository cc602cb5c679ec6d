/* conformance: calls getsockopt */
/* SO_PEERCRED, SO_PEERGROUPS and SCM_CREDENTIALS: who is at the other end. */
#include "message.h"

#include <grp.h>

static bool peer_is(int fd, pid_t pid, uid_t uid, gid_t gid)
{
	struct ucred u;
	socklen_t size = sizeof(u);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &size) == 0 && size == sizeof(u) && u.pid == pid &&
	       u.uid == uid && u.gid == gid;
}

static void peers(void)
{
	int fd = server(SOCK_STREAM, "server"), ends[2], pair[2], room = 6;
	struct ucred u = {7, 7, 7};
	socklen_t size = sizeof(u);

	connected(fd, "server", ends);
	CHECK(peer_is(ends[0], getpid(), 0, 0), "a client's peer");
	CHECK(peer_is(ends[1], getpid(), 0, 0), "a server's");
	NEED(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	CHECK(peer_is(pair[0], getpid(), 0, 0), "a pair's");
	CHECK_OK(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, SO_PEERCRED, &u, &size), "nobody");
	CHECK(u.pid == 0 && u.uid == (uid_t)-1 && u.gid == (gid_t)-1, "is pid 0");
	u = (struct ucred){7, 7, 7};
	size = 6;
	CHECK_OK(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &u, &size), "room for less");
	CHECK(size == (socklen_t)room && u.pid == getpid() && u.gid == 7, "is filled only");
	size = (socklen_t)-1;
	CHECK_ERRNO(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &u, &size), EINVAL, "a negative length");
	CHECK_ERRNO(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, &u, NULL), EFAULT, "no length");
	size = sizeof(u);
	CHECK_ERRNO(getsockopt(ends[0], SOL_SOCKET, SO_PEERCRED, NULL, &size), EFAULT, "no room");
	CHECK_ERRNO(getsockopt(-1, SOL_SOCKET, SO_PEERCRED, &u, &size), EBADF, "no descriptor");
	CHECK_ERRNO(getsockopt(0, SOL_SOCKET, SO_PEERCRED, &u, &size), ENOTSOCK, "not a socket");
	close(fd);
}

/* A child of another user connects and waits. */
static void other_user(void)
{
	int fd = server(SOCK_STREAM, "others"), hold[2], got;
	gid_t groups[8];
	socklen_t size = sizeof(groups);
	pid_t pid;

	NEED(chmod("others", 0777) == 0 && pipe(hold) == 0);
	fflush(stdout);
	NEED((pid = fork()) >= 0);
	if (pid == 0) {
		int client = new_socket(SOCK_STREAM);

		close(hold[1]);
		NEED(setgroups(2, (gid_t[]){7, 8}) == 0 && setresgid(1001, 1002, 1003) == 0);
		NEED(setresuid(1001, 1002, 1003) == 0);
		NEED(do_connect(client, "others") == 0);
		_exit(read(hold[0], &(char){0}, 1) == 0 ? 0 : 1);
	}
	NEED((got = accept(fd, NULL, NULL)) >= 0);
	CHECK(peer_is(got, pid, 1002, 1002), "another user, by the effective ids");
	CHECK_OK(getsockopt(got, SOL_SOCKET, SO_PEERGROUPS, groups, &size), "its groups");
	CHECK(size == 2 * sizeof(gid_t) && groups[0] == 7 && groups[1] == 8, "are these");
	size = sizeof(gid_t);
	CHECK_ERRNO(getsockopt(got, SOL_SOCKET, SO_PEERGROUPS, groups, &size), ERANGE, "room for less");
	CHECK_EQUAL(size, 2 * sizeof(gid_t), "is told how much");
	size = sizeof(groups);
	CHECK_ERRNO(getsockopt(new_socket(SOCK_STREAM), SOL_SOCKET, SO_PEERGROUPS, groups, &size), ENODATA,
		    "nobody has no groups");
	close(hold[1]);
	NEED(waitpid(pid, NULL, 0) == pid);
	close(fd);
}

static bool carries(struct message *m, pid_t pid, uid_t uid, gid_t gid)
{
	struct ucred *u = message_find(m, SCM_CREDENTIALS);

	return u != NULL && u->pid == pid && u->uid == uid && u->gid == gid;
}

static void in_messages(void)
{
	int pair[2], file = open("/", O_RDONLY);
	struct message m;

	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	NEED(send(pair[0], "x", 1, 0) == 1);
	CHECK(message_take(pair[1], &m, 0) == 1 && message_find(&m, SCM_CREDENTIALS) == NULL, "nobody asked for any");
	option_on(pair[1], SO_PASSCRED);
	NEED(send(pair[0], "x", 1, 0) == 1);
	CHECK_EQUAL(message_take(pair[1], &m, 0), 1, "a message");
	CHECK(carries(&m, getpid(), 0, 0), "carries its sender's ids");
	CHECK_EQUAL(m.header.msg_controllen, CMSG_SPACE(sizeof(struct ucred)), "and nothing else");
	NEED(write(pair[0], "x", 1) == 1);
	message_in(&m);
	m.header.msg_name = NULL;
	CHECK_EQUAL(recvmsg(pair[1], &m.header, 0), 1, "one that was written");
	CHECK(carries(&m, getpid(), 0, 0), "does so too");

	message_out(&m, "x");
	message_add(&m, SCM_RIGHTS, &file, sizeof(file));
	message_add(&m, SCM_CREDENTIALS, &(struct ucred){getpid(), 0, 0}, sizeof(struct ucred));
	CHECK_EQUAL(sendmsg(pair[0], &m.header, 0), 1, "one's own ids, with a descriptor");
	CHECK_EQUAL(message_take(pair[1], &m, 0), 1, "arrive");
	CHECK(carries(&m, getpid(), 0, 0) && message_find(&m, SCM_RIGHTS) != NULL, "both");

	NEED(send(pair[0], "x", 1, 0) == 1);
	message_in(&m);
	m.header.msg_controllen = CMSG_LEN(2 * sizeof(int));
	CHECK_EQUAL(recvmsg(pair[1], &m.header, 0), 1, "into less room");
	CHECK_EQUAL(m.header.msg_flags & MSG_CTRUNC, MSG_CTRUNC, "says that they were cut");
}

static void as_user(void *arg)
{
	int pair[2];
	struct message m;
	const struct ucred right = {getpid(), CHECK_USER, CHECK_USER}, user = {getpid(), 0, CHECK_USER},
			   group = {getpid(), CHECK_USER, 0}, process = {1, CHECK_USER, CHECK_USER};

	(void)arg;
	NEED(socketpair(AF_UNIX, SOCK_DGRAM, 0, pair) == 0);
	option_on(pair[1], SO_PASSCRED);
	CHECK(peer_is(pair[0], getpid(), CHECK_USER, CHECK_USER), "an ordinary user's peer");
	NEED(send(pair[0], "x", 1, 0) == 1);
	CHECK(message_take(pair[1], &m, 0) == 1 && carries(&m, getpid(), CHECK_USER, CHECK_USER), "and messages");
	message_out(&m, "x");
	message_add(&m, SCM_CREDENTIALS, &right, sizeof(right));
	CHECK_EQUAL(sendmsg(pair[0], &m.header, 0), 1, "a user may say who it is");
	CHECK(message_take(pair[1], &m, 0) == 1 && carries(&m, getpid(), CHECK_USER, CHECK_USER), "who is believed");
	message_out(&m, "x");
	message_add(&m, SCM_CREDENTIALS, &user, sizeof(user));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EPERM, "but not that it is another");
	message_out(&m, "x");
	message_add(&m, SCM_CREDENTIALS, &group, sizeof(group));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EPERM, "nor another group");
	message_out(&m, "x");
	message_add(&m, SCM_CREDENTIALS, &process, sizeof(process));
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EPERM, "nor another process");
	message_out(&m, "x");
	message_add(&m, SCM_CREDENTIALS, &right, sizeof(right) - 4);
	CHECK_ERRNO(sendmsg(pair[0], &m.header, 0), EINVAL, "nor less");
}

/* Sockets of root's, reached by an ordinary user. */
static void reach(void *arg)
{
	int stream = new_socket(SOCK_STREAM), datagram = new_socket(SOCK_DGRAM);
	struct name a = name("for-root");

	(void)arg;
	CHECK_ERRNO(do_connect(stream, "root-only"), EACCES, "a socket that a user may not write");
	CHECK_OK(do_connect(stream, "for-all"), "one that everybody may");
	CHECK_ERRNO(sendto(datagram, "x", 1, 0, &a.any, a.size), EACCES, "nor are datagrams taken");
	CHECK_ERRNO(do_connect(datagram, "private/s"), EACCES, "nor may it look behind a closed directory");
}

static void reached_by_user(void)
{
	server(SOCK_STREAM, "root-only");
	server(SOCK_STREAM, "for-all");
	server(SOCK_DGRAM, "for-root");
	NEED(chmod("for-all", 0777) == 0 && mkdir("private", 0700) == 0);
	server(SOCK_DGRAM, "private/s");
	check_as_user(reach, NULL);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	peers();
	other_user();
	in_messages();
	check_as_user(as_user, NULL);
	reached_by_user();
	return check_end();
}
