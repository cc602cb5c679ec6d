/*
 * The supervisor: one loop over its socket, the members, its keeper and signals. It ends when no member is left and no guest is
 * found, a while later (idle_timeout), under the lock of the distribution's location: who starts the distribution holds that
 * too, so either finds this instance alive or gone. SIGTERM ends the instance.
 */
#include "cli/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/futex.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "base/privileges.h"
#include "cli/instance_end.h"
#include "cli/missed.h"
#include "cli/rundir.h"
#include "cli/supervisor_state.h"
#include "cli/trace.h"
#include "translator/system/mount_ns.h"

/* How often guests are looked for where the kernel does not tell of the last one's end. */
#define SWEEP_MILLISECONDS 500
/* Who has started the instance comes at once, unless he has died. */
#define FIRST_MILLISECONDS 5000
/* How often the lock is tried that somebody has who starts the distribution, or changes it. */
#define LOCK_MILLISECONDS 20
/* How often it is stored what must not be lost if this process is killed. */
#define STORE_MILLISECONDS 60000
/* How long guests have to end by themselves when the instance is terminated, and how often it is looked whether they have. */
#define GRACE_MILLISECONDS 1000
#define LOOK_MILLISECONDS  20
/* Who does not die from SIGKILL waits in the kernel for something that may never come. */
#define KILL_MILLISECONDS 1500
/* As long as who has asked for the end waits for it. */
#define HURRY_MILLISECONDS 1500

static int64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* --- the end ----------------------------------------------------------------------------------------------------------- */

/* Who connects from now on, or has and got no answer, finds nobody and starts the distribution anew. */
static NORETURN void leave(struct supervisor *s)
{
	close(s->ctl);
	trace_finish(s->in);
	keeper_end(s);
	(void)!missed_store(s->in, s->o->location);
	sidecar_store(s);
	if (s->o->id != NULL)
		rundir_withdraw(s->o->id, s->in->runtime);
	rundir_remove(s->in->runtime);
	_exit(0);
}

/* The lock that who starts the distribution holds. A location that is gone has nobody who would. */
static bool lock_location(const struct supervisor *s)
{
	int fd = s->o->location != NULL ? open(s->o->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
	bool busy = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;

	if (busy)
		close(fd);
	return !busy;
}

/* All guests are told to end, then made to. what: for their terminals, behind the distribution's name. */
static NORETURN void terminate(struct supervisor *s, const char *what)
{
	static const int polite[] = {SIGTERM, SIGHUP, SIGCONT};
	const int64_t end = now() + GRACE_MILLISECONDS;
	struct terminals terminals;
	char sentence[400];

	terminals_find(&s->guests, &terminals);
	snprintf(sentence, sizeof(sentence), "%.300s %s", s->o->name, what);
	terminals_say(&terminals, sentence);
	for (size_t i = 0; i < ARRAY_SIZE(polite); i++)
		(void)guests_signal(&s->guests, polite[i]);
	while (now() < end && guests_any(&s->guests))
		(void)poll(NULL, 0, LOOK_MILLISECONDS);
	/* From here on nobody begins anything, and who makes a call ends. */
	atomic_fetch_or(&s->in->owner, FUTEX_OWNER_DIED);
	(void)guests_kill(&s->guests, KILL_MILLISECONDS);
	leave(s);
}

/* --- the loop ---------------------------------------------------------------------------------------------------------- */

enum { POLL_CTL, POLL_SIGNALS, POLL_WAKE, POLL_KEEPER, FIXED_POLLS };

static void fill_polled(struct supervisor *s)
{
	s->polled = reallocarray(s->polled, FIXED_POLLS + s->count, sizeof(*s->polled));
	if (s->polled == NULL)
		abort();
	s->polled[POLL_CTL] = (struct pollfd){.fd = s->ctl, .events = POLLIN};
	s->polled[POLL_SIGNALS] = (struct pollfd){.fd = s->signals, .events = POLLIN};
	s->polled[POLL_WAKE] = (struct pollfd){.fd = s->wake, .events = POLLIN};
	s->polled[POLL_KEEPER] = (struct pollfd){.fd = s->keeper_fd, .events = POLLIN};
	for (size_t i = 0; i < s->count; i++) {
		const struct member *m = &s->members[i];
		/* A thread serves the calls of the notify gate; here it only matters when they end. */
		bool served = m->kind == MEMBER_LISTENER && s->in->gate == INSTANCE_GATE_NOTIFY;

		s->polled[FIXED_POLLS + i] = (struct pollfd){.fd = m->fd, .events = served ? 0 : POLLIN};
	}
}

static void serve_members(struct supervisor *s)
{
	size_t kept = 0, there = s->count;

	for (size_t i = 0; i < there; i++) {
		struct member *m = &s->members[i];
		short events = s->polled[FIXED_POLLS + i].revents;

		if (events == 0 || member_serve(s, m, events))
			s->members[kept++] = *m;
	}
	s->count = kept;
}

static void serve_fixed(struct supervisor *s)
{
	struct signalfd_siginfo info;
	eventfd_t value;

	if (s->polled[POLL_WAKE].revents != 0)
		(void)eventfd_read(s->wake, &value);
	if (s->polled[POLL_KEEPER].revents != 0) {
		keeper_end(s);
		keeper_start(s);
	}
	if (s->polled[POLL_SIGNALS].revents != 0 && read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo != INSTANCE_SIGNAL_IDLE)
			terminate(s, "was terminated");
		s->hurried = now();
	}
	/* Last, for it adds members that have not been polled. */
	if (s->polled[POLL_CTL].revents != 0)
		member_accept(s);
}

