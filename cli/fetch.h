/* Distributions by name, from the list that is published of them (distro/manifest.h). */
#ifndef LX_CLI_FETCH_H
#define LX_CLI_FETCH_H

#include "cli/install.h"
#include "cli/options.h"
#include "distro/manifest.h"

/*
 * The list: LXRUN_MANIFEST's, or the configuration's distributionListUrl, or the one that is published, and what
 * distributionListUrlAppend adds to it. -errno, and a sentence.
 */
MUST_CHECK int fetch_manifest(struct manifest *ret, struct message *m);

/* Downloads an entry's archive, checks it, and installs what was begun; or reports and exits with nothing left. */
void fetch_install(struct install *n, const struct manifest_entry *e, bool quiet);

/* --list --online. */
int list_online(const struct options *o);

#endif
