#include "guest-tools/systemctl/phases.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/execute.h"

#define SUCCESS "success"
/* Milliseconds between looks: for a PID file, at a main process that is not our child, at the log's size. */
#define PID_FILE_TICK 50
#define LOOK_TICK     1000
#define LOG_TICK      60000

static bool is_success(const char *result)
{
	return strcmp(result, SUCCESS) == 0;
}

void phase_note(struct service *s, enum active_state active, const char *sub)
{
	if (s->state.active != active)
		s->state.since = time(NULL);
	s->state.active = active;
	s->state.sub = sub;
	if (state_write(s->u->name, &s->state) < 0)
		service_log(s, "cannot write the state of %s", s->u->name);
}

static void log_end(struct service *s, const char *what, int status)
{
	if (WIFEXITED(status))
		service_log(s, "%s exited, status=%d %s", what, WEXITSTATUS(status),
			    execute_status_name(WEXITSTATUS(status)));
	else
		service_log(s, "%s ended by SIG%s", what, sigabbrev_np(WTERMSIG(status)));
}

/* --- commands that are waited for ----------------------------------------------------------------------------------- */

static void end_control(struct events *e)
{
	long deadline = events_deadline(unit_milliseconds(e->s->u, "TimeoutStopSec", 10000));

	(void)kill(e->control, SIGTERM);
	while (!e->control_ended && !events_late(deadline))
		events_wait(e, deadline, EVENTS_NEVER);
	if (!e->control_ended)
		(void)kill(e->control, SIGKILL);
	while (!e->control_ended)
		events_wait(e, EVENTS_NEVER, 1000);
}

/* What commands get beside the service's environment. */
static void add_process_variables(struct service *s, bool at_end, const char *result, struct list *more)
{
	const struct state *st = &s->state;

	if (st->main.pid > 0 && !st->main_ended)
		list_add(s->pool, more, pool_format(s->pool, "MAINPID=%d", (int)st->main.pid));
	if (!at_end)
		return;
	list_add(s->pool, more, pool_format(s->pool, "SERVICE_RESULT=%s", result));
	if (!st->main_ended)
		return;
	if (WIFEXITED(st->main_status)) {
		list_add(s->pool, more, "EXIT_CODE=exited");
		list_add(s->pool, more, pool_format(s->pool, "EXIT_STATUS=%d", WEXITSTATUS(st->main_status)));
	} else {
		list_add(s->pool, more, "EXIT_CODE=killed");
		list_add(s->pool, more,
			 pool_format(s->pool, "EXIT_STATUS=%s", sigabbrev_np(WTERMSIG(st->main_status))));
	}
}

static const char *run_one(struct events *e, const struct command *c, const struct list *more, long deadline,
			   bool stoppable)
{
	int error, pid = execute(e->s, c, more, &error);
	const char *result;

	if (pid < 0)
		return "resources";
	e->control = pid;
	e->control_ended = false;
	while (!e->control_ended && !events_late(deadline) && !(stoppable && e->stop))
		events_wait(e, deadline, EVENTS_NEVER);
	if (!e->control_ended) {
		result = e->stop && stoppable ? "canceled" : "timeout";
		service_log(e->s, "%s: %s", c->path, result);
		end_control(e);
		e->control = 0;
		return result;
	}
	e->control = 0;
	result = service_result_of(e->s, e->control_status, false);
	if (is_success(result))
		return result;
	log_end(e->s, c->path, e->control_status);
	return c->ignore_failure ? SUCCESS : result;
}

static const char *run_all(struct events *e, const char *key, const char *result, long deadline, bool stoppable)
{
	bool at_end = strcmp(key, "ExecStop") == 0 || strcmp(key, "ExecStopPost") == 0;
	const char *r = SUCCESS;
	struct command *commands;

	if (unit_commands(e->s->u, key, &commands) < 0) {
		service_log(e->s, "%s= of %s is not a command", key, e->s->u->name);
		return "resources";
	}
	for (struct command *c = commands; c != NULL && is_success(r); c = c->next) {
		struct list more = {NULL};

		add_process_variables(e->s, at_end, result, &more);
		r = run_one(e, c, &more, deadline, stoppable);
	}
	return r;
}

/* --- start ----------------------------------------------------------------------------------------------------------- */

static const char *main_is(struct events *e, pid_t pid)
{
	struct state *st = &e->s->state;

	st->main = process_of(pid);
	if (st->main.pid == 0)
		st->main.pid = pid; /* it has ended already; its status comes */
	return SUCCESS;
}

static const char *start_main(struct events *e, const struct command *c)
{
	int error, pid;

	if (c == NULL)
		return "resources";
	pid = execute(e->s, c, NULL, &error);
	if (pid < 0)
		return "resources";
	e->s->state.main_ended = false;
	(void)main_is(e, pid);
	if (error == 0)
		return SUCCESS;
	while (!e->s->state.main_ended)
		events_wait(e, EVENTS_NEVER, 1000);
	return "exit-code";
}

