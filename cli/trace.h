/*
 * What --trace needs outside of the guests: somewhere for their lines to go, and the summary.
 *
 * Guests open what the instance's trace_path names for every line (translator/trace.c). That is the file of --trace=FILE, or
 * lxrun's standard error where it can be opened anew; where it cannot (a socket, another user's file), a FIFO from which the
 * supervisor copies.
 */
#ifndef LX_CLI_TRACE_H
#define LX_CLI_TRACE_H

#include "base/instance.h"

/* Before the supervisor is started. file: a path without links, "" for standard error. 0 or -errno. */
MUST_CHECK int trace_prepare(struct instance *in, const char *file);
/* When it is there, before the first guest. */
void trace_begin(struct instance *in);

/* In the supervisor: at its beginning, and when the last guest is gone. */
void trace_serve(struct instance *in);
void trace_finish(struct instance *in);

#endif
