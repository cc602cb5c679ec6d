#include "translator/supervisor/notify_gate.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "translator/supervisor/notify_port.h"

/* A thread of this size and number: calls can wait (FIFOs), and each needs an umask of its own. */
#define STACK_SIZE (512u << 10)

struct work {
	struct instance *in;
	struct instance_calls *calls;
	int listener;
	struct seccomp_notif notification;
};

/* What /proc says of a thread. */
struct task_status {
	pid_t tgid, parent;
	mode_t umask;
};

static bool read_status(pid_t tid, struct task_status *ret)
{
	struct task_status s = {.umask = 022};
	char path[32], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	while (fgets(line, sizeof(line), f) != NULL) {
		unsigned mask;

		if (sscanf(line, "Tgid: %d", &s.tgid) == 1 || sscanf(line, "PPid: %d", &s.parent) == 1)
			continue;
		if (sscanf(line, "Umask: %o", &mask) == 1)
			s.umask = (mode_t)mask;
	}
	fclose(f);
	*ret = s;
	return true;
}

/* The slot that speaks for a process: its own, or the one of the nearest ancestor that has called in already. */
static const struct process_slot *find_slot(struct instance *in, pid_t pid)
{
	for (int depth = 0; depth < 64 && pid > 1; depth++) {
		struct process_slot *s = instance_find_filled_slot(in, pid);
		struct task_status status;

		if (s != NULL)
			return s;
		if (!read_status(pid, &status))
			return NULL;
		pid = status.parent;
	}
	return NULL;
}

static int open_root(struct instance *in, const struct tr_process *p)
{
	struct vfs_ns whole = {.in = in, .creds = &p->creds, .root_path = "", .mount_ns = p->mount_ns};
	char path[PATH_MAX];
	ssize_t n = vfs_host_path(&whole, p->root[0] != '\0' ? p->root : "/", path, sizeof(path));

	if (n < 0)
		return (int)n;
	return host_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
}

/* The guest's state, as far as the calls of this gate need it. */
static bool fill_process(struct instance *in, const struct task_status *status, struct tr_process *ret)
{
	const struct process_slot *s = find_slot(in, status->tgid);

	if (s == NULL)
		return false;
	ret->pid = status->tgid;
	ret->flags = s->flags;
	ret->dumpable = s->dumpable;
	ret->mount_ns = s->mount_ns;
	ret->creds = s->creds;
	memcpy(ret->exe, s->exe, sizeof(ret->exe));
	memcpy(ret->root, s->root, sizeof(ret->root));
	ret->exe[sizeof(ret->exe) - 1] = ret->root[sizeof(ret->root) - 1] = '\0';
	return true;
}

/* The call that the resident would make: the guest's thread waits for this one meanwhile, so its name is free. */
static long call_sidecar(struct notify_request *r, uint32_t kind, const struct sidecar_record *record, void *buf,
			 size_t size)
{
	struct instance *in = r->call.ns.in;
	struct instance_payload *p = instance_claim_payload(in, r->tid);
	struct instance_call call = {.kind = kind, .tid = (uint32_t)r->tid, .key = in->call_key};
	long n;

	if (p == NULL)
		return -EAGAIN;
	n = instance_payload_record(p, record);
	if (n >= 0) {
		call.id = atomic_fetch_add(&in->call_ids, 1) + 1;
		call.arg[0] = (uint64_t)(p - in->payloads);
		call.arg[1] = (uint64_t)n;
		n = instance_calls_answer(r->calls, &call);
	}
	if (n > 0 && buf != NULL)
		memcpy(buf, p->bytes, (size_t)n < size ? (size_t)n : size);
	instance_release_payload(p);
	return n;
}

static int keep_record(void *request, const struct sidecar_record *record)
{
	return (int)call_sidecar(request, INSTANCE_CALL_SIDECAR, record, NULL, 0);
}

static long read_record(void *request, const struct sidecar_record *record, void *buf, size_t size)
{
	return call_sidecar(request, INSTANCE_CALL_SIDECAR_READ, record, buf, size);
}

static uint64_t ticks(void)
{
	return __builtin_ia32_rdtsc();
}

