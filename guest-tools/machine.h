/*
 * What lxrun tells a distribution about itself: /dev/lxrun, which lxrun makes in the instance's own /dev, so that it is gone
 * with the instance and nothing is written into the distribution. Lines of key=value:
 *	version	lxrun's
 *	name	the distribution's, empty for a directory without a name
 *	root	the host's path of the root directory
 *	host	where the host's files are seen (/mnt/host), empty if they are not
 *	instance	another text each time that the distribution is started
 */
#ifndef LX_GUEST_TOOLS_MACHINE_H
#define LX_GUEST_TOOLS_MACHINE_H

#include "guest-tools/pool.h"

struct machine {
	const char *version, *name, *root, *host, *instance; /* "" where it is not known */
};

/* False if there is no such file: all is "" then. */
bool machine_read(struct pool *p, struct machine *ret);
/* The same of a text. */
void machine_parse(struct pool *p, const char *text, struct machine *ret);

#endif
