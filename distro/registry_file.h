/* The registry's files, private to distro/: reading and replacing them, and making a damaged registry again. */
#ifndef LX_DISTRO_REGISTRY_FILE_H
#define LX_DISTRO_REGISTRY_FILE_H

#include "distro/distro.h"

/*
 * As registry_from_text; -ENOENT where there is no file. What is no regular file, or is larger than a registry may be, is
 * damaged.
 */
MUST_CHECK int registry_load(const char *path, struct registry *ret);

/* A new file beside path, synced, renamed over it. */
MUST_CHECK int registry_store(const char *path, const struct registry *r);

/* Writes d's own copy if it differs from what is there. */
MUST_CHECK int registry_store_copy(const struct distro *d);

/*
 * What the stores say, in order of their names, with what `salvaged` (which has the rest of a damaged registry in it) knows of
 * other places, the default and the default version. 0 or -ENOMEM.
 */
MUST_CHECK int registry_rebuild(const struct registry *salvaged, struct registry *ret);

/* Any store that a registry which is not there must have been for. */
bool registry_is_missed(void);

#endif
