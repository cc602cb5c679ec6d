/* --doctor: what on this host limits what, with its cure; of one distribution also what its programs asked for in vain. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/calls.h"
#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/json.h"
#include "cli/probe.h"

static void print_text(const struct probe *p, const struct probe_result *r)
{
	printf("%-26s %s%s%s\n", p->name, probe_state_name(r->state), r->found[0] != '\0' ? ": " : "", r->found);
	if (r->means[0] != '\0')
		printf("%-26s so %s\n", "", r->means);
	if (r->cure[0] != '\0')
		printf("%-26s cure: %s\n", "", r->cure);
}

static void print_json(const struct probe *p, const struct probe_result *r, bool first)
{
	printf("%s\n  {\"id\": \"%s\", \"state\": \"%s\", \"found\": ", first ? "" : ",", p->id,
	       probe_state_name(r->state));
	json_print_string(r->found);
	fputs(", \"means\": ", stdout);
	json_print_string(r->means);
	fputs(", \"cure\": ", stdout);
	json_print_string(r->cure);
	putchar('}');
}

/* True if nothing is missing. */
static bool examine(const struct options *o, const struct probe *probes, const char *store, bool *first)
{
	bool well = true;

	for (const struct probe *p = probes; p->id != NULL; p++) {
		struct probe_result r = {.state = PROBE_OK};

		p->run(store, &r);
		well = well && r.state != PROBE_MISSING;
		if (o->given[OPTION_JSON])
			print_json(p, &r, *first);
		else
			print_text(p, &r);
		*first = false;
	}
	return well;
}

static void print_call_text(const struct lost_call *l, bool first)
{
	char number[32];

	if (first)
		puts("\ncalls of its programs that version 1 could not do, or not in full");
	snprintf(number, sizeof(number), "number %u", l->nr);
	printf("%-26s %s\n", l->name != NULL ? l->name : number, l->why);
}

static void print_call_json(const struct lost_call *l, bool first)
{
	printf("%s\n  {\"id\": \"call\", \"number\": %u, \"name\": ", first ? "" : ",", l->nr);
	if (l->name != NULL)
		json_print_string(l->name);
	else
		fputs("null", stdout);
	fputs(", \"means\": ", stdout);
	json_print_string(l->why);
	putchar('}');
}

static void list_calls(const struct options *o, const struct distro *d)
{
	static struct lost_call calls[MISSED_CALLS_MAX];
	size_t count = calls_lost(d, calls);

	for (size_t i = 0; i < count; i++)
		if (o->given[OPTION_JSON])
			print_call_json(&calls[i], false);
		else
			print_call_text(&calls[i], i == 0);
}

/* Where new distributions will be: the nearest directory that is there. */
static void find_store(char *path, size_t size)
{
	if (distro_data_path(path, size) < 0)
		snprintf(path, size, "/");
	while (access(path, F_OK) < 0) {
		char *slash = strrchr(path, '/');

		if (slash == NULL || slash == path) {
			snprintf(path, size, "/");
			return;
		}
		*slash = '\0';
	}
}

int cmd_doctor(const struct options *o)
{
	const struct distro *d = NULL;
	struct registry r = REGISTRY_EMPTY;
	char store[PATH_MAX];
	bool well, first = true;

	find_store(store, sizeof(store));
	if (o->argument_count > 0) {
		distributions_read(&r);
		d = distributions_find(&r, o->arguments[0]);
		snprintf(store, sizeof(store), "%s", d->location);
	}
	if (o->given[OPTION_JSON])
		putchar('[');
	well = examine(o, probes_of_host, store, &first);
	if (!o->given[OPTION_JSON])
		printf("\n%s\n", store);
	well = examine(o, probes_of_store, store, &first) && well;
	if (d != NULL)
		list_calls(o, d);
	if (o->given[OPTION_JSON])
		puts("\n]");
	registry_done(&r);
	return well ? 0 : 1;
}