static void fill_call(struct notify_request *r, struct instance *in, const struct seccomp_notif *n, int root)
{
	struct tr_call *c = &r->call;

	c->nr = (uint32_t)n->data.nr;
	for (unsigned i = 0; i < 6; i++)
		c->arg[i] = n->data.args[i];
	c->ip = n->data.instruction_pointer;
	c->port = &notify_port;
	c->process = &r->process;
	c->creds = &r->process.creds;
	c->tid = r->tid;
	c->scratch = r->scratch;
	c->ns = (struct vfs_ns){
		.in = in,
		.creds = c->creds,
		.root = root,
		.root_path = r->process.root,
		.mount_ns = r->process.mount_ns,
		.pid = r->process.pid,
		.tid = r->tid,
		.exe = r->process.exe,
		/* Nobody keeps count here of what a guest has opened. */
		.view_dirs = true,
		.clock = ticks,
		.sidecar = keep_record,
		.sidecar_read = read_record,
		.sidecar_arg = r,
	};
}

static void answer(const struct notify_request *r, long result)
{
	struct seccomp_notif_resp response = {.id = r->id};

	if (r->call.verdict == TR_NATIVE)
		response.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
	else if (host_is_error(result))
		response.error = (int)result;
	else
		response.val = result;
	/* The guest may have been killed meanwhile. */
	(void)ioctl(r->listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

static long handle(struct notify_request *r, struct instance *in, const struct seccomp_notif *n)
{
	int root CLEANUP(host_close_at) = -1;
	struct task_status status;

	if (!read_status(r->tid, &status) || !fill_process(in, &status, &r->process))
		return -EPERM;
	root = open_root(in, &r->process);
	if (root < 0)
		return root;
	(void)umask(status.umask);
	fill_call(r, in, n, root);
	return tr_dispatch(&r->call);
}

static void *serve_one(void *argument)
{
	struct work *w = argument;
	struct notify_request *r = calloc(1, sizeof(*r));
	long result;

	if (r == NULL)
		abort();
	/* umask and cwd of its own. */
	(void)unshare(CLONE_FS);
	r->calls = w->calls;
	r->listener = w->listener;
	r->id = w->notification.id;
	r->tid = (pid_t)w->notification.pid;
	result = handle(r, w->in, &w->notification);
	notify_port_done(r);
	answer(r, result);
	free(r);
	free(w);
	return NULL;
}

/* No stack frame of the resident's is here: what waits is a thread of this process, and signals wait for it. */
long tr_blocking_call(struct tr_call *c, long nr, const uint64_t arg[6])
{
	(void)c;
	return host_call(nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

/* The calls of this gate change no process; what a directory of a view needs to know is always assumed. */
void tr_process_changed(struct tr_call *c)
{
	(void)c;
}

static int start(struct instance *in, int listener, struct instance_calls *calls, const struct seccomp_notif *n)
{
	pthread_attr_t attributes;
	struct work *w = malloc(sizeof(*w));
	pthread_t thread;
	int r;

	if (w == NULL)
		return -ENOMEM;
	*w = (struct work){.in = in, .calls = calls, .listener = listener, .notification = *n};
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	r = -pthread_create(&thread, &attributes, serve_one, w);
	pthread_attr_destroy(&attributes);
	if (r < 0)
		free(w);
	return r;
}

static void refuse(int listener, uint64_t id, int error)
{
	struct seccomp_notif_resp response = {.id = id, .error = error};

	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response);
}

int notify_gate_serve(struct instance *in, int listener, struct instance_calls *calls)
{
	for (;;) {
		struct pollfd p = {.fd = listener, .events = POLLIN};
		struct seccomp_notif n = {0};
		int r;

		if (poll(&p, 1, -1) < 0 && errno != EINTR)
			return -errno;
		if ((p.revents & POLLIN) == 0) {
			if ((p.revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
				return 0;
			continue;
		}
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &n) < 0) {
			if (errno == EINTR || errno == ENOENT)
				continue;
			return -errno;
		}
		if (n.data.nr == INSTANCE_CALL_NR) {
			instance_calls_notified(calls, listener, &n);
			continue;
		}
		r = start(in, listener, calls, &n);
		if (r < 0)
			refuse(listener, n.id, r);
	}
}
