/* The utility VM's host process, as the command line sees it: found, started, asked. Links the libc only. */
#ifndef LX_CLI_VM_H
#define LX_CLI_VM_H

#include <stdbool.h>
#include <stdio.h>

#include "base/attr.h"
#include "cli/options.h"
#include "distro/distro.h"
#include "vm-backend/frame.h"

/* A socket to it; it is started if `start` says so. -ENOENT: there is none; -errno, and a sentence. */
MUST_CHECK int vm_connect(bool start, struct message *message);

/* For a request on stream 1: what comes first, and "bring that distribution up", which is answered only when it cannot be. */
MUST_CHECK int vm_put_hello(struct queue *out);
void vm_put_start(struct queue *out, const struct distro *d);
/* Sends it and waits for DONE or ERROR: 0, -EIO for an error, -ETIMEDOUT, -EPIPE; the answer's fields are appended to said. */
MUST_CHECK int vm_exchange(int fd, const struct queue *out, int milliseconds, struct queue *said);

/* Who holds the distribution's disk: a VM. */
bool vm_is_running(const struct distro *d);
/* Ends a distribution in the VM, if it is in one: 1 if there was something to end, 0 if not, -errno with a sentence. */
MUST_CHECK int vm_end(const struct distro *d, bool force, struct message *message);
/* Ends it now if nothing runs in it: true if it does not run (any more). */
MUST_CHECK bool vm_end_idle(const struct distro *d);
/* Ends the VM with all that is in it, in a few seconds, whatever state it is in: as vm_end(). */
MUST_CHECK int vm_shutdown(bool force, struct message *message);

/* Each backend and "usable" or why it is not, a line each; NULL when the program that knows cannot be started. */
FILE *vm_probe(void);

/* Runs what the options say in a distribution of version 2; its exit status, or does not return. */
int vm_run(const struct options *o, const struct distro *d);
/* own_first_run() of version 2. */
void vm_first_run(struct distro *d);

#endif
