/* Verbs that change what runs. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/drop_ins.h"
#include "guest-tools/systemctl/monitor.h"
#include "guest-tools/systemctl/phases.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/sysv.h"
#include "guest-tools/systemctl/unit_name.h"

/* How a job goes on over what it depends on. */
struct job {
	struct request *r;
	struct list done; /* units that it has begun with: dependencies may go in a circle */
};

static bool is_up(const struct state *st)
{
	return st->active == STATE_ACTIVE || st->active == STATE_ACTIVATING;
}

static int not_done(struct job *j, const char *verb, const char *name, int status, const char *why)
{
	if (!j->r->quiet)
		fprintf(stderr, "Failed to %s %s: %s\n", verb, name, why);
	return status;
}

static const char *result_sentence(const char *result)
{
	static const char *const sentences[][2] = {
		{"exit-code", "the control process exited with error code"},
		{"signal", "a fatal signal was delivered to the control process"},
		{"core-dump", "a fatal signal was delivered causing the control process to dump core"},
		{"timeout", "a timeout was exceeded"},
		{"protocol", "the service did not take the steps required by its unit configuration"},
		{"resources", "of unavailable resources or a setting that cannot be used"},
		{"start-limit-hit", "start of the service was attempted too often"},
		{"canceled", "it was stopped meanwhile"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(sentences); i++) {
		if (strcmp(sentences[i][0], result) == 0)
			return sentences[i][1];
	}
	return result;
}

static int job_failed(struct job *j, const char *name, const char *result)
{
	if (!j->r->quiet) {
		fprintf(stderr, "Job for %s failed because %s.\n", name, result_sentence(result));
		fprintf(stderr, "See \"systemctl status %s\" and \"%s/%s.log\" for details.\n", name, STATE_DIRECTORY,
			name);
	}
	return 1;
}

/* --- start ----------------------------------------------------------------------------------------------------------- */

static int start_one(struct job *j, const char *name, bool optional);
static int stop_one(struct job *j, const char *name);

static void dependencies(struct unit *u, const char *key, const char *kind, struct list *ret)
{
	unit_words(u, "Unit", key, ret);
	if (kind != NULL) {
		for (size_t i = 0; i < u->names.count; i++)
			drop_ins_dependencies(&u->pool, u->names.items[i], kind, ret);
	}
}

/* What it needs, then what it likes to have; of services only. */
static int start_dependencies(struct job *j, struct unit *u)
{
	static const char *const keys[][3] = {
		{"Requires", "requires", "must"}, {"BindsTo", NULL, "must"}, {"Wants", "wants", NULL}};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
		struct list names = {NULL};

		dependencies(u, keys[i][0], keys[i][1], &names);
		for (size_t k = 0; k < names.count; k++) {
			bool must = keys[i][2] != NULL;

			if (!unit_name_valid(names.items[k]) || !unit_name_is_service(names.items[k]))
				continue;
			if (start_one(j, names.items[k], !must) != 0 && must) {
				fprintf(stderr, "A dependency job for %s failed: %s.\n", u->name, names.items[k]);
				return 1;
			}
		}
	}
	return 0;
}

static void stop_conflicts(struct job *j, struct unit *u)
{
	struct list names = {NULL};

	dependencies(u, "Conflicts", NULL, &names);
	for (size_t i = 0; i < names.count; i++) {
		if (unit_name_valid(names.items[i]) && unit_name_is_service(names.items[i]))
			(void)stop_one(j, names.items[i]);
	}
}

/*
 * The services that were enabled for a target; not those of the targets that it stands on, which want a real machine. The
 * target itself need not be there: it comes with systemd.
 */
static int start_target(struct job *j, struct unit *u)
{
	static const char *const kinds[] = {"requires", "wants"};
	struct list names = {NULL}, targets = {NULL};

	list_add(&u->pool, &targets, u->name);
	if (strcmp(u->name, "default.target") == 0 || strcmp(u->name, "graphical.target") == 0)
		list_add(&u->pool, &targets, "multi-user.target");
	for (size_t i = 0; i < targets.count * ARRAY_SIZE(kinds); i++)
		directory_names(&u->pool,
				pool_format(&u->pool, "%s%s/%s.%s", unit_root, unit_directories[0],
					    targets.items[i / 2], kinds[i % 2]),
				&names);
	for (size_t i = 0; i < names.count; i++) {
		if (unit_name_valid(names.items[i]) && unit_name_is_service(names.items[i]))
			(void)start_one(j, names.items[i], true);
	}
	return 0;
}

