#include <stdio.h>

#include "cli/commands.h"
#include "cli/export.h"
#include "cli/install.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/store.h"

int cmd_clone(const struct options *o)
{
	char what[2 * DISTRO_NAME_MAX + 32];
	struct archive_options options;
	struct message m;
	struct reading g;
	struct install n;
	int r, signal;

	install_begin(&n, o->arguments[1], o->values[OPTION_LOCATION], 1);
	(void)snprintf(what, sizeof(what), "copying %s to %s", o->arguments[0], n.d.name);
	r = reading_begin(&g, o->arguments[0], &m);
	if (r == 0) {
		n.d.default_uid = g.d.default_uid;
		n.d.oobe_pending = g.d.oobe_pending;
		snprintf(n.d.flavor, sizeof(n.d.flavor), "%s", g.d.flavor);
		snprintf(n.d.os_version, sizeof(n.d.os_version), "%s", g.d.os_version);
		options = *progress_begin(what, o->given[OPTION_SILENT]);
		r = store_sidecar(g.lock, false, &options.sidecar, &m);
		if (r == 0)
			r = store_sidecar(n.lock, true, &options.copy_sidecar, &m);
		if (r == 0)
			r = archive_copy(g.root, n.root, &options, &m);
		sidecar_close(options.sidecar);
		sidecar_close(options.copy_sidecar);
		reading_end(&g);
	}
	if (r == 0)
		r = install_finish(&n, &m);
	signal = progress_end();
	if (r == 0)
		return 0;
	install_drop(&n);
	if (signal != 0)
		progress_die(signal);
	report_fatal("%s", m.text);
}
