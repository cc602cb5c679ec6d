/* A distribution's location, held while nobody else may start, end, move or remove what is in it. */
#ifndef LX_CLI_STORE_H
#define LX_CLI_STORE_H

#include "distro/distro.h"
#include "distro/sidecar.h"

/*
 * Holds it (it ends with this process, or with close(2)): the lock under which instances start. Reports and exits if it is
 * somebody else's or the distribution runs; `what` is what cannot be done then: "removed". -ENOENT: the location is gone.
 */
MUST_CHECK int store_hold(const struct distro *d, const char *what);

/* The sidecar of a location that the directory is open on; -errno, and a sentence. */
MUST_CHECK int store_sidecar(int location, bool write, struct sidecar **ret, struct message *m);

/* How large a new disk of version 2 may become. */
uint64_t store_disk_size(void);

/* The first name in a location that is none of a distribution's; NULL if there is none. The buffer is the next call's, too. */
const char *store_stranger(const char *location);

/* Removes a distribution's files at a location, and the location itself if nothing else is in it. 0 or -errno. */
MUST_CHECK int store_remove(const char *location);

#endif
