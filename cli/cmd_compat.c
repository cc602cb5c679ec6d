/* --compat: suites of tests in a distribution, with the plain kernel beside it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/compat/compat.h"
#include "cli/distributions.h"
#include "cli/libexec.h"
#include "cli/report.h"

/* lxrun itself: beside this program in a build, in bin when both are installed. */
static void find_lxrun(char *ret, size_t size)
{
	if (libexec_look("lxrun", ret, size) && access(ret, X_OK) == 0)
		return;
	libexec_find("../../bin/lxrun", ret, size);
}

static void add(struct side *s, const char *word)
{
	size_t n = 0;

	while (s->words[n] != NULL)
		n++;
	s->words[n] = word;
}

static void check_suite(const char *name, const struct suite *suites, size_t count)
{
	char all[1024] = "";

	for (size_t i = 0; i < count; i++) {
		if (strcmp(suites[i].name, name) == 0)
			return;
		(void)snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s%s", i > 0 ? ", " : "", suites[i].name);
	}
	report_fatal("there is no suite '%s': it is one of %s", name, all);
}

/* True if what passes on the plain kernel passes here, but for what is known. */
static bool is_well(const struct suite_run *r, bool named)
{
	if (r->trouble[0] != '\0')
		return !named;
	for (size_t i = 0; i < r->results.count; i++)
		if (result_is_news(&r->results.items[i]))
			return false;
	return true;
}

int cmd_compat(const struct options *o)
{
	const char *only = o->values[OPTION_COMPAT_SUITE], *gate = o->values[OPTION_GATE];
	struct side here = {.alone = geteuid() == 0}, native;
	char lxrun[PATH_MAX], root[PATH_MAX];
	bool has_native = false, well = true, first = true;
	struct registry registry;
	const struct distro *d;
	struct suite *suites;
	size_t count;

	distributions_read(&registry);
	d = distributions_find(&registry, o->arguments[0]);
	suites = suites_find(&count);
	if (only != NULL)
		check_suite(only, suites, count);
	find_lxrun(lxrun, sizeof(lxrun));
	add(&here, lxrun);
	add(&here, "-d");
	add(&here, d->name);
	add(&here, "-u");
	add(&here, "root");
	add(&here, "--cd");
	add(&here, "/");
	if (gate != NULL) {
		add(&here, "--gate");
		add(&here, gate);
	}
	add(&here, "-e");
	add(&here, "--");
	if (d->version == 1) {
		(void)snprintf(root, sizeof(root), "%s/rootfs", d->location);
		has_native = native_begin(&native, root);
	} else if (gate != NULL) {
		report_fatal("--gate is version 1's, and '%s' is of version 2", d->name);
	}

	if (o->given[OPTION_JSON])
		printf("{\"distribution\": \"%s\", \"version\": %d, \"suites\": [", d->name, d->version);
	for (size_t i = 0; i < count; i++) {
		struct suite_run run = {
			.suite = &suites[i],
			.here = &here,
			.native = has_native ? &native : NULL,
			.match = o->values[OPTION_COMPAT_MATCH],
			.directory = o->values[OPTION_COMPAT_DIR],
			.quiet = o->given[OPTION_SILENT],
		};

		if (only != NULL ? strcmp(only, suites[i].name) != 0 : suites[i].chosen_only)
			continue;
		suite_run(&run);
		if (o->given[OPTION_JSON])
			print_suite_json(&run, first);
		else
			print_suite(&run);
		(void)fflush(stdout);
		first = false;
		well = is_well(&run, only != NULL) && well;
		results_free(&run.results);
	}
	if (o->given[OPTION_JSON])
		puts("\n]}");
	if (has_native)
		native_end(&native);
	free(suites);
	registry_done(&registry);
	return well ? 0 : 1;
}
