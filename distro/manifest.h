/*
 * The list of distributions that can be downloaded, in the form that WSL publishes it (DistributionInfo.json). Links jansson, so
 * only lxrun-archive uses it. What it says comes from outside: entries that make no sense are left out.
 */
#ifndef LX_DISTRO_MANIFEST_H
#define LX_DISTRO_MANIFEST_H

#include "distro/distro.h"

#define MANIFEST_URL "https://raw.githubusercontent.com/microsoft/WSL/master/distributions/DistributionInfo.json"
/* Nobody needs a larger one. */
#define MANIFEST_SIZE_MAX (4u << 20)

struct manifest_entry {
	char *flavor, *name, *friendly_name; /* names are valid ones (distro_name_is_valid) */
	char *url;                           /* http, https or file */
	char sha256[65];                     /* small hex digits */
	bool is_default;                     /* of its flavor */
};

struct manifest {
	struct manifest_entry *entries; /* in the order of the lists */
	size_t count;
	char *default_name; /* of a flavor; NULL */
};

/*
 * Adds a list's entries for this architecture. Of a flavor that was there already all entries are replaced, and so is the
 * default. -EINVAL with the half of a sentence that says what is wrong, and nothing changed.
 */
MUST_CHECK int manifest_add(struct manifest *m, const char *text, size_t size, struct message *message);
void manifest_done(struct manifest *m);

/*
 * Without regard to case: a flavor's default version (its first one, where none is), else a version of any flavor. NULL as the
 * name: the list's default.
 */
const struct manifest_entry *manifest_find(const struct manifest *m, const char *name);

#endif