static int start_service(struct job *j, struct unit *u)
{
	const char *why = "", *result = "resources";
	struct command *commands;
	struct service s;
	int lock, r;

	if (unit_commands(u, "ExecStart", &commands) < 0 ||
	    (commands == NULL && !unit_truth(u, "Service", "RemainAfterExit", false)))
		return not_done(j, "start", u->name, 1, "its unit file has a bad setting: ExecStart=");
	if (service_prepare(u, &s, &why) < 0)
		return not_done(j, "start", u->name, 1, why);
	lock = state_lock(&u->pool, u->name);
	if (lock < 0)
		return not_done(j, "start", u->name, 1, strerror(-lock));
	look_at(u, &s.state);
	r = is_up(&s.state) ? 0 : monitor_start(&s, !j->r->no_block, &result);
	close(lock);
	if (r < 0)
		return not_done(j, "start", u->name, 1, strerror(-r));
	return r == 0 ? 0 : job_failed(j, u->name, result);
}

static int start_loaded(struct job *j, struct unit *u, bool optional)
{
	const char *failed;
	struct state st;

	if (strcmp(unit_name_type(u->name), "target") == 0)
		return start_target(j, u);
	if (!unit_name_is_service(u->name))
		return not_done(j, "start", u->name, 1,
				"only services can be started in version 1, which has no systemd; version 2 has one");
	look_at(u, &st);
	if (is_up(&st))
		return 0;
	if (!conditions_hold(u, "Condition", &failed)) {
		if (!j->r->quiet && !optional)
			fprintf(stderr, "%s is not started: its condition %s does not hold.\n", u->name, failed);
		return 0;
	}
	if (!conditions_hold(u, "Assert", &failed)) {
		fprintf(stderr, "Assertion failed on job for %s: %s\n", u->name, failed);
		return 1;
	}
	stop_conflicts(j, u);
	return start_dependencies(j, u) != 0 ? 1 : start_service(j, u);
}

static int start_one(struct job *j, const char *name, bool optional)
{
	struct unit u;
	int status;

	if (list_has(&j->done, name))
		return 0;
	list_add(&j->r->pool, &j->done, pool_copy(&j->r->pool, name));
	unit_load(name, &u);
	if (!list_has(&j->done, u.name))
		list_add(&j->r->pool, &j->done, pool_copy(&j->r->pool, u.name));
	if (u.state == UNIT_NOT_FOUND && strcmp(unit_name_type(name), "target") == 0)
		status = start_target(j, &u);
	else if (u.state == UNIT_LOADED && unit_name_is_template(name))
		status = not_done(j, "start", name, 1, "the name lacks an instance: name@INSTANCE.service");
	else if (u.state == UNIT_LOADED)
		status = start_loaded(j, &u, optional);
	else if (optional)
		status = 0;
	else if (u.state == UNIT_MASKED)
		status = not_done(j, "start", name, 1, pool_format(&u.pool, "Unit %s is masked.", name));
	else if (u.state == UNIT_BAD)
		status = not_done(j, "start", name, 1, pool_format(&u.pool, "Unit %s cannot be read.", name));
	else
		status = not_done(j, "start", name, EXIT_NOT_INSTALLED,
				  pool_format(&u.pool, "Unit %s not found.", name));
	unit_done(&u);
	return status;
}

/* --- stop ------------------------------------------------------------------------------------------------------------ */

/* Running services that cannot do without it; `also_part` for those that only follow it. */
static void dependents(struct job *j, const char *name, struct list *ret)
{
	static const char *const keys[] = {"Requires", "BindsTo", "PartOf"};
	struct list running = {NULL};

	state_names(&j->r->pool, &running);
	for (size_t i = 0; i < running.count; i++) {
		struct list names = {NULL};
		struct state st;
		struct unit u;

		unit_load(running.items[i], &u);
		state_read(&u.pool, u.name, &st);
		for (size_t k = 0; k < ARRAY_SIZE(keys) && is_up(&st); k++)
			unit_words(&u, "Unit", keys[k], &names);
		if (list_has(&names, name) && !list_has(ret, running.items[i]))
			list_add(&j->r->pool, ret, running.items[i]);
		unit_done(&u);
	}
}

