#include <stdio.h>

#include "cli/commands.h"
#include "cli/install.h"
#include "cli/progress.h"

int cmd_import(const struct options *o)
{
	const char *location = o->argument_count == 3 ? o->arguments[1] : NULL;
	const char *file = o->arguments[o->argument_count - 1];
	int version = o->given[OPTION_VERSION] ? options_version(o->values[OPTION_VERSION]) : 0;
	char what[DISTRO_NAME_MAX + 32];
	struct install n;

	if (o->given[OPTION_MAX_SIZE])
		progress_set_limit(progress_size(o->values[OPTION_MAX_SIZE]));
	install_begin(&n, o->arguments[0], location, version);
	snprintf(what, sizeof(what), "importing %s", n.d.name);
	/* Whoever imports has set it up before: nothing is run at its first start. */
	install_from_file(&n, file, what, false, o->given[OPTION_SILENT]);
	return 0;
}
