/* --doctor: what on this host limits what, with its cure; of one distribution also what its programs asked for in vain. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
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
	char store[PATH_MAX];
	bool well, first = true;

	find_store(store, sizeof(store));
	if (o->argument_count > 0) {
		struct registry r;

		distributions_read(&r);
		snprintf(store, sizeof(store), "%s", distributions_find(&r, o->arguments[0])->location);
		registry_done(&r);
	}
	if (o->given[OPTION_JSON])
		putchar('[');
	well = examine(o, probes_of_host, store, &first);
	if (!o->given[OPTION_JSON])
		printf("\n%s\n", store);
	well = examine(o, probes_of_store, store, &first) && well;
	if (o->given[OPTION_JSON])
		puts("\n]");
	return well ? 0 : 1;
}
