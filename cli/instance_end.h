/* Ending instances, and the lock of a location. Private to cli/instance*.c. */
#ifndef LX_CLI_INSTANCE_END_H
#define LX_CLI_INSTANCE_END_H

#include <signal.h>
#include <stdbool.h>

#include "base/attr.h"
#include "distro/distro.h"

/*
 * The lock under which the distribution is started, ended and changed, held until the descriptor is closed. -EWOULDBLOCK when
 * somebody else has had it for that long.
 */
MUST_CHECK int instance_lock(const struct distro *d, int milliseconds);
/* Tells a supervisor that an idle instance is to end now. */
#define INSTANCE_SIGNAL_IDLE SIGUSR1

/* instance_end() by who holds the lock. -EBUSY: something would not die. */
MUST_CHECK int instance_end_locked(const struct distro *d, bool force);

#endif
