/* How a program gets into an instance: its slot, and what the gates need of the supervisor. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/missed.h"
#include "cli/protocol.h"
#include "cli/supervisor_state.h"
#include "cli/trace.h"
#include "translator/supervisor/notify_gate.h"
#include "translator/supervisor/ptrace_gate.h"

/* --- threads that serve -------------------------------------------------------------------------------------------------- */

struct service {
	struct supervisor *s;
	int fd;    /* the listener, or the connection: the service's own */
	pid_t pid; /* the ptrace gate: who is to be traced */
};

static int answer(const struct supervisor *s, int connection, int status, uint32_t flags, const char *sentence)
{
	struct protocol_answer a = {.header.kind = PROTOCOL_ANSWER, .status = status, .flags = flags};
	const char *strings[] = {sentence, NULL};

	a.supervisor = s->in->supervisor;
	return protocol_send(connection, &a, sizeof(a), strings, -1);
}

static void *serve_notify(void *argument)
{
	struct service *v = argument;

	(void)!notify_gate_serve(v->s->in, v->fd, &v->s->calls);
	close(v->fd);
	atomic_fetch_sub(&v->s->threads, 1);
	(void)eventfd_write(v->s->wake, 1);
	free(v);
	return NULL;
}

/* Who traces is a thread: each program has one, which its descendants have too. */
static void *serve_ptrace(void *argument)
{
	struct service *v = argument;
	int r = ptrace_gate_seize(v->pid);

	(void)answer(v->s, v->fd, r, 0, "");
	close(v->fd);
	if (r == 0)
		(void)!ptrace_gate_serve();
	atomic_fetch_sub(&v->s->threads, 1);
	(void)eventfd_write(v->s->wake, 1);
	free(v);
	return NULL;
}

static int start_service(struct supervisor *s, int fd, pid_t pid, void *(*serve)(void *))
{
	struct service *v = malloc(sizeof(*v));
	pthread_attr_t attributes;
	pthread_t thread;
	int r;

	if (v == NULL)
		return -ENOMEM;
	*v = (struct service){.s = s, .fd = fcntl(fd, F_DUPFD_CLOEXEC, 3), .pid = pid};
	if (v->fd < 0) {
		r = -errno;
		free(v);
		return r;
	}
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	atomic_fetch_add(&s->threads, 1);
	r = -pthread_create(&thread, &attributes, serve, v);
	pthread_attr_destroy(&attributes);
	if (r < 0) {
		atomic_fetch_sub(&s->threads, 1);
		close(v->fd);
		free(v);
	}
	return r;
}

int join_notify(struct supervisor *s, int listener)
{
	return start_service(s, listener, 0, serve_notify);
}

/* --- requests -------------------------------------------------------------------------------------------------------------- */

static void set_identity(struct creds *c, const struct protocol_join *j)
{
	uint32_t n = j->group_count < CREDS_GROUPS_MAX ? j->group_count : CREDS_GROUPS_MAX;

	*c = (struct creds){.cap_bounding = CREDS_CAPS_ALL, .group_count = n};
	c->ruid = c->euid = c->suid = c->fsuid = j->uid;
	c->rgid = c->egid = c->sgid = c->fsgid = j->gid;
	memcpy(c->groups, j->groups, n * sizeof(c->groups[0]));
	if (j->uid == 0)
		c->cap_permitted = c->cap_effective = CREDS_CAPS_ALL;
}

/* What the resident of the program finds when it has been executed. */
static int fill_slot(struct instance *in, pid_t pid, const struct protocol_packet *p)
{
	const struct protocol_join *j = &p->fields.join;
	struct process_slot *s = instance_claim_slot(in, pid);

	if (s == NULL)
		return -ENOSPC;
	if (strlen(p->strings[0]) >= sizeof(s->execfn) || strlen(p->strings[1]) >= sizeof(s->exe) ||
	    strlen(p->strings[2]) >= sizeof(s->root))
		return -ENAMETOOLONG;
	s->flags = PROCESS_FIRST;
	if ((j->flags & PROTOCOL_HOME_ELSE) != 0)
		s->flags |= PROCESS_HOME_ELSE;
	if ((j->flags & PROTOCOL_TRACE) != 0)
		s->flags |= PROCESS_TRACE;
	s->dumpable = 1;
	s->seccomp_mode = 0;
	s->mount_ns = 0;
	s->program_fd = s->interpreter_fd = -1;
	s->supervisor_fd = j->socket;
	s->signal_mask = s->ignored = 0;
	set_identity(&s->creds, j);
	/* Where it starts and what it is called: the resident resolves both as the guest would. */
	strcpy(s->execfn, p->strings[0]);
	strcpy(s->exe, p->strings[1]);
	strcpy(s->root, p->strings[2]);
	instance_slot_is_filled(s, pid);
	return 0;
}

static void join(struct supervisor *s, struct member *m, struct protocol_packet *p)
{
	uint32_t flags = s->in->gate == INSTANCE_GATE_PTRACE ? PROTOCOL_TRACER : 0;
	const char *sentence = "";
	bool traced = (p->fields.join.flags & PROTOCOL_TRACE) != 0;
	int r = traced ? trace_begin(s->in, p->fd) : 0;

	if (r == -EBUSY)
		sentence = "its calls are being traced already";
	if (r == 0) {
		m->traced = traced;
		r = fill_slot(s->in, m->pid, p);
	}
	if (r == -ENOSPC)
		sentence = "it has no room for another process";
	(void)answer(s, m->fd, r, flags, sentence);
}

static void trace_me(struct supervisor *s, struct member *m)
{
	int r = s->in->gate == INSTANCE_GATE_PTRACE ? start_service(s, m->fd, m->pid, serve_ptrace) : -EINVAL;

	if (r < 0)
		(void)answer(s, m->fd, r, 0, "");
}

void join_serve(struct supervisor *s, struct member *m, struct protocol_packet *p)
{
	switch ((enum protocol_kind)p->fields.header.kind) {
	case PROTOCOL_JOIN:
		join(s, m, p);
		break;
	case PROTOCOL_TRACE_ME:
		trace_me(s, m);
		break;
	case PROTOCOL_CALL:
		(void)answer(s, m->fd, instance_calls_answer(&s->calls, &p->fields.call.call), 0, "");
		break;
	case PROTOCOL_STORE:
		(void)answer(s, m->fd, missed_store(s->in, s->o->location), 0, "");
		break;
	case PROTOCOL_ANSWER:
	default:
		(void)answer(s, m->fd, -ENOSYS, 0, "it was started by an older lxrun that does not know of this");
		break;
	}
}