/* How long nobody has been there; how long to wait until that may be the end. */
struct idleness {
	int64_t since; /* 0: somebody is there */
};

static int wait_time(struct supervisor *s, struct idleness *idle)
{
	int64_t time = now(), rest;

	if (s->count > 0 || atomic_load(&s->threads) > 0) {
		idle->since = 0;
		return STORE_MILLISECONDS;
	}
	/* Nobody has come yet: to look for guests would only keep the first one waiting. */
	if (idle->since > time)
		return (int)(idle->since - time);
	if (guests_any(&s->guests)) {
		idle->since = 0;
		return SWEEP_MILLISECONDS;
	}
	if (idle->since == 0)
		idle->since = time;
	if (s->hurried != 0 && s->hurried + HURRY_MILLISECONDS > time)
		rest = 0;
	else if (s->o->idle_timeout < 0)
		return -1;
	else
		rest = idle->since + s->o->idle_timeout - time;
	if (rest > 0)
		return rest < INT32_MAX ? (int)rest : INT32_MAX;
	if (lock_location(s))
		leave(s);
	return LOCK_MILLISECONDS;
}

void supervisor_serve(struct supervisor *s)
{
	struct idleness idle = {.since = now() + FIRST_MILLISECONDS};
	int64_t stored = now();

	for (;;) {
		int milliseconds = wait_time(s, &idle);
		size_t there;

		if (now() - stored >= STORE_MILLISECONDS) {
			(void)!missed_store(s->in, s->o->location);
			sidecar_store(s);
			if (s->in->mount_ns_last != 0)
				mount_ns_collect(&(struct vfs_ns){.in = s->in});
			stored = now();
		}
		fill_polled(s);
		if (poll(s->polled, FIXED_POLLS + s->count, milliseconds) <= 0)
			continue;
		there = s->count;
		serve_members(s);
		/* Who has been served was waiting, and is the first who needs a keeper. */
		if (s->keeper == 0 && there > 0)
			keeper_start(s);
		serve_fixed(s);
		if (atomic_load(&s->ending))
			terminate(s, "was shut down by a program in it");
	}
}

/* --- the beginning ----------------------------------------------------------------------------------------------------- */

/* The kernel marks in->owner when this thread ends, in whatever way. */
static void own_instance(struct instance *in)
{
	static struct robust_list node;
	static struct robust_list_head head;

	head.list.next = &node;
	node.next = &head.list;
	head.futex_offset = (long)((uintptr_t)&in->owner - (uintptr_t)&node);
	head.list_op_pending = NULL;
	(void)syscall(SYS_set_robust_list, &head, sizeof(head));
	in->supervisor = getpid();
	atomic_store(&in->owner, (uint32_t)syscall(SYS_gettid));
}

