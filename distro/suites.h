/*
 * What can be bootstrapped from package mirrors: distributions that are made of Debian packages, their suites, and which of them
 * a name means.
 */
#ifndef LX_DISTRO_SUITES_H
#define LX_DISTRO_SUITES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

struct suite_family {
	const char *name;     /* "debian" */
	const char *title;    /* as people write it */
	const char *origin;   /* what its Release files say, by which apt's sources of it are found */
	const char *keyring;  /* what its packages are signed with, where the distributions keep it */
	const char *mirror;   /* where a machine has no sources of it */
	const char *security; /* and of its security updates; NULL: they are on the mirror */
	const char *newest;   /* the suite that its name alone means, where the machine has no sources of it */
};

struct suite {
	const struct suite_family *family;
	char name[65]; /* "bookworm"; "" where the family's name was said alone */
};

/*
 * What NAME means, without regard to case: "debian", "debian-12", "debian-bookworm", "bookworm", "ubuntu-24.04" .. False if it is
 * nothing of the kind.
 */
bool suite_find(const char *name, struct suite *ret);
/* Names of suites go on command lines and into files: letters, digits, '.', '-', '_', the first no sign. */
bool suite_name_is_valid(const char *name);
/* True if a suite has others beside it for updates and security. */
bool suite_has_updates(const struct suite *s);

/* --- what apt says of its sources ------------------------------------------------------------------------------------- */

#define SUITE_SOURCES_MAX 32

/* Lines of sources.list. */
struct suite_sources {
	size_t count;
	char lines[SUITE_SOURCES_MAX][1024];
};

/* How suite_source_add() wants its lines: `apt-get indextargets --format`. */
#define SUITE_SOURCES_FORMAT "$(ORIGIN)|$(REPO_URI)|$(CODENAME)|$(COMPONENT)"

/*
 * The suite whose packages this machine takes, from a line of that form: into ret (65 bytes), if it is of the family and ret is
 * "".
 */
void suite_of_machine(const struct suite_family *family, const char *line, char *ret);
/*
 * From a line of that form, what the machine's source of the machine's suite `own` is for the suite s: added to ret, or nothing if it is
 * none, or for something else.
 */
void suite_source_add(const struct suite *s, const char *own, const char *line, struct suite_sources *ret);
/* What the world has, for a machine without sources of it. */
void suite_sources_default(const struct suite *s, struct suite_sources *ret);

#endif
