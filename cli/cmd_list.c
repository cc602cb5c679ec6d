/* --list: WSL's columns, and JSON. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/json.h"
#include "cli/report.h"

static void check(const struct options *o)
{
	static const enum option pairs[][2] = {
		{OPTION_QUIET, OPTION_VERBOSE},
		{OPTION_ALL, OPTION_RUNNING},
		{OPTION_JSON, OPTION_QUIET},
		{OPTION_JSON, OPTION_VERBOSE},
	};

	for (size_t i = 0; i < ARRAY_SIZE(pairs); i++)
		if (o->given[pairs[i][0]] && o->given[pairs[i][1]])
			report_fatal("--%s and --%s exclude each other", option_rows[pairs[i][0]].name,
				     option_rows[pairs[i][1]].name);
}

/* What is being made or taken away is not yet, or no more, one that can be used. */
static bool is_shown(const struct options *o, const struct distro *d, const char *state)
{
	if (o->given[OPTION_RUNNING])
		return strcmp(state, "Running") == 0;
	return d->state == DISTRO_INSTALLED || o->given[OPTION_ALL] || o->given[OPTION_VERBOSE];
}

static void print_json(const struct distro *d, const char *state, bool is_default, bool first)
{
	printf("%s\n  {\"name\": ", first ? "" : ",");
	json_print_string(d->name);
	printf(", \"default\": %s, \"state\": ", is_default ? "true" : "false");
	json_print_string(state);
	printf(", \"version\": %d, \"location\": ", d->version);
	json_print_string(d->location);
	printf(", \"defaultUid\": %u, \"flavor\": ", d->default_uid);
	json_print_string(d->flavor);
	fputs(", \"osVersion\": ", stdout);
	json_print_string(d->os_version);
	fputs(", \"id\": ", stdout);
	json_print_string(d->id);
	putchar('}');
}

static int name_width(const struct registry *r)
{
	size_t width = strlen("NAME");

	for (size_t i = 0; i < r->count; i++)
		if (strlen(r->distros[i].name) > width)
			width = strlen(r->distros[i].name);
	return (int)width + 4;
}

static void print_head(const struct options *o, int width)
{
	if (o->given[OPTION_JSON])
		putchar('[');
	else if (o->given[OPTION_VERBOSE])
		printf("  %-*s%-16s%s\n", width, "NAME", "STATE", "VERSION");
	else if (!o->given[OPTION_QUIET])
		puts("Linux distributions of lxrun:");
}

static void print_one(const struct options *o, const struct distro *d, const char *state, bool is_default, int width,
		      bool first)
{
	if (o->given[OPTION_JSON])
		print_json(d, state, is_default, first);
	else if (o->given[OPTION_VERBOSE])
		printf("%s %-*s%-16s%d\n", is_default ? "*" : " ", width, d->name, state, d->version);
	else
		printf("%s%s\n", d->name, is_default && !o->given[OPTION_QUIET] ? " (Default)" : "");
}

/* The default one first, then as they were registered. */
static const struct distro *in_order(const struct registry *r, const struct distro *first, size_t i)
{
	if (first == NULL)
		return &r->distros[i];
	if (i == 0)
		return first;
	return &r->distros[i <= (size_t)(first - r->distros) ? i - 1 : i];
}

int cmd_list(const struct options *o)
{
	bool for_programs = o->given[OPTION_QUIET] || o->given[OPTION_JSON];
	const struct distro *first;
	struct registry r;
	size_t shown = 0;
	int width;

	check(o);
	distributions_read(&r);
	first = registry_default(&r);
	width = name_width(&r);
	for (size_t i = 0; i < r.count; i++) {
		const struct distro *d = in_order(&r, first, i);
		const char *state = distributions_state(d);

		if (!is_shown(o, d, state))
			continue;
		if (shown == 0)
			print_head(o, width);
		print_one(o, d, state, d == first, width, shown == 0);
		shown++;
	}
	registry_done(&r);
	if (o->given[OPTION_JSON])
		puts(shown > 0 ? "\n]" : "[]");
	if (shown == 0 && !for_programs && o->given[OPTION_RUNNING])
		report_fatal("there are no running distributions");
	if (shown == 0 && !for_programs)
		report_fatal("there are no distributions%s",
			     verb_by_name("install") != VERB_RUN ? "; 'lxrun --install' installs one" : "");
	return 0;
}