static int open_memory(struct supervisor *s)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = INSTANCE_LOCK_SUPERVISOR, .l_len = 1};
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/shm", s->in->runtime);
	s->memory = open(path, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	return s->memory < 0 || fcntl(s->memory, F_SETLK, &lock) < 0 ? -errno : 0;
}

static int listen_at_ctl(struct supervisor *s)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	if (snprintf(name.sun_path, sizeof(name.sun_path), "%s/ctl", s->in->runtime) >= (int)sizeof(name.sun_path))
		return -ENAMETOOLONG;
	s->ctl = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	(void)umask(077);
	if (s->ctl < 0 || bind(s->ctl, (struct sockaddr *)&name, sizeof(name)) < 0 || listen(s->ctl, SOMAXCONN) < 0)
		return -errno;
	return 0;
}

/* Only two signals mean anything to it; the others of a person are not for it. */
static int take_signals(struct supervisor *s)
{
	sigset_t set;

	signal(SIGHUP, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, INSTANCE_SIGNAL_IDLE);
	sigprocmask(SIG_SETMASK, &set, NULL);
	s->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	s->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return s->signals < 0 || s->wake < 0 ? -errno : 0;
}

static void raise_limits(void)
{
	struct rlimit limit;

	/* A descriptor for each program, and those of the calls that are made for guests. */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int set_up(struct supervisor *s)
{
	char path[PATH_MAX];
	int dir CLEANUP(host_close_at) = -1;
	int r;

	(void)setsid();
	(void)!chdir("/");
	(void)!open("/dev/null", O_RDWR);
	(void)!dup(0);
	(void)!dup(0);
	raise_limits();
	/* Guests have no capabilities: who has some may not be looked at by them. */
	r = privileges_drop();
	if (r == 0)
		r = take_signals(s);
	snprintf(path, sizeof(path), "%s", s->in->runtime);
	if (r == 0) {
		dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
		r = dir < 0 ? -errno : guests_of(dir, &s->guests);
	}
	if (r == 0)
		r = open_memory(s);
	if (r == 0)
		r = listen_at_ctl(s);
	return r;
}

static NORETURN void supervise(const struct supervisor_options *o, int starter)
{
	struct supervisor s = {.o = o, .in = o->in, .keeper_fd = -1};
	int r;

	/* Nothing of the caller's stays open: a pipe that somebody waits on must not be held by this process. */
	(void)!dup2(starter, 3);
	(void)close_range(4, ~0u, 0);
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	r = set_up(&s);
	if (r == 0) {
		calls_begin(&s);
		/* Without one owners are kept as far as files can say them. */
		(void)!sidecar_begin(&s);
		own_instance(s.in);
	}
	(void)!write(3, &r, sizeof(r));
	close(3);
	if (r < 0)
		_exit(1);
	supervisor_serve(&s);
}

/*
 * Not the caller's child: a grandchild whose parent is gone belongs to nobody here. The one in between shares the caller's
 * memory, which is copied once for the supervisor and not for this as well.
 */
static int start_grandchild(const struct supervisor_options *o, const int pipe[2])
{
	pid_t child = vfork();
	int status;

	if (child < 0)
		return -errno;
	if (child == 0) {
		pid_t own = _Fork();

		if (own == 0) {
			close(pipe[0]);
			supervise(o, pipe[1]);
		}
		_exit(own < 0 ? errno : 0);
	}
	while (waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (!WIFEXITED(status))
		return -ECHILD;
	return -WEXITSTATUS(status);
}

int supervisor_start(const struct supervisor_options *o)
{
	int fds[2], r, answer;
	ssize_t n;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	r = start_grandchild(o, fds);
	close(fds[1]);
	if (r == 0) {
		do
			n = read(fds[0], &answer, sizeof(answer));
		while (n < 0 && errno == EINTR);
		r = n == sizeof(answer) ? answer : -ECHILD;
	}
	close(fds[0]);
	return r;
}
