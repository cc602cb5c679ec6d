/* A distribution that is being read as a whole: nobody starts, changes or removes it meanwhile. */
#ifndef LX_CLI_EXPORT_H
#define LX_CLI_EXPORT_H

#include "distro/distro.h"

struct reading {
	struct distro d;
	int lock; /* its location, held */
	int root;
};

/* With a sentence and -errno if there is none of that name, or it is in use by another command. */
MUST_CHECK int reading_begin(struct reading *g, const char *name, struct message *m);
void reading_end(struct reading *g);

#endif
