/*
 * The one process of a run that is not a guest: it outlives the first program, knows when the last guest has gone, and
 * cleans up behind them.
 */
#ifndef LX_CLI_SUPERVISOR_H
#define LX_CLI_SUPERVISOR_H

#include "base/attr.h"
#include "base/instance.h"

/*
 * Starts the supervisor of an instance as a process that is nobody's child. *ret_socket is the caller's end of the
 * socket on which the resident hands over the filter's listener. 0 or -errno. The supervisor removes the runtime
 * directory when the last guest is gone (or when the socket closes without a listener and no guest is left).
 * trace: serve --trace (trace.h).
 */
MUST_CHECK int supervisor_start(struct instance *in, bool trace, int *ret_socket);

#endif
