#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/bootstrap.h"
#include "cli/commands.h"
#include "cli/fetch.h"
#include "cli/install.h"
#include "cli/libexec.h"
#include "cli/progress.h"
#include "cli/report.h"

/* lxrun is beside us in a build, and two directories up when installed. */
NORETURN static void launch(const char *name)
{
	char path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - sizeof("/../../bin/lxrun"));
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash != NULL) {
		strcpy(slash, "/lxrun");
		execl(path, "lxrun", "-d", name, (char *)NULL);
		strcpy(slash, "/../../bin/lxrun");
		execl(path, "lxrun", "-d", name, (char *)NULL);
	}
	execlp("lxrun", "lxrun", "-d", name, (char *)NULL);
	report_fatal("%s is installed, but lxrun cannot be started: %s", name, strerror(errno));
}

/* What cannot be said together. */
static void check(const struct options *o)
{
	if (o->given[OPTION_BOOTSTRAP] && o->given[OPTION_FROM_FILE])
		report_fatal("a distribution is made of an archive or of packages: --from-file or --bootstrap");
	if (!o->given[OPTION_BOOTSTRAP] && (o->given[OPTION_SUITE] || o->given[OPTION_MIRROR]))
		report_fatal("--suite and --mirror say how to make a distribution of packages: use --bootstrap");
	if (o->given[OPTION_BOOTSTRAP] && o->arguments[0] == NULL)
		report_fatal("what is to be made of packages? For instance: lxrun --install debian --bootstrap");
}

static void from_mirrors(const struct options *o, const char *name, int version, struct install *n)
{
	static struct bootstrap_plan plan;
	struct bootstrap b = {.name = o->arguments[0],
			      .suite = o->values[OPTION_SUITE],
			      .mirror = o->values[OPTION_MIRROR],
			      .program = o->values[OPTION_BOOTSTRAP]};
	struct message m;

	if (bootstrap_find(&b, &plan, &m) < 0)
		report_fatal("%s", m.text);
	install_begin(n, name, o->values[OPTION_LOCATION], version);
	bootstrap_install(n, &plan, o->given[OPTION_SILENT]);
}

/* By name: from the list of distributions, or where it cannot be had or does not know it, of packages. */
static void from_list(const struct options *o, const char *name, int version, struct install *n)
{
	const char *wanted = o->arguments[0];
	const struct manifest_entry *e = NULL;
	struct suite suite;
	struct manifest list;
	struct message m;
	bool had = fetch_manifest(&list, &m) == 0;

	if (had)
		e = manifest_find(&list, wanted);
	if (e != NULL) {
		install_begin(n, name != NULL ? name : e->name, o->values[OPTION_LOCATION], version);
		fetch_install(n, e, o->given[OPTION_SILENT]);
	} else if (wanted != NULL && suite_find(wanted, &suite)) {
		if (!had && !o->given[OPTION_SILENT])
			report("%s; %s is made of packages instead", m.text, wanted);
		from_mirrors(o, name, version, n);
	} else if (!had) {
		report_fatal("%s", m.text);
	} else if (wanted != NULL) {
		report_fatal(
			"there is no distribution '%s' to install; 'lxrun --list --online' lists those that there are",
			wanted);
	} else {
		report_fatal("the list of distributions has no default one: use a name of 'lxrun --list --online'");
	}
	manifest_done(&list);
}

int cmd_install(const struct options *o)
{
	const char *name = o->given[OPTION_NAME] ? o->values[OPTION_NAME] : o->arguments[0];
	int version = o->given[OPTION_VERSION] ? options_version(o->values[OPTION_VERSION]) : 0;
	bool quiet = o->given[OPTION_SILENT];
	struct install n;

	if (o->given[OPTION_MAX_SIZE])
		progress_set_limit(progress_size(o->values[OPTION_MAX_SIZE]));
	check(o);
	if (o->given[OPTION_BOOTSTRAP]) {
		from_mirrors(o, name, version, &n);
	} else if (o->given[OPTION_FROM_FILE]) {
		install_begin(&n, name, o->values[OPTION_LOCATION], version);
		install_from_file(&n, o->values[OPTION_FROM_FILE], "installing", true, quiet);
	} else {
		from_list(o, name, version, &n);
	}
	if (!quiet)
		fprintf(stderr, "%s is installed. It can be started with: lxrun %s\n", n.d.name, n.d.name);
	if (o->given[OPTION_NO_LAUNCH])
		return 0;
	launch(n.d.name);
}
