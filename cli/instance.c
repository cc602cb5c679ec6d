#include "cli/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "base/privileges.h"
#include "cli/instance_end.h"
#include "cli/libexec.h"
#include "cli/protocol.h"
#include "cli/supervisor.h"
#include "cli/text.h"

/* How long a supervisor may take for an answer: it may be waiting for a processor, or hang. */
#define ANSWER_SECONDS 10
/* Who starts or ends the distribution holds its lock for much less. */
#define LOCK_MILLISECONDS 20000

static int PRINTF_LIKE(3, 4) fail(struct message *m, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(m->text, sizeof(m->text), format, ap);
	va_end(ap);
	return r;
}

static const char *name_of(const struct instance_plan *p)
{
	return p->distro != NULL ? p->distro->name : p->root;
}

/* --- joining ----------------------------------------------------------------------------------------------------------- */

/* The ptrace gate: the supervisor begins to trace this process. Who has no capabilities may trace only who has none. */
static int accept_tracer(int socket, pid_t supervisor, struct message *message)
{
	struct protocol_header request = {.kind = PROTOCOL_TRACE_ME};
	static struct protocol_packet answer;
	int r = privileges_drop();

	(void)prctl(PR_SET_PTRACER, supervisor, 0, 0, 0);
	if (r == 0)
		r = protocol_ask(socket, &request, sizeof(request), NULL, -1, &answer);
	if (r == 0)
		r = answer.fields.answer.status;
	if (r < 0)
		return fail(message, -EACCES, "this host does not allow tracing, which the ptrace gate needs: %s",
			    strerror(-r));
	return 0;
}

static int explain(const struct instance_plan *p, int r, const char *sentence, struct message *message)
{
	if (r == -EAGAIN)
		return fail(message, -EIO, "the supervisor of %s does not answer; 'lxrun --terminate %s' ends it",
			    name_of(p), name_of(p));
	if (sentence[0] != '\0')
		return fail(message, -EIO, "cannot join the running instance of %s: %s", name_of(p), sentence);
	return fail(message, -EIO, "cannot join the running instance of %s: %s", name_of(p), strerror(-r));
}

/* -ECONNREFUSED: nobody is there to join. */
static int join(const struct instance_plan *plan, const struct instance_program *program, const char *runtime,
		struct message *message)
{
	int socket CLEANUP(host_close_at) = protocol_connect(runtime, ANSWER_SECONDS);
	const char *strings[] = {program->directory, program->path, program->root, NULL};
	struct protocol_join request = {.header.kind = PROTOCOL_JOIN, .socket = socket};
	static struct protocol_packet answer;
	const struct user *u = program->user;
	int r;

	if (socket == -ECONNREFUSED)
		return socket;
	if (socket < 0)
		return explain(plan, socket, "", message);
	request.uid = u->uid;
	request.gid = u->gid;
	request.group_count = u->group_count;
	memcpy(request.groups, u->groups, u->group_count * sizeof(u->groups[0]));
	if (program->trace >= 0)
		request.flags |= PROTOCOL_TRACE;
	if (program->home_else)
		request.flags |= PROTOCOL_HOME_ELSE;
	r = protocol_ask(socket, &request, sizeof(request), strings, program->trace, &answer);
	if (r == -ECONNREFUSED)
		return r;
	if (r == 0)
		r = answer.fields.answer.status;
	if (r < 0)
		return explain(plan, r, answer.strings[0] != NULL ? answer.strings[0] : "", message);
	if ((answer.fields.answer.flags & PROTOCOL_TRACER) != 0) {
		r = accept_tracer(socket, answer.fields.answer.supervisor, message);
		if (r < 0)
			return r;
	}
	/* The resident goes on with it. */
	(void)fcntl(take_fd(&socket), F_SETFD, 0);
	return 0;
}

/* --- starting ---------------------------------------------------------------------------------------------------------- */

/* A limit on the size of files would end this process in the middle: its files are of known size. */
static int make_rundir(const struct rundir_options *o, struct instance **ret, struct message *message)
{
	struct rlimit old, more;
	sighandler_t action;
	int r;

	if (getrlimit(RLIMIT_FSIZE, &old) < 0)
		return -errno;
	more = (struct rlimit){.rlim_cur = old.rlim_max, .rlim_max = old.rlim_max};
	action = signal(SIGXFSZ, SIG_IGN);
	(void)setrlimit(RLIMIT_FSIZE, &more);
	r = rundir_create(o, ret, message->text, sizeof(message->text));
	(void)setrlimit(RLIMIT_FSIZE, &old);
	(void)signal(SIGXFSZ, action);
	return r;
}

static int64_t idle_timeout(const struct instance_plan *p)
{
	struct lxrun_config config;

	if (p->distro == NULL || p->locked)
		return 0;
	lxrun_config_read(NULL, &config);
	return config.instance_idle_timeout;
}

