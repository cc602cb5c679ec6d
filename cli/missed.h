/* The calls that the programs of an instance made in vain: from its memory to the distribution's location. */
#ifndef LX_CLI_MISSED_H
#define LX_CLI_MISSED_H

#include "base/attr.h"
#include "base/instance.h"

/* Adds them to what is kept there. Writes only if there is something new. location: NULL where there is none. 0 or -errno. */
MUST_CHECK int missed_store(struct instance *in, const char *location);

#endif
