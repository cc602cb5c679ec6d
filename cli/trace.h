/*
 * What --trace needs outside of the guests: somewhere for their lines to go, and the summary.
 *
 * Guests open what the instance's trace_path names for every line (translator/trace.c). That is the file of --trace=FILE, or
 * lxrun's standard error, which the supervisor keeps open, where it can be opened anew; where it cannot (a socket, another
 * user's file), a FIFO from which the supervisor copies.
 */
#ifndef LX_CLI_TRACE_H
#define LX_CLI_TRACE_H

#include "base/instance.h"

/* In the supervisor, which keeps a descriptor of its own for fd. 0, or -errno: -EBUSY while another trace is going on. */
MUST_CHECK int trace_begin(struct instance *in, int fd);
/* When the last of the traced is gone: the summary. Nothing happens if there is no trace. */
void trace_finish(struct instance *in);

#endif
