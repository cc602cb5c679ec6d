/* A distribution that is being read as a whole: nobody starts, changes or removes it meanwhile. */
#ifndef LX_CLI_EXPORT_H
#define LX_CLI_EXPORT_H

#include "distro/archive.h"

struct reading {
	struct distro d;
	int lock; /* its location, held */
	int root; /* of version 2: -1 until reading_files() */
};

/* With a sentence and -errno if there is none of that name, or it is in use by another command. */
MUST_CHECK int reading_begin(struct reading *g, const char *name, struct message *m);
/* Of version 2: has its files as a tree for the time being, with their sidecar at the location. */
MUST_CHECK int reading_files(struct reading *g, const struct archive_options *o, struct message *m);
/* Of version 2: the path of its disk, which is in order. */
MUST_CHECK int reading_disk(const struct reading *g, char *path, size_t size, struct message *m);
void reading_end(struct reading *g);

#endif
