/*
 * A distribution from one version to the other. The new store is complete, and compared with the old one, before the registry knows
 * of it; both are there when it does; then the old one is removed. All the time the registry says that this is being done: whoever
 * finds that nobody is doing it any more removes what is not the registry's version (convert_recover).
 *
 *	version 1: rootfs, sidecar		being made: rootfs.new, links.new
 *	version 2: disk.ext4			being made: disk.ext4.new
 */
#ifndef LX_CLI_CONVERT_H
#define LX_CLI_CONVERT_H

#include "distro/archive.h"

/* Reports and exits when it cannot be done: nothing has changed then. */
void convert(const char *name, int version, bool quiet);
/*
 * The files of one of version 2, whose location is held, as a tree for the time being, with a sidecar at the location: a descriptor,
 * or -errno and a sentence. convert_recover() removes it.
 */
MUST_CHECK int convert_unpack(const struct distro *d, int location, const struct archive_options *o, struct message *m);
/* Nobody is at work on d, whose location is held: removes all that is not its version's. 0 or -errno. */
MUST_CHECK int convert_recover(const struct distro *d);

#endif
