/* --status: the defaults, and what can be used here. */
#include <stdio.h>
#include <string.h>

#include "cli/calls.h"
#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/gates.h"
#include "cli/json.h"
#include "cli/vm.h"

static struct lost_call calls[MISSED_CALLS_MAX];

/* A line of vm_probe(), taken apart; false: what it says is no line. */
static bool split(char *line, char **ret_reason)
{
	line[strcspn(line, "\n")] = '\0';
	*ret_reason = strchr(line, ' ');
	if (*ret_reason == NULL)
		return false;
	*(*ret_reason)++ = '\0';
	return true;
}

static void print_backends(void)
{
	FILE *f = vm_probe();
	char line[1024], *reason;

	puts("Version 2, a kernel of its own, by");
	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (split(line, &reason))
			printf("  backend %s: %s%s\n", line,
			       strcmp(reason, "usable") == 0 ? "" : "not usable: ", reason);
	if (f != NULL)
		fclose(f);
}

static void print_backends_json(void)
{
	FILE *f = vm_probe();
	char line[1024], *reason;
	bool first = true;

	fputs("],\n  \"backends\": {", stdout);
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		if (!split(line, &reason))
			continue;
		printf("%s\n    \"%s\": {\"usable\": %s", first ? "" : ",", line,
		       strcmp(reason, "usable") == 0 ? "true" : "false");
		if (strcmp(reason, "usable") != 0) {
			fputs(", \"reason\": ", stdout);
			json_print_string(reason);
		}
		putchar('}');
		first = false;
	}
	if (f != NULL)
		fclose(f);
	fputs("\n  }\n}\n", stdout);
}

static void print_text(const struct registry *r, const struct distro *d)
{
	printf("Default Distribution: %s\n", d != NULL ? d->name : "(none)");
	printf("Default Version: %d\n", r->default_version);
	puts("Version 1, system calls translated, by");
	for (size_t i = 0; i < ARRAY_SIZE(gate_names); i++) {
		int error = gate_try((enum instance_gate)i);

		if (error == 0)
			printf("  gate %s: usable\n", gate_names[i]);
		else
			printf("  gate %s: not usable: %s (%s)\n", gate_names[i],
			       gate_reason((enum instance_gate)i, error), strerror(-error));
	}
	if (d != NULL) {
		size_t count = calls_lost(d, calls);

		if (count > 0)
			printf("  calls of %s's programs that it could not do, or not in full: %zu (lxrun --doctor "
			       "%s)\n",
			       d->name, count, d->name);
	}
	print_backends();
}

static void print_json(const struct registry *r, const struct distro *d)
{
	fputs("{\n  \"defaultDistribution\": ", stdout);
	if (d != NULL)
		json_print_string(d->name);
	else
		fputs("null", stdout);
	printf(",\n  \"defaultVersion\": %d,\n  \"gates\": {", r->default_version);
	for (size_t i = 0; i < ARRAY_SIZE(gate_names); i++) {
		int error = gate_try((enum instance_gate)i);

		printf("%s\n    \"%s\": {\"usable\": %s", i > 0 ? "," : "", gate_names[i],
		       error == 0 ? "true" : "false");
		if (error != 0) {
			fputs(", \"reason\": ", stdout);
			json_print_string(gate_reason((enum instance_gate)i, error));
		}
		putchar('}');
	}
	fputs("\n  },\n  \"missedCalls\": [", stdout);
	if (d != NULL) {
		size_t count = calls_lost(d, calls);

		for (size_t i = 0; i < count; i++)
			printf("%s%u", i > 0 ? ", " : "", calls[i].nr);
	}
	print_backends_json();
}

int cmd_status(const struct options *o)
{
	struct registry r;

	distributions_read(&r);
	if (o->given[OPTION_JSON])
		print_json(&r, registry_default(&r));
	else
		print_text(&r, registry_default(&r));
	registry_done(&r);
	return 0;
}
