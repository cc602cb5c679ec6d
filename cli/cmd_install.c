#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
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

int cmd_install(const struct options *o)
{
	const char *name = o->given[OPTION_NAME] ? o->values[OPTION_NAME] : o->arguments[0];
	int version = o->given[OPTION_VERSION] ? options_version(o->values[OPTION_VERSION]) : 1;
	bool quiet = o->given[OPTION_SILENT];
	struct install n;

	if (!o->given[OPTION_FROM_FILE])
		report_fatal("distributions can be installed from a file only yet: lxrun --install --from-file FILE");
	if (o->given[OPTION_MAX_SIZE])
		progress_set_limit(progress_size(o->values[OPTION_MAX_SIZE]));
	install_begin(&n, name, o->values[OPTION_LOCATION], version);
	install_from_file(&n, o->values[OPTION_FROM_FILE], "installing", true, quiet);
	if (!quiet)
		fprintf(stderr, "%s is installed. It can be started with: lxrun %s\n", n.d.name, n.d.name);
	if (o->given[OPTION_NO_LAUNCH])
		return 0;
	launch(n.d.name);
}