static int stop_service(struct job *j, struct unit *u)
{
	const char *why = "", *result = "success";
	struct service s;
	int lock, r = 0;
	char *script;

	if (service_prepare(u, &s, &why) < 0)
		return not_done(j, "stop", u->name, 1, why);
	/* A start that is going on is ended by this; it has the lock. */
	state_read(&u->pool, u->name, &s.state);
	if (s.state.active == STATE_ACTIVATING)
		(void)!monitor_stop(&s, true, &result);
	lock = state_lock(&u->pool, u->name);
	if (lock < 0)
		return not_done(j, "stop", u->name, 1, strerror(-lock));
	look_at(u, &s.state);
	script = sysv_script(&u->pool, u->name);
	result = "success";
	if (s.state.outside && script != NULL)
		r = sysv_run(script, "stop");
	else if (is_up(&s.state) || s.state.active == STATE_DEACTIVATING)
		r = monitor_stop(&s, !j->r->no_block, &result);
	close(lock);
	if (r < 0)
		return not_done(j, "stop", u->name, 1, strerror(-r));
	/* A service that ends with an error has ended. */
	return s.state.outside && r != 0 ? job_failed(j, u->name, "exit-code") : 0;
}

static int stop_one(struct job *j, const char *name)
{
	struct list followers = {NULL};
	struct state st;
	struct unit u;
	int status = 0;

	unit_load(name, &u);
	state_read(&u.pool, u.name, &st);
	if (!unit_name_is_service(u.name) && u.state == UNIT_LOADED) {
		status = 0;
	} else if ((u.state == UNIT_NOT_FOUND || u.state == UNIT_BAD) && !is_up(&st)) {
		status = not_done(j, "stop", name, EXIT_NOT_INSTALLED,
				  pool_format(&u.pool, "Unit %s not loaded.", name));
	} else {
		dependents(j, u.name, &followers);
		for (size_t i = 0; i < followers.count; i++) {
			if (strcmp(followers.items[i], u.name) != 0 && !list_has(&j->done, followers.items[i])) {
				list_add(&j->r->pool, &j->done, followers.items[i]);
				(void)stop_one(j, followers.items[i]);
			}
		}
		status = stop_service(j, &u);
	}
	unit_done(&u);
	return status;
}

/* --- the verbs ------------------------------------------------------------------------------------------------------- */

static bool may_change(struct request *r, int *ret)
{
	int e = geteuid() == 0 ? state_prepare() : 0;

	if (geteuid() == 0 && e == 0)
		return true;
	if (geteuid() == 0)
		fprintf(stderr, "systemctl: cannot make the directory %s: %s\n", STATE_DIRECTORY, strerror(-e));
	else
		fprintf(stderr, "Failed to %s: only root may; try: sudo systemctl %s ...\n", r->verb, r->verb);
	*ret = geteuid() == 0 ? 1 : EXIT_NO_PERMISSION;
	return false;
}

static int each(struct request *r, int (*act)(struct job *j, const char *name))
{
	struct list names = {NULL};
	int status = 0;

	if (!may_change(r, &status))
		return status;
	if (r->words.count == 0) {
		fprintf(stderr, "systemctl: %s needs the name of a unit\n", r->verb);
		return 1;
	}
	unit_arguments(r, false, &names);
	if (names.count < r->words.count)
		status = 1;
	for (size_t i = 0; i < names.count; i++) {
		struct job j = {.r = r};
		int one = act(&j, names.items[i]);

		status = one != 0 ? one : status;
	}
	return status;
}

static int start(struct job *j, const char *name)
{
	return start_one(j, name, false);
}

static int restart(struct job *j, const char *name)
{
	bool only_active = strncmp(j->r->verb, "try-", 4) == 0 || strncmp(j->r->verb, "cond", 4) == 0;
	struct list followers = {NULL};
	struct state st;
	struct unit u;
	int status = 0;

	unit_load(name, &u);
	look_at(&u, &st);
	if (u.state == UNIT_LOADED && is_up(&st)) {
		bool no_block = j->r->no_block;

		dependents(j, u.name, &followers);
		j->r->no_block = false;
		status = stop_one(j, name);
		j->r->no_block = no_block;
	} else if (only_active) {
		unit_done(&u);
		return 0;
	}
	unit_done(&u);
	j->done.count = 0;
	if (status == 0)
		status = start_one(j, name, false);
	for (size_t i = 0; i < followers.count; i++)
		(void)start_one(j, followers.items[i], true);
	return status;
}

