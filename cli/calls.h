/* For --doctor and --status: the calls that a distribution's programs made and that version 1 could not do. */
#ifndef LX_CLI_CALLS_H
#define LX_CLI_CALLS_H

#include <stddef.h>
#include <stdint.h>

#include "distro/distro.h"

struct lost_call {
	uint32_t nr;
	const char *name; /* NULL: the table does not know the number */
	const char *why;  /* what is missing, in a sentence */
};

/* In the order of their numbers; how many. What this lxrun can do, although an older one could not, is none of them. */
size_t calls_lost(const struct distro *d, struct lost_call ret[MISSED_CALLS_MAX]);

#endif
