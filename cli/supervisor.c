#include "cli/supervisor.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "base/privileges.h"
#include "cli/rundir.h"
#include "cli/trace.h"
#include "translator/supervisor/notify_gate.h"
#include "translator/supervisor/ptrace_gate.h"

/* How often guests are looked for where the kernel does not tell of the last one's end. */
#define SWEEP_MILLISECONDS 500

/* The listener that the resident sends, or -1 when it has none or ended before it could send. */
static int receive_listener(int socket)
{
	char byte;
	struct iovec io = {.iov_base = &byte, .iov_len = 1};
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control;
	struct msghdr message = {
		.msg_iov = &io, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	int fd = -1;

	while (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) < 0)
		if (errno != EINTR)
			return -1;
	c = CMSG_FIRSTHDR(&message);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static bool is_guest(const struct instance *in, const char *pid)
{
	char exe[300];
	struct stat st;

	snprintf(exe, sizeof(exe), "/proc/%s/exe", pid);
	return stat(exe, &st) == 0 && st.st_dev == in->exe_device && st.st_ino == in->exe_inode;
}

static bool any_guest(const struct instance *in)
{
	DIR *d = opendir("/proc");
	struct dirent *e;
	bool found = false;

	if (d == NULL)
		return false;
	while (!found && (e = readdir(d)) != NULL)
		found = e->d_name[0] >= '1' && e->d_name[0] <= '9' && is_guest(in, e->d_name);
	closedir(d);
	return found;
}

/* The listener hangs up when the last process with the filter is gone. */
static void wait_for_hangup(int listener)
{
	struct pollfd p = {.fd = listener, .events = 0};

	while (poll(&p, 1, -1) < 0 || (p.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0)
		;
}

static void wait_for_guests(struct instance *in, int listener)
{
	if (listener >= 0 && (in->gate != INSTANCE_GATE_NOTIFY || notify_gate_serve(in, listener) < 0))
		wait_for_hangup(listener);
	while (any_guest(in))
		(void)poll(NULL, 0, SWEEP_MILLISECONDS);
}

/* The ptrace gate: the process at the other end of the socket waits for a byte before it becomes the first guest. */
static void trace_guests(struct instance *in, pid_t first, int socket)
{
	char r = 0;

	/* First it says that this process may trace it (Yama). */
	if (read(socket, &r, 1) == 1)
		r = (char)-ptrace_gate_seize(first);

	(void)!privileges_drop();
	if (write(socket, &r, 1) == 1 && r == 0 && ptrace_gate_serve() == 0)
		return;
	wait_for_guests(in, -1);
}

static NORETURN void supervise(struct instance *in, pid_t first, bool trace, int socket)
{
	(void)setsid();
	(void)!chdir("/");
	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	/* Only what it needs stays open: a pipe that the caller waits on must not be held by this process. */
	(void)!dup2(socket, 3);
	(void)close_range(4, ~0u, 0);
	if (trace) {
		trace_serve(in);
	} else {
		for (int fd = 0; fd < 3; fd++)
			close(fd);
		(void)!open("/dev/null", O_RDWR);
		(void)!dup(0);
		(void)!dup(0);
	}
	/* Guests without capabilities may look at a process without them: the trace goes through its descriptors. */
	if (in->gate != INSTANCE_GATE_PTRACE)
		(void)!privileges_drop();
	if (in->gate == INSTANCE_GATE_PTRACE)
		trace_guests(in, first, 3);
	else
		wait_for_guests(in, receive_listener(3));
	if (trace)
		trace_finish(in);
	rundir_remove(in->runtime);
	_exit(0);
}

int supervisor_start(struct instance *in, bool trace, int *ret_socket)
{
	int pair[2], status;
	pid_t child, first = getpid();

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return -errno;
	child = fork();
	if (child < 0) {
		int r = -errno;

		close(pair[0]);
		close(pair[1]);
		return r;
	}
	if (child == 0) {
		/* Not the guest's child: a grandchild whose parent is gone belongs to nobody here. */
		pid_t own = fork();

		if (own == 0) {
			close(pair[0]);
			supervise(in, first, trace, pair[1]);
		}
		in->supervisor = own;
		_exit(own < 0 ? errno : 0);
	}
	close(pair[1]);
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		close(pair[0]);
		return WIFEXITED(status) ? -WEXITSTATUS(status) : -ECHILD;
	}
	*ret_socket = pair[0];
	return 0;
}
