#include <string.h>

#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/report.h"

int cmd_set_default(const struct options *o)
{
	struct registry r;
	const struct distro *d;

	distributions_begin(&r);
	d = distributions_find(&r, o->arguments[0]);
	if (d->state == DISTRO_INSTALLING || d->state == DISTRO_UNINSTALLING)
		report_fatal("'%s' is no distribution that can be used: it is %s", d->name,
			     d->state == DISTRO_INSTALLING ? "being installed" : "being removed");
	strcpy(r.default_name, d->name);
	distributions_commit(&r);
	return 0;
}