static const char *wait_ready(struct events *e, long deadline)
{
	struct state *st = &e->s->state;

	while (!e->ready && !st->main_ended && !e->stop && !events_late(deadline))
		events_wait(e, deadline, EVENTS_NEVER);
	if (e->ready)
		return SUCCESS;
	if (st->main_ended) {
		const char *result = service_result_of(e->s, st->main_status, true);

		return is_success(result) ? "protocol" : result;
	}
	return e->stop ? "canceled" : "timeout";
}

static pid_t pid_in_file(struct service *s, const char *path)
{
	char *text;
	size_t size;
	int pid;

	if (path[0] != '/')
		path = pool_format(s->pool, "/run/%s", path);
	if (file_read(s->pool, path, &text, &size) < 0)
		return 0;
	pid = atoi(text);
	return process_of(pid).pid;
}

/* The main process of one that has gone to the background: by its PID file, or the one that we have adopted. */
static const char *find_main(struct events *e, long deadline)
{
	struct service *s = e->s;
	const char *file = unit_get(s->u, "Service", "PIDFile", NULL);
	struct pids pids;
	pid_t pid;

	if (file == NULL) {
		processes_find(s->pool, getpid(), s->state.invocation, &pids);
		if (unit_truth(s->u, "Service", "GuessMainPID", true) && pids.count > 0)
			return main_is(e, pids.items[0]);
		return SUCCESS;
	}
	while ((pid = pid_in_file(s, file)) == 0 && e->children && !e->stop && !events_late(deadline))
		events_wait(e, deadline, PID_FILE_TICK);
	if (pid != 0)
		return main_is(e, pid);
	service_log(s, "no process is named in the PID file %s", file);
	return "protocol";
}

static const char *start_by_type(struct events *e, long deadline)
{
	struct service *s = e->s;
	struct command *c;
	const char *r;

	if (strcmp(s->type, "oneshot") == 0)
		return run_all(e, "ExecStart", SUCCESS, deadline, true);
	if (strcmp(s->type, "forking") == 0) {
		r = run_all(e, "ExecStart", SUCCESS, deadline, true);
		return is_success(r) ? find_main(e, deadline) : r;
	}
	if (unit_commands(s->u, "ExecStart", &c) < 0)
		return "resources";
	r = start_main(e, c);
	return is_success(r) && strcmp(s->type, "notify") == 0 ? wait_ready(e, deadline) : r;
}

static bool skipped(struct events *e, long deadline, const char **ret)
{
	*ret = run_all(e, "ExecCondition", SUCCESS, deadline, true);
	return strcmp(*ret, "exit-code") == 0 && WEXITSTATUS(e->control_status) < 255;
}

const char *phase_start(struct events *e)
{
	struct service *s = e->s;
	bool oneshot = strcmp(s->type, "oneshot") == 0;
	long limit = unit_milliseconds(s->u, "TimeoutSec", oneshot ? EVENTS_NEVER : 90000), deadline;
	const char *r, *why = "";

	limit = unit_milliseconds(s->u, "TimeoutStartSec", limit);
	deadline = events_deadline(limit > 0 ? limit : EVENTS_NEVER);
	phase_note(s, STATE_ACTIVATING, "start-pre");
	if (service_environment(s, &why) < 0) {
		service_log(s, "%s", why);
		return "resources";
	}
	if (service_make_directories(s) < 0)
		return "resources";
	if (skipped(e, deadline, &r))
		return "skipped";
	if (is_success(r))
		r = run_all(e, "ExecStartPre", SUCCESS, deadline, true);
	if (is_success(r)) {
		phase_note(s, STATE_ACTIVATING, "start");
		r = start_by_type(e, deadline);
	}
	if (is_success(r)) {
		phase_note(s, STATE_ACTIVATING, "start-post");
		r = run_all(e, "ExecStartPost", SUCCESS, deadline, true);
	}
	return is_success(r) ? NULL : r;
}

/* --- while it runs --------------------------------------------------------------------------------------------------- */

