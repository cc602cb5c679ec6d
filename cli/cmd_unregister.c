/* --unregister: the registry says first that it is no more, so that a command that is killed can be given again. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/report.h"
#include "cli/store.h"

int cmd_unregister(const struct options *o)
{
	struct registry r;
	struct distro gone, *d;
	int store, error;

	distributions_begin(&r);
	d = distributions_find(&r, o->arguments[0]);
	store = store_hold(d, "removed");
	gone = *d;
	d->state = DISTRO_UNINSTALLING;
	distributions_commit(&r);

	error = store_remove(gone.location);
	if (error < 0)
		report_fatal("cannot remove all of '%s' in '%s': %s; lxrun --unregister %s tries again", gone.name,
			     gone.location, strerror(-error), gone.name);
	distributions_begin(&r);
	d = registry_find(&r, gone.name);
	if (d != NULL && strcmp(d->id, gone.id) == 0)
		registry_remove(&r, d);
	distributions_commit(&r);
	if (store < 0)
		report("the files of '%s' were gone already from '%s'", gone.name, gone.location);
	else
		close(store);
	return 0;
}
