/* Running instances as verbs see them. */
#ifndef LX_CLI_INSTANCE_H
#define LX_CLI_INSTANCE_H

#include <stdbool.h>

#include "distro/distro.h"

/* True if the distribution has an instance. */
bool instance_is_running(const struct distro *d);

#endif
