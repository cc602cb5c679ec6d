#include "cli/vm.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/libexec.h"
#include "cli/rundir_base.h"

/* Names of sockets are short, and UML puts one of its own two directories further down. */
#define PARENT_MAX            80
#define MEMORY_LEAST          (UINT64_C(64) << 20)
#define END_MILLISECONDS      12000
#define SHUTDOWN_MILLISECONDS 7000
/* That its disk is held after the VM was killed. */
#define DYING_MILLISECONDS 3000

/* --- where it is ------------------------------------------------------------------------------------------------------------ */

/*
 * The directory of its socket, in the first base for runtime directories that can be had: who has the same $XDG_RUNTIME_DIR, or
 * none, shares a VM. A descriptor, and the path; -errno.
 */
static int open_runtime(bool make, char *path, size_t size)
{
	int r = -ENOENT;

	for (int i = 0; i < RUNDIR_BASE_FIXED_END; i++) {
		int base CLEANUP(host_close_at) = make ? rundir_base_make_at(i) : rundir_base_open(i);
		char parent[PATH_MAX];
		int fd;

		r = base < 0 ? base : r;
		if (base < 0 || !rundir_base_path(i, parent, sizeof(parent)) || strlen(parent) > PARENT_MAX)
			continue;
		if (make && mkdirat(base, "vm", 0700) < 0 && errno != EEXIST) {
			r = -errno;
			continue;
		}
		fd = openat(base, "vm", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0) {
			r = -errno;
			continue;
		}
		snprintf(path, size, "%s/vm", parent);
		return fd;
	}
	return r;
}

static struct sockaddr_un socket_address(const char *runtime)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	/* The bases' names are short. */
	(void)snprintf(a.sun_path, sizeof(a.sun_path), "%.90s/ctl", runtime);
	return a;
}

static int connect_to(const char *runtime)
{
	int fd CLEANUP(host_close_at) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = socket_address(runtime);

	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&a, sizeof(a)) < 0)
		return errno == ECONNREFUSED ? -ENOENT : -errno;
	return take_fd(&fd);
}

/* --- starting --------------------------------------------------------------------------------------------------------------- */

/* 0: whatever the backend is good for. */
static uint64_t memory_of(const struct lxrun_config *c)
{
	return c->memory != 0 && c->memory < MEMORY_LEAST ? MEMORY_LEAST : c->memory;
}

static NORETURN void become_host(int listener, const char *runtime, const struct lxrun_config *c, const char *program,
				 const char *agent)
{
	char numbers[4][32];
	int null = open("/dev/null", O_RDWR);
	sigset_t none;

	(void)setsid();
	if (fork() != 0)
		_exit(0);
	for (int fd = 0; fd < 3; fd++)
		(void)dup2(null, fd);
	(void)dup2(listener, 3);
	(void)host_call(SYS_close_range, 4, ~0u, 0);
	(void)fcntl(3, F_SETFD, 0);
	(void)!chdir("/");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	snprintf(numbers[0], sizeof(numbers[0]), "%llu", (unsigned long long)memory_of(c));
	snprintf(numbers[1], sizeof(numbers[1]), "%lld", (long long)c->vm_idle_timeout);
	snprintf(numbers[2], sizeof(numbers[2]), "%lld", (long long)c->processors);
	snprintf(numbers[3], sizeof(numbers[3]), "%llu", (unsigned long long)c->swap);
	execl(program, "lxrun-vm", "3", runtime, agent, c->kernel, numbers[0], numbers[1], c->backend,
	      c->localhost_forwarding ? "1" : "0", numbers[2], numbers[3],
	      strcasecmp(c->memory_reclaim, "disabled") == 0 ? "0" : "1", (char *)NULL);
	_exit(127);
}

static int listen_at(const char *runtime)
{
	int fd CLEANUP(host_close_at) = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_un a = socket_address(runtime);

	if (fd < 0)
		return -errno;
	(void)unlink(a.sun_path);
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || listen(fd, 64) < 0)
		return -errno;
	return take_fd(&fd);
}

/* Under the lock: the socket is there before the process, so whoever connects waits for it and for nothing else. */
static int start(const char *runtime, struct message *message)
{
	int listener CLEANUP(host_close_at) = -1;
	char program[PATH_MAX], agent[PATH_MAX];
	struct lxrun_config c;
	pid_t child;

	lxrun_config_read(NULL, &c);
	libexec_find("lxrun-vm", program, sizeof(program));
	libexec_find("lxrun-agent", agent, sizeof(agent));
	listener = listen_at(runtime);
	if (listener < 0) {
		message_set(message, "cannot make the socket of the utility VM in %s: %s", runtime,
			    strerror(-listener));
		return listener;
	}
	child = fork();
	if (child == 0)
		become_host(listener, runtime, &c, program, agent);
	if (child < 0) {
		message_set(message, "cannot start the utility VM: %s", strerror(errno));
		return -EAGAIN;
	}
	while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
		;
	return 0;
}

int vm_connect(bool start_it, struct message *message)
{
	char runtime[PATH_MAX];
	int dir CLEANUP(host_close_at) = open_runtime(start_it, runtime, sizeof(runtime));
	int fd, r;

	/* Where nothing can be, nothing is. */
	if (dir < 0 && !start_it)
		return -ENOENT;
	if (dir < 0) {
		message_set(message, "there is no place for the utility VM's socket: %s", strerror(-dir));
		return dir;
	}
	fd = connect_to(runtime);
	if (fd >= 0 || !start_it)
		return fd;
	if (flock(dir, LOCK_EX) < 0)
		return -errno;
	fd = connect_to(runtime);
	if (fd >= 0)
		return fd;
	r = start(runtime, message);
	if (r < 0)
		return r;
	fd = connect_to(runtime);
	if (fd < 0)
		message_set(message, "the utility VM's host process has ended: %s", strerror(-fd));
	return fd;
}

