/* systemctl show: properties, as KEY=value. */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/unit_name.h"

struct shown {
	struct request *r;
	struct unit *u;
	struct state st;
};

static const char *load_state(const struct shown *s)
{
	static const char *const names[] = {"not-found", "loaded", "masked", "error"};

	return names[s->u->state];
}

static const char *timestamp(struct pool *p, long since)
{
	char text[64] = "";
	time_t t = since;
	struct tm tm;

	if (since > 0 && localtime_r(&t, &tm) != NULL)
		(void)strftime(text, sizeof(text), "%a %Y-%m-%d %H:%M:%S %Z", &tm);
	return pool_copy(p, text);
}

static const char *yes(bool b)
{
	return b ? "yes" : "no";
}

static const char *decimal(struct pool *p, long n)
{
	return pool_format(p, "%ld", n);
}

static long exit_status(const struct state *st)
{
	return !st->main_ended              ? 0
	       : WIFEXITED(st->main_status) ? WEXITSTATUS(st->main_status)
					    : WTERMSIG(st->main_status);
}

static const char *commands(struct unit *u, const char *key)
{
	struct text t = {.pool = &u->pool};
	struct command *c = NULL;

	if (unit_commands(u, key, &c) < 0)
		return "";
	for (; c != NULL; c = c->next)
		text_add(&t,
			 pool_format(&u->pool, "%s{ path=%s ; argv[]=%s ; ignore_errors=%s }", t.used > 0 ? "; " : "",
				     c->path, list_join(&u->pool, &c->arguments, " "), yes(c->ignore_failure)));
	return text_end(&t);
}

static const char *of_process(const struct shown *s, const char *key)
{
	struct pool *p = &s->u->pool;
	bool alive = process_is_alive(&s->st.main);

	if (strcmp(key, "MainPID") == 0)
		return decimal(p, alive ? s->st.main.pid : 0);
	if (strcmp(key, "ExecMainPID") == 0)
		return decimal(p, s->st.main.pid);
	if (strcmp(key, "ExecMainStatus") == 0)
		return decimal(p, exit_status(&s->st));
	if (strcmp(key, "ExecMainCode") == 0)
		return decimal(p, !s->st.main_ended ? 0 : WIFEXITED(s->st.main_status) ? 1 : 2);
	if (strcmp(key, "NRestarts") == 0)
		return decimal(p, s->st.restarts);
	if (strcmp(key, "TasksCurrent") == 0) {
		struct pids pids;

		processes_find(p, s->st.monitor.pid, s->st.invocation, &pids);
		return decimal(p, (long)pids.count);
	}
	return NULL;
}

static const char *of_state(const struct shown *s, const char *key)
{
	struct pool *p = &s->u->pool;
	bool up = s->st.active == STATE_ACTIVE;

	if (strcmp(key, "ActiveState") == 0)
		return state_active_name(s->st.active);
	if (strcmp(key, "SubState") == 0)
		return s->st.sub;
	if (strcmp(key, "Result") == 0)
		return s->st.result;
	if (strcmp(key, "StatusText") == 0)
		return s->st.text;
	if (strcmp(key, "InvocationID") == 0)
		return s->st.invocation;
	if (strcmp(key, "StateChangeTimestamp") == 0)
		return timestamp(p, s->st.since);
	if (strcmp(key, "ActiveEnterTimestamp") == 0)
		return timestamp(p, up ? s->st.since : 0);
	if (strcmp(key, "InactiveEnterTimestamp") == 0)
		return timestamp(p, up ? 0 : s->st.since);
	return of_process(s, key);
}