/* The path of the new instance's runtime directory in ret_runtime. */
static int start(const struct instance_plan *p, char *ret_runtime, struct message *message)
{
	char resident[PATH_MAX], text[INSTANCE_TEXT_MAX] = "";
	struct rundir_options rundir = {.root = p->root,
					.resident = resident,
					.hostname = p->hostname,
					.distro = p->distro != NULL ? p->distro->name : NULL,
					.gate = p->gate,
					.text = text,
					.no_openat2 = p->no_openat2,
					.no_caches = p->no_caches,
					.host = p->host,
					.target = p->target};
	struct supervisor_options supervisor = {.name = name_of(p), .idle_timeout = idle_timeout(p)};
	struct instance *in;
	int r;

	libexec_find("lxrun-resident", resident, sizeof(resident));
	if (p->prepare != NULL)
		p->prepare(p, p->context);
	(void)rundir_sweep();
	if (p->patched)
		text_prepare(p->root, text, sizeof(text));
	r = make_rundir(&rundir, &in, message);
	if (r < 0)
		return r;
	supervisor.in = in;
	if (p->distro != NULL) {
		supervisor.id = p->distro->id;
		supervisor.location = p->distro->location;
		r = rundir_publish(supervisor.id, in->runtime);
	}
	if (r == 0)
		r = supervisor_start(&supervisor);
	if (r < 0) {
		if (supervisor.id != NULL)
			rundir_withdraw(supervisor.id, in->runtime);
		rundir_remove(in->runtime);
		return fail(message, r, "cannot start the supervisor: %s", strerror(-r));
	}
	snprintf(ret_runtime, RUNDIR_PATH_MAX + 1, "%s", in->runtime);
	return 0;
}

/* --- both -------------------------------------------------------------------------------------------------------------- */

/* Joins the distribution's instance if it runs; -ECONNREFUSED if it does not. */
static int join_running(const struct instance_plan *p, const struct instance_program *program, char *ret_runtime,
			struct message *message)
{
	int dir CLEANUP(host_close_at) = rundir_find(p->distro->id, p->root, ret_runtime);

	if (dir < 0)
		return -ECONNREFUSED;
	return join(p, program, ret_runtime, message);
}

static int start_and_join(const struct instance_plan *p, const struct instance_program *program, char *ret_runtime,
			  struct message *message)
{
	int r = start(p, ret_runtime, message);

	if (r < 0)
		return r;
	if (p->boot != NULL)
		p->boot(p, ret_runtime, p->context);
	r = join(p, program, ret_runtime, message);
	return r == -ECONNREFUSED ? fail(message, -EIO, "the supervisor ended before it could do anything") : r;
}

/* Who held the lock may have moved the distribution, or removed it. */
static bool is_still_there(const struct instance_plan *p, int lock)
{
	struct stat held, there;
	char root[PATH_MAX];

	return fstat(lock, &held) == 0 && stat(p->distro->location, &there) == 0 && held.st_ino == there.st_ino &&
	       held.st_dev == there.st_dev && instance_root(p->distro, root, sizeof(root)) == 0 &&
	       strcmp(root, p->root) == 0;
}

/* Nobody else starts or ends the distribution meanwhile. */
static int enter_locked(const struct instance_plan *p, const struct instance_program *program, char *ret_runtime,
			struct message *message)
{
	int lock CLEANUP(host_close_at) = instance_lock(p->distro, LOCK_MILLISECONDS);
	int r;

	if (lock < 0)
		return fail(message, lock, "cannot lock '%s': %s", p->distro->location,
			    lock == -EWOULDBLOCK ? "the distribution is being changed" : strerror(-lock));
	if (!is_still_there(p, lock))
		return fail(message, -ESTALE, "%s has been moved or removed meanwhile", p->distro->name);
	r = join_running(p, program, ret_runtime, message);
	if (r != -ECONNREFUSED)
		return r;
	/* What the last instance has left, if it was killed. */
	if (instance_end_locked(p->distro, true) < 0)
		return fail(message, -EBUSY, "processes of the last instance of %s cannot be ended", p->distro->name);
	return start_and_join(p, program, ret_runtime, message);
}

static void name_resident(const char *runtime, char *ret)
{
	snprintf(ret, RESIDENT_PATH_MAX, "%.*s/resident", RUNDIR_PATH_MAX, runtime);
}

int instance_join(const struct instance_plan *p, const struct instance_program *program, const char *runtime,
		  char *ret_resident, struct message *message)
{
	int r = join(p, program, runtime, message);

	name_resident(runtime, ret_resident);
	return r == -ECONNREFUSED ? fail(message, r, "the supervisor of %s has gone", name_of(p)) : r;
}

int instance_enter(const struct instance_plan *p, const struct instance_program *program, char *ret_resident,
		   struct message *message)
{
	char runtime[PATH_MAX];
	int r;

	if (p->distro == NULL || p->locked) {
		r = start_and_join(p, program, runtime, message);
	} else {
		r = join_running(p, program, runtime, message);
		if (r == -ECONNREFUSED)
			r = enter_locked(p, program, runtime, message);
	}
	if (r == 0)
		name_resident(runtime, ret_resident);
	return r;
}
