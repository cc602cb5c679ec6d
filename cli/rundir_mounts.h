/* The mounts that every instance begins with. Private to cli/rundir*.c. */
#ifndef LX_CLI_RUNDIR_MOUNTS_H
#define LX_CLI_RUNDIR_MOUNTS_H

#include <limits.h>
#include <stdbool.h>

#include "base/attr.h"
#include "cli/rundir.h"

/* Names in /dev that are the host's own devices; NULL-terminated. */
extern const char *const rundir_devices[];

/* Directories of a workshop that are its own and empty; the nth is tN in the runtime directory. NULL-terminated. */
extern const char *const rundir_temporary[];

/* The host's path of a device, no links in it, into PATH_MAX bytes; false if the host has none of that name. */
bool rundir_device_source(const char *name, char *source);

/* Fills the mount table; in->runtime is set. What the host does not have is left out. */
MUST_CHECK int rundir_add_mounts(struct instance *in, const struct rundir_options *o);

#endif