static const char *of_unit(const struct shown *s, const char *key)
{
	struct unit *u = s->u;
	struct pool *p = &u->pool;
	bool loaded = u->state == UNIT_LOADED;

	if (strcmp(key, "Id") == 0)
		return u->name;
	if (strcmp(key, "Names") == 0)
		return list_join(p, &u->names, " ");
	if (strcmp(key, "Description") == 0)
		return unit_get(u, "Unit", key, u->name);
	if (strcmp(key, "LoadState") == 0)
		return load_state(s);
	if (strcmp(key, "LoadError") == 0)
		return loaded ? ""
			      : pool_format(p, "org.freedesktop.systemd1.NoSuchUnit \"Unit %s not found.\"", u->name);
	if (strcmp(key, "FragmentPath") == 0)
		return u->init_script == NULL ? u->path : "";
	if (strcmp(key, "SourcePath") == 0)
		return u->init_script != NULL ? u->path : "";
	if (strcmp(key, "DropInPaths") == 0)
		return list_join(p, &u->drop_ins, " ");
	if (strcmp(key, "UnitFileState") == 0)
		return unit_file_state(p, u->name);
	if (strcmp(key, "UnitFilePreset") == 0)
		return unit_file_preset(p, u->name);
	if (strcmp(key, "CanStart") == 0 || strcmp(key, "CanStop") == 0)
		return yes(loaded && unit_name_is_service(u->name));
	if (strcmp(key, "CanReload") == 0)
		return yes(commands(u, "ExecReload")[0] != '\0');
	if (strcmp(key, "NeedDaemonReload") == 0)
		return "no";
	if (strcmp(key, "Type") == 0)
		return unit_get(u, "Service", key, "simple");
	if (strcmp(key, "Restart") == 0)
		return unit_get(u, "Service", key, "no");
	return strncmp(key, "Exec", 4) == 0 ? commands(u, key) : NULL;
}

/* Anything else is what the unit file says. */
static const char *of_files(const struct shown *s, const char *key)
{
	static const char *const sections[] = {"Unit", "Service", "Install"};

	for (size_t i = 0; i < ARRAY_SIZE(sections); i++) {
		struct list values = {NULL};

		unit_words(s->u, sections[i], key, &values);
		if (values.count > 0)
			return list_join(&s->u->pool, &values, " ");
	}
	return NULL;
}

static void print(const struct shown *s, const char *key, bool asked)
{
	const char *value = of_state(s, key);

	if (value == NULL)
		value = of_unit(s, key);
	if (value == NULL)
		value = of_files(s, key);
	if (value == NULL || (!asked && value[0] == '\0' && !s->r->all))
		return;
	if (s->r->value)
		puts(value);
	else
		printf("%s=%s\n", key, value);
}

static void show(struct request *r, struct unit *u)
{
	static const char *const all[] = {"Type",
					  "Restart",
					  "PIDFile",
					  "MainPID",
					  "ExecMainPID",
					  "ExecMainCode",
					  "ExecMainStatus",
					  "NRestarts",
					  "Result",
					  "StatusText",
					  "ExecStart",
					  "ExecReload",
					  "ExecStop",
					  "TasksCurrent",
					  "User",
					  "Group",
					  "WorkingDirectory",
					  "Environment",
					  "Id",
					  "Names",
					  "Requires",
					  "Wants",
					  "WantedBy",
					  "Conflicts",
					  "Before",
					  "After",
					  "Documentation",
					  "Description",
					  "LoadState",
					  "ActiveState",
					  "SubState",
					  "FragmentPath",
					  "SourcePath",
					  "DropInPaths",
					  "UnitFileState",
					  "UnitFilePreset",
					  "StateChangeTimestamp",
					  "ActiveEnterTimestamp",
					  "InactiveEnterTimestamp",
					  "CanStart",
					  "CanStop",
					  "CanReload",
					  "NeedDaemonReload",
					  "InvocationID"};
	struct shown s = {.r = r, .u = u};

	look_at(u, &s.st);
	for (size_t i = 0; i < r->properties.count; i++)
		print(&s, r->properties.items[i], true);
	for (size_t i = 0; r->properties.count == 0 && i < ARRAY_SIZE(all); i++)
		print(&s, all[i], false);
}

int verb_show(struct request *r)
{
	struct list names = {NULL};

	unit_arguments(r, false, &names);
	if (r->words.count == 0)
		puts("SystemState=offline");
	for (size_t i = 0; i < names.count; i++) {
		struct unit u;

		if (i > 0)
			putchar('\n');
		unit_load(names.items[i], &u);
		show(r, &u);
		unit_done(&u);
	}
	return names.count == r->words.count ? 0 : 1;
}