/* --- asking ------------------------------------------------------------------------------------------------------------------ */

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

bool vm_is_running(const struct distro *d)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX];
	int fd CLEANUP(host_close_at) = -1;

	if (distro_path(d, "disk.ext4", path, sizeof(path)) < 0)
		return false;
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
}

int vm_exchange(int fd, const struct queue *out, int milliseconds, struct queue *said)
{
	int64_t end = now() + milliseconds;
	struct queue in = {0};
	bool done = false;
	int r = send(fd, queue_bytes(out), queue_length(out), MSG_NOSIGNAL) < 0 ? -EPIPE : 0;

	while (r == 0 && !done) {
		struct pollfd p = {.fd = fd, .events = POLLIN};
		int64_t left = end - now();
		struct frame f;
		long n;

		if (left <= 0 || poll(&p, 1, (int)left) <= 0) {
			r = -ETIMEDOUT;
			break;
		}
		n = queue_read(&in, fd, 4096);
		if (n < 0)
			r = -EPIPE;
		while ((n = frame_parse(queue_bytes(&in), queue_length(&in), &f)) > 0) {
			done = done || f.type == FRAME_DONE || f.type == FRAME_ERROR;
			if (f.type == FRAME_ERROR)
				r = -EIO;
			if (f.type == FRAME_FIELDS && queue_put(said, f.payload, f.length) < 0)
				r = -ENOMEM;
			queue_drop(&in, (size_t)n);
		}
		if (n < 0)
			r = -EPROTO;
	}
	queue_done(&in);
	return r;
}

int vm_put_hello(struct queue *out)
{
	struct frame_hello hello = {.magic = FRAME_MAGIC, .version = FRAME_VERSION};

	return queue_frame(out, 0, FRAME_HELLO, 0, &hello, sizeof(hello));
}

/* One request and its answer, whichever it is: 0, -ETIMEDOUT, or -EPIPE when the other side is gone, which some are about. */
static int ask(int fd, enum frame_type type, const struct queue *fields, int milliseconds)
{
	struct queue out = {0}, said = {0};
	int r = vm_put_hello(&out);

	if (r == 0)
		r = fields_send(&out, 1, type, fields);
	if (r == 0)
		r = vm_exchange(fd, &out, milliseconds, &said);
	queue_done(&out);
	queue_done(&said);
	return r == -EIO ? 0 : r;
}

static int ask_to_end(const struct distro *d, enum frame_type type, bool force, struct message *message)
{
	int fd CLEANUP(host_close_at) = vm_connect(false, message);
	struct queue fields = {0};
	int r = fd < 0 ? fd : fields_put_text(&fields, FIELD_ID, d->id);

	if (r == 0 && force)
		r = fields_put_text(&fields, FIELD_FORCE, "");
	if (r == 0)
		r = ask(fd, type, &fields, END_MILLISECONDS);
	queue_done(&fields);
	return r;
}

int vm_end(const struct distro *d, bool force, struct message *message)
{
	int r;

	if (!vm_is_running(d))
		return 0;
	r = ask_to_end(d, FRAME_STOP, force, message);
	for (int64_t end = now() + DYING_MILLISECONDS; r == -ENOENT && vm_is_running(d) && now() < end;)
		(void)poll(NULL, 0, 10);
	if (!vm_is_running(d))
		return 1;
	message_set(message, "%s cannot be ended in the utility VM: %s; 'lxrun --shutdown' ends the VM", d->name,
		    r < 0 ? strerror(-r) : "it does not end");
	return r < 0 ? r : -EBUSY;
}

bool vm_end_idle(const struct distro *d)
{
	struct message message;

	return !vm_is_running(d) || (ask_to_end(d, FRAME_STOP_IDLE, false, &message) == 0 && !vm_is_running(d));
}

/* It is not asked any more. Its keeper ends the VM's processes. */
static void kill_host(int fd)
{
	struct ucred who;
	socklen_t n = sizeof(who);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &n) == 0 && who.pid > 1 && who.uid == geteuid())
		(void)kill(who.pid, SIGKILL);
}

int vm_shutdown(bool force, struct message *message)
{
	int fd CLEANUP(host_close_at) = vm_connect(false, message);
	struct queue fields = {0};
	int r;

	if (fd == -ENOENT)
		return 0;
	if (fd < 0)
		return fd;
	r = force ? fields_put_text(&fields, FIELD_FORCE, "") : 0;
	if (r == 0)
		r = ask(fd, FRAME_SHUTDOWN, &fields, SHUTDOWN_MILLISECONDS);
	queue_done(&fields);
	if (r == -ETIMEDOUT)
		kill_host(fd);
	return 1;
}

FILE *vm_probe(void)
{
	char program[PATH_MAX], agent[PATH_MAX], memory[32];
	struct lxrun_config c;
	int ends[2];
	pid_t child;

	lxrun_config_read(NULL, &c);
	libexec_find("lxrun-vm", program, sizeof(program));
	libexec_find("lxrun-agent", agent, sizeof(agent));
	snprintf(memory, sizeof(memory), "%llu", (unsigned long long)memory_of(&c));
	if (pipe2(ends, O_CLOEXEC) < 0)
		return NULL;
	child = fork();
	if (child == 0) {
		(void)dup2(ends[1], STDOUT_FILENO);
		execl(program, "lxrun-vm", "probe", "/dev/shm", agent, c.kernel, memory, (char *)NULL);
		_exit(127);
	}
	close(ends[1]);
	if (child > 0)
		return fdopen(ends[0], "r");
	close(ends[0]);
	return NULL;
}
