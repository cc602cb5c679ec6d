/*
 * The one process of an instance that is not a guest: it lets programs in, serves their calls, knows when the last of them has
 * gone, and cleans up behind them.
 */
#ifndef LX_CLI_SUPERVISOR_H
#define LX_CLI_SUPERVISOR_H

#include <stdint.h>

#include "base/attr.h"
#include "base/instance.h"

struct supervisor_options {
	struct instance *in;
	const char *name;     /* what people call it */
	const char *id;       /* of the distribution, which has been published; NULL: it is none */
	const char *location; /* the distribution's: locked while the instance ends; NULL */
	int64_t idle_timeout; /* milliseconds from the end of the last program to the instance's; negative: for ever */
};

/*
 * Starts the supervisor as a process that is nobody's child. When this comes back with 0 it can be asked for (cli/protocol.h)
 * at <runtime>/ctl, and it will remove the runtime directory; otherwise -errno, and nobody does.
 */
MUST_CHECK int supervisor_start(const struct supervisor_options *o);

#endif