static int reload_service(struct job *j, struct unit *u, struct state *st)
{
	struct command *commands = NULL;
	const char *why = "", *result;
	struct service s;

	if (st->outside && sysv_script(&u->pool, u->name) != NULL)
		return sysv_run(sysv_script(&u->pool, u->name), "reload") == 0 ? 0
									       : job_failed(j, u->name, "exit-code");
	if (service_prepare(u, &s, &why) < 0)
		return not_done(j, "reload", u->name, 1, why);
	if (unit_commands(u, "ExecReload", &commands) < 0)
		return not_done(j, "reload", u->name, 1, "its unit file has a bad setting: ExecReload=");
	if (commands == NULL && strcmp(unit_get(u, "Service", "Type", ""), "notify-reload") == 0)
		return kill(st->main.pid, unit_signal(u, "ReloadSignal", SIGHUP)) == 0 ? 0 : 1;
	if (commands == NULL)
		return not_done(j, "reload", u->name, 1,
				pool_format(&u->pool, "Job type reload is not applicable for unit %s.", u->name));
	s.state = *st;
	(void)!service_open_log(&s);
	result = phase_reload(&s);
	return strcmp(result, "success") == 0 ? 0 : job_failed(j, u->name, result);
}

static int reload(struct job *j, const char *name)
{
	bool or_restart = strcmp(j->r->verb, "reload") != 0, only_active = strncmp(j->r->verb, "try-", 4) == 0;
	struct command *commands = NULL;
	struct state st;
	struct unit u;
	bool up, can;
	int status;

	unit_load(name, &u);
	look_at(&u, &st);
	up = u.state == UNIT_LOADED && is_up(&st);
	can = unit_commands(&u, "ExecReload", &commands) == 0 && commands != NULL;
	if (up && (can || !or_restart))
		status = reload_service(j, &u, &st);
	else if (or_restart && (up || !only_active))
		status = restart(j, name);
	else if (u.state == UNIT_LOADED)
		status = only_active ? 0
				     : not_done(j, "reload", name, 1,
						pool_format(&u.pool, "%s is not active, cannot reload.", name));
	else
		status = not_done(j, "reload", name, EXIT_NOT_INSTALLED,
				  pool_format(&u.pool, "Unit %s not found.", name));
	unit_done(&u);
	return status;
}

static int kill_one(struct job *j, const char *name)
{
	bool main_only = j->r->whom != NULL && strcmp(j->r->whom, "main") == 0;
	struct state st;
	struct pids pids;
	struct unit u;
	int status = 0;

	unit_load(name, &u);
	look_at(&u, &st);
	processes_find(&u.pool, st.monitor.pid, st.invocation, &pids);
	if (main_only)
		status = st.main.pid > 0 && kill(st.main.pid, j->r->signal) == 0 ? 0 : 1;
	else if (pids.count > 0 || st.main.pid > 0)
		processes_signal(pids.count > 0 ? &pids : &(struct pids){&st.main.pid, 1}, j->r->signal, 0);
	else
		status = 1;
	if (status != 0)
		(void)not_done(j, "kill", name, status, "No process to kill");
	unit_done(&u);
	return status;
}

static int reset_one(struct job *j, const char *name)
{
	struct state st;

	state_read(&j->r->pool, name, &st);
	if (st.active == STATE_FAILED)
		state_forget(name);
	return 0;
}

int verb_start(struct request *r)
{
	return each(r, start);
}

int verb_stop(struct request *r)
{
	return each(r, stop_one);
}

int verb_restart(struct request *r)
{
	return each(r, restart);
}

int verb_reload(struct request *r)
{
	return each(r, reload);
}

int verb_kill(struct request *r)
{
	return each(r, kill_one);
}

int verb_reset_failed(struct request *r)
{
	if (r->words.count == 0)
		state_names(&r->pool, &r->words);
	return r->words.count > 0 ? each(r, reset_one) : 0;
}
