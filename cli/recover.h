/*
 * What commands that were killed have left: distributions that were being installed are removed, exported ones are free again.
 * A command that is at work holds its distribution's location with flock, so whoever can have that lock knows that it is gone.
 */
#ifndef LX_CLI_RECOVER_H
#define LX_CLI_RECOVER_H

#include "distro/distro.h"

/* In silence: what cannot be done now is done by a later command. */
void recover(void);

/* The location's descriptor with the lock; -EWOULDBLOCK: somebody is at work on it; -ENOENT. */
MUST_CHECK int location_lock(const char *location);

#endif
