/* --manage's changes of a disk of version 2. They report and end on failure. */
#ifndef LX_CLI_DISK_H
#define LX_CLI_DISK_H

#include "distro/distro.h"

/* To a size like 2TB, which is more than it has; while the distribution runs where the backend can do that. */
void disk_resize(const struct distro *d, const char *size);
/* What no file uses any more takes no room on the host. Starts the distribution. */
void disk_compact(const struct distro *d);

#endif
