#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/report.h"

int cmd_set_version(const struct options *o)
{
	int version = options_version(o->arguments[1]);
	struct registry r;
	const struct distro *d;

	distributions_read(&r);
	d = distributions_find(&r, o->arguments[0]);
	if (d->version == version)
		report_fatal("'%s' is of version %d already", d->name, version);
	report_fatal("'%s' is of version %d, which this lxrun cannot convert", d->name, d->version);
}
