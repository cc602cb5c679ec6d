/* --import-in-place: the disk stays where it is, and is a link at the distribution's location. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/install.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "distro/ext4.h"

/* In order, and a distribution, as far as can be told. */
static int look(const char *path, const struct archive_options *o, struct message *m)
{
	struct ext4_needs needs = {0};
	int r = ext4_check(path, true, m);

	if (r == 0 || r == -ENOENT)
		r = ext4_scan_disk(path, o, &needs, m);
	if (r == 0 && !needs.is_system) {
		message_set(m, "this is no distribution: there are neither /etc nor /bin in it");
		r = -EINVAL;
	}
	return r;
}

int cmd_import_in_place(const struct options *o)
{
	const char *file = o->arguments[1];
	char path[PATH_MAX], what[DISTRO_NAME_MAX + 32];
	struct archive_options options;
	struct message m;
	struct install n;
	int r = 0;

	if (realpath(file, path) == NULL)
		report_fatal("cannot open '%s': %s", file, strerror(errno));
	install_begin(&n, o->arguments[0], NULL, 2);
	(void)snprintf(what, sizeof(what), "importing %s", n.d.name);
	options = *progress_begin(what, o->given[OPTION_SILENT]);
	if (access(path, R_OK | W_OK) < 0 || symlinkat(path, n.lock, "disk.ext4") < 0 ||
	    unlinkat(n.lock, "rootfs", AT_REMOVEDIR) < 0) {
		r = -errno;
		message_set(&m, "cannot use '%s': %s", file, strerror(errno));
	}
	if (r == 0)
		r = look(path, &options, &m);
	install_end(&n, r, &m);
	return 0;
}
