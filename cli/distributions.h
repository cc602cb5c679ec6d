/* What verbs do with the registry, each failure reported as one sentence. */
#ifndef LX_CLI_DISTRIBUTIONS_H
#define LX_CLI_DISTRIBUTIONS_H

#include "distro/distro.h"

/* registry_read and registry_begin; a registry that was made again is reported, which is no failure. */
void distributions_read(struct registry *ret);
void distributions_begin(struct registry *ret);
/* registry_commit and registry_done. */
void distributions_commit(struct registry *r);

/* The distribution of this name; who named none is told which one may have been meant. */
struct distro *distributions_find(const struct registry *r, const char *name);

/* A name for a new distribution, or another one for d (NULL: none): it must be one, and free. */
void distributions_check_name(const struct registry *r, const struct distro *d, const char *name);

/* "Stopped", "Running", "Installing" .. */
const char *distributions_state(const struct distro *d);

#endif
