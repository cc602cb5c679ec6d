#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/commands.h"
#include "cli/export.h"
#include "cli/install.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/store.h"
#include "distro/disk.h"

static int copy_tree(const struct reading *g, const struct install *n, const struct archive_options *options,
		     struct message *m)
{
	struct archive_options o = *options;
	int r = store_sidecar(g->lock, false, &o.sidecar, m);

	if (r == 0)
		r = store_sidecar(n->lock, true, &o.copy_sidecar, m);
	if (r == 0)
		r = archive_copy(g->root, n->root, &o, m);
	sidecar_close(o.sidecar);
	sidecar_close(o.copy_sidecar);
	return r;
}

static int copy_disk(const struct reading *g, struct install *n, const struct archive_options *o, struct message *m)
{
	char path[PATH_MAX];
	int to CLEANUP(host_close_at) = openat(n->lock, "disk.ext4", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r = reading_disk(g, path, sizeof(path), m);

	if (r == 0 && to < 0) {
		r = -errno;
		message_set(m, "cannot make the disk of '%s': %s", n->d.name, strerror(errno));
	}
	if (r == 0)
		r = disk_copy(path, to, o, m);
	/* Its directory of files, which it has none of. */
	(void)unlinkat(n->lock, "rootfs", AT_REMOVEDIR);
	n->d.version = 2;
	return r;
}

int cmd_clone(const struct options *o)
{
	char what[2 * DISTRO_NAME_MAX + 32];
	struct archive_options options;
	struct message m;
	struct reading g;
	struct install n;
	int r;

	install_begin(&n, o->arguments[1], o->values[OPTION_LOCATION], 1);
	(void)snprintf(what, sizeof(what), "copying %s to %s", o->arguments[0], n.d.name);
	r = reading_begin(&g, o->arguments[0], &m);
	if (r == 0) {
		n.d.default_uid = g.d.default_uid;
		n.d.oobe_pending = g.d.oobe_pending;
		snprintf(n.d.flavor, sizeof(n.d.flavor), "%s", g.d.flavor);
		snprintf(n.d.os_version, sizeof(n.d.os_version), "%s", g.d.os_version);
		options = *progress_begin(what, o->given[OPTION_SILENT]);
		r = g.d.version == 1 ? copy_tree(&g, &n, &options, &m) : copy_disk(&g, &n, &options, &m);
		reading_end(&g);
	}
	install_end(&n, r, &m);
	return 0;
}
