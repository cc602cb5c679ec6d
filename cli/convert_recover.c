#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/convert.h"
#include "distro/archive.h"

/* What may be at a location and is none of a version's. */
static const struct {
	const char *name;
	int not_of; /* 0: of neither */
	bool tree;
} parts[] = {
	{"rootfs.new", 0, true},     {"rootfs.old", 0, true},   {"links.new", 0, true},
	{"disk.ext4.new", 0, false}, {"rootfs", 2, true},       {"disk.ext4", 1, false},
	{"sidecar", 2, false},       {"sidecar.new", 2, false}, {"sidecar.damaged", 2, false},
};

int convert_recover(const struct distro *d)
{
	char path[PATH_MAX], whole[PATH_MAX];

	/* Whatever the registry says: nothing is removed for something that is not there. */
	if (distro_path(d, d->version == 1 ? "rootfs" : "disk.ext4", whole, sizeof(whole)) < 0 ||
	    access(whole, F_OK) < 0)
		return -ENOENT;
	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		int r;

		if (parts[i].not_of != 0 && parts[i].not_of != d->version)
			continue;
		if (distro_path(d, parts[i].name, path, sizeof(path)) < 0)
			return -ENAMETOOLONG;
		r = parts[i].tree ? archive_remove_tree(path) : unlink(path) < 0 ? -errno : 0;
		if (r < 0 && r != -ENOENT)
			return r;
	}
	return 0;
}
