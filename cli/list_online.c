/* --list --online: what can be installed by name. */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cli/fetch.h"
#include "cli/json.h"
#include "cli/report.h"

/* Of a flavor: the list has all, people want the newest. */
#define VERSIONS_MAX 4

static void check(const struct options *o)
{
	static const enum option others[] = {OPTION_VERBOSE, OPTION_ALL, OPTION_RUNNING};

	for (size_t i = 0; i < ARRAY_SIZE(others); i++)
		if (o->given[others[i]])
			report_fatal("--online and --%s exclude each other", option_rows[others[i]].name);
	if (o->given[OPTION_JSON] && o->given[OPTION_QUIET])
		report_fatal("--json and --quiet exclude each other");
}

/* How many of its flavor stand in front of it. */
static size_t place_of(const struct manifest *m, const struct manifest_entry *e)
{
	size_t n = 0;

	for (const struct manifest_entry *other = m->entries; other < e; other++)
		if (strcasecmp(other->flavor, e->flavor) == 0)
			n++;
	return n;
}

static void print_json(const struct manifest *m)
{
	putchar('[');
	for (size_t i = 0; i < m->count; i++) {
		const struct manifest_entry *e = &m->entries[i];

		printf("%s\n  {\"name\": ", i > 0 ? "," : "");
		json_print_string(e->name);
		fputs(", \"friendlyName\": ", stdout);
		json_print_string(e->friendly_name);
		fputs(", \"flavor\": ", stdout);
		json_print_string(e->flavor);
		printf(", \"default\": %s, \"url\": ", e->is_default ? "true" : "false");
		json_print_string(e->url);
		fputs(", \"sha256\": ", stdout);
		json_print_string(e->sha256);
		putchar('}');
	}
	puts(m->count > 0 ? "\n]" : "]");
}

static void print_names(const struct options *o, const struct manifest *m)
{
	size_t width = strlen("NAME");

	for (size_t i = 0; i < m->count; i++)
		if (strlen(m->entries[i].name) > width)
			width = strlen(m->entries[i].name);
	if (!o->given[OPTION_QUIET])
		printf("Distributions that can be installed with 'lxrun --install NAME':\n\n%-*s%s\n", (int)width + 4,
		       "NAME", "FRIENDLY NAME");
	for (size_t i = 0; i < m->count; i++) {
		const struct manifest_entry *e = &m->entries[i];

		if (o->given[OPTION_QUIET])
			puts(e->name);
		else if (place_of(m, e) < VERSIONS_MAX)
			printf("%-*s%s\n", (int)width + 4, e->name, e->friendly_name);
	}
}

int list_online(const struct options *o)
{
	struct manifest list;
	struct message m;

	check(o);
	if (fetch_manifest(&list, &m) < 0)
		report_fatal("%s", m.text);
	if (o->given[OPTION_JSON])
		print_json(&list);
	else
		print_names(o, &list);
	manifest_done(&list);
	return 0;
}