static bool is_child(pid_t pid)
{
	siginfo_t info;

	return pid == 0 || waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

static bool has_ended(struct events *e)
{
	struct state *st = &e->s->state;
	struct pool pool = {NULL};
	struct pids pids = {NULL};

	if (st->main_ended)
		return true;
	/* One that is not our child: the kernel does not tell us. */
	if (st->main.pid > 0)
		return !process_is_alive(&st->main);
	if (e->children)
		return false;
	processes_find(&pool, getpid(), st->invocation, &pids);
	pool_free(&pool);
	return pids.count == 0;
}

const char *phase_run(struct events *e)
{
	struct state *st = &e->s->state;

	while (!e->stop && !has_ended(e)) {
		events_wait(e, EVENTS_NEVER, is_child(st->main.pid) ? LOG_TICK : LOOK_TICK);
		service_trim_log(e->s);
	}
	if (!st->main_ended)
		return SUCCESS;
	if (!e->stop)
		log_end(e->s, "the main process", st->main_status);
	return service_result_of(e->s, st->main_status, true);
}

/* --- stop ------------------------------------------------------------------------------------------------------------ */

/* Who is to be signalled: all, or the main process alone. */
static void targets(struct service *s, bool main_only, struct pids *ret)
{
	struct state *st = &s->state;

	if (!main_only) {
		processes_find(s->pool, getpid(), st->invocation, ret);
		if (st->main.pid == 0 || st->main_ended || !process_is_alive(&st->main))
			return;
		for (size_t i = 0; i < ret->count; i++) {
			if (ret->items[i] == st->main.pid)
				return;
		}
		/* One that others started: not among them. */
		ret->items[ret->count++] = st->main.pid;
		return;
	}
	*ret = (struct pids){.items = pool_alloc(s->pool, sizeof(pid_t))};
	if (st->main.pid > 0 && !st->main_ended && process_is_alive(&st->main))
		ret->items[ret->count++] = st->main.pid;
}

static bool wait_gone(struct events *e, bool main_only, long deadline)
{
	for (;;) {
		struct pids left;

		targets(e->s, main_only, &left);
		if (left.count == 0)
			return true;
		if (events_late(deadline))
			return false;
		events_wait(e, deadline, 100);
	}
}

static void signal_them(struct service *s, bool main_only, int number)
{
	struct pids them;

	targets(s, main_only, &them);
	processes_signal(&them, number, 0);
	if (number != SIGKILL)
		processes_signal(&them, SIGCONT, 0);
	if (number != SIGKILL && unit_truth(s->u, "Service", "SendSIGHUP", false))
		processes_signal(&them, SIGHUP, 0);
}

/* KillMode=, KillSignal=. False: SIGKILL was needed. */
static bool end_processes(struct events *e, long limit)
{
	const char *mode = unit_get(e->s->u, "Service", "KillMode", "control-group");
	bool main_only = strcmp(mode, "process") == 0, mixed = strcmp(mode, "mixed") == 0, gone;
	int number = unit_signal(e->s->u, "KillSignal", SIGTERM);

	if (strcmp(mode, "none") == 0)
		return true;
	signal_them(e->s, main_only || mixed, number);
	gone = wait_gone(e, main_only || mixed, events_deadline(limit));
	if ((gone && !mixed) || !unit_truth(e->s->u, "Service", "SendSIGKILL", true))
		return gone;
	if (!gone)
		service_log(e->s, "it did not end in time and is killed");
	signal_them(e->s, main_only, unit_signal(e->s->u, "FinalKillSignal", SIGKILL));
	(void)wait_gone(e, main_only, events_deadline(10000));
	return gone;
}

const char *phase_stop(struct events *e, bool orderly, const char *result)
{
	struct service *s = e->s;
	const char *file = unit_get(s->u, "Service", "PIDFile", NULL), *r;
	long limit = unit_milliseconds(s->u, "TimeoutSec", 90000);

	limit = unit_milliseconds(s->u, "TimeoutStopSec", limit);
	limit = limit > 0 ? limit : EVENTS_NEVER;
	if (orderly) {
		phase_note(s, STATE_DEACTIVATING, "stop");
		r = run_all(e, "ExecStop", result, events_deadline(limit), false);
		result = is_success(result) ? r : result;
	}
	phase_note(s, STATE_DEACTIVATING, "stop-sigterm");
	if (!end_processes(e, limit) && is_success(result))
		result = "timeout";
	/* One that was asked to stop may end as it likes; what a daemon does at a signal is its business. */
	if (is_success(result) && s->state.main_ended && !WIFEXITED(s->state.main_status))
		result = service_result_of(s, s->state.main_status, true);
	phase_note(s, STATE_DEACTIVATING, "stop-post");
	r = run_all(e, "ExecStopPost", result, events_deadline(limit), false);
	if (file != NULL)
		(void)unlink(file[0] == '/' ? file : pool_format(s->pool, "/run/%s", file));
	return is_success(result) ? r : result;
}

const char *phase_reload(struct service *s)
{
	struct events e;
	const char *r, *why = "";

	if (service_environment(s, &why) < 0)
		return "resources";
	if (events_init(&e, s, false) < 0)
		return "resources";
	r = run_all(&e, "ExecReload", SUCCESS, events_deadline(90000), false);
	events_done(&e);
	return r;
}
