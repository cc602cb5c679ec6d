#include "guest-tools/systemctl/events.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

long events_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

long events_deadline(long after)
{
	return after < 0 ? EVENTS_NEVER : events_now() + after;
}

bool events_late(long deadline)
{
	return deadline != EVENTS_NEVER && events_now() >= deadline;
}

static int open_notify(struct service *s)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char *path = state_path(s->pool, s->u->name, ".notify");
	int fd, on = 1, r = 0;

	if (strlen(path) >= sizeof(a.sun_path))
		return -ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path) + 1);
	(void)unlink(path);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	/* Any user's service may write to it; who did is looked at. */
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || chmod(path, 0666) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &on, sizeof(on)) < 0)
		r = -errno;
	if (r < 0) {
		close(fd);
		return r;
	}
	s->notify_path = path;
	return fd;
}

int events_init(struct events *e, struct service *s, bool listen)
{
	sigset_t set;

	*e = (struct events){.s = s, .signals = -1, .notify = -1, .children = true};
	(void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_SETMASK, &set, NULL);
	(void)signal(SIGCHLD, SIG_DFL);
	(void)signal(SIGPIPE, SIG_IGN);
	e->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (e->signals < 0)
		return -errno;
	if (listen && (strcmp(s->type, "notify") == 0 || unit_get(s->u, "Service", "NotifyAccess", NULL) != NULL)) {
		e->notify = open_notify(s);
		if (e->notify < 0)
			return e->notify;
	}
	return 0;
}

void events_done(struct events *e)
{
	if (e->signals >= 0)
		close(e->signals);
	if (e->notify >= 0) {
		close(e->notify);
		(void)unlink(e->s->notify_path);
	}
	*e = (struct events){.signals = -1, .notify = -1};
}

static void reap(struct events *e)
{
	struct state *st = &e->s->state;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid == e->control) {
			e->control_ended = true;
			e->control_status = status;
		}
		if (pid == st->main.pid) {
			st->main_ended = true;
			st->main_status = status;
		}
	}
	e->children = pid == 0;
}

/* A message counts if a process of the service sent it. */
static bool is_ours(struct events *e, pid_t sender)
{
	struct pool pool = {NULL};
	struct pids pids;
	bool found = sender == e->s->state.main.pid || sender == e->control;

	if (!found)
		processes_find(&pool, getpid(), e->s->state.invocation, &pids);
	for (size_t i = 0; !found && i < pids.count; i++)
		found = pids.items[i] == sender;
	pool_free(&pool);
	return found;
}

static void message_line(struct events *e, const char *line)
{
	struct state *st = &e->s->state;
	pid_t pid;

	if (strcmp(line, "READY=1") == 0)
		e->ready = true;
	else if (strncmp(line, "STATUS=", 7) == 0)
		snprintf(st->text, sizeof(st->text), "%s", line + 7);
	else if (strncmp(line, "MAINPID=", 8) == 0) {
		pid = atoi(line + 8);
		if (pid > 1 && is_ours(e, pid))
			st->main = process_of(pid);
	} else {
		return;
	}
	(void)!state_write(e->s->u->name, st);
}

static pid_t sender_of(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_CREDENTIALS) {
			struct ucred u;

			memcpy(&u, CMSG_DATA(c), sizeof(u));
			return u.pid;
		}
	}
	return 0;
}

/* Descriptors that come with a message (FDSTORE=1) are not kept. */
static void drop_descriptors(struct msghdr *m)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c != NULL; c = CMSG_NXTHDR(m, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		for (size_t i = 0; CMSG_LEN((i + 1) * sizeof(int)) <= c->cmsg_len; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			close(fd);
		}
	}
}

static void read_messages(struct events *e)
{
	for (;;) {
		char text[4097], control[1024], *rest = text, *line;
		struct iovec v = {text, sizeof(text) - 1};
		struct msghdr m = {
			.msg_iov = &v, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)};
		ssize_t n = recvmsg(e->notify, &m, MSG_CMSG_CLOEXEC);

		if (n < 0)
			return;
		drop_descriptors(&m);
		text[n] = '\0';
		if (!is_ours(e, sender_of(&m)))
			continue;
		while ((line = strsep(&rest, "\n")) != NULL)
			message_line(e, line);
	}
}

void events_wait(struct events *e, long deadline, long tick)
{
	struct pollfd fds[2] = {{.fd = e->signals, .events = POLLIN}, {.fd = e->notify, .events = POLLIN}};
	long left = deadline == EVENTS_NEVER ? tick : deadline - events_now();
	struct signalfd_siginfo info;

	if (tick != EVENTS_NEVER && left > tick)
		left = tick;
	if (deadline != EVENTS_NEVER && left < 0)
		left = 0;
	(void)poll(fds, 2, left > 3600000 ? 3600000 : (int)left);
	if (e->notify >= 0)
		read_messages(e);
	while (read(e->signals, &info, sizeof(info)) == (ssize_t)sizeof(info))
		e->stop |= info.ssi_signo == SIGTERM;
	reap(e);
}
