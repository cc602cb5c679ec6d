/*
 * Distributions that are made of packages from mirrors, by the host's own mmdebstrap or debootstrap, which run unchanged in an
 * instance of the distribution to be: the host's files are their root, read-only, and the distribution is its directory /target.
 */
#ifndef LX_CLI_BOOTSTRAP_H
#define LX_CLI_BOOTSTRAP_H

#include "cli/install.h"
#include "distro/suites.h"

struct bootstrap {
	const char *name;    /* what is to be made: "debian", "ubuntu-24.04" (suites.h) */
	const char *suite;   /* instead of the one that the name means; NULL */
	const char *mirror;  /* instead of the machine's own sources; NULL */
	const char *program; /* mmdebstrap or debootstrap; NULL: which there is */
};

/* What a bootstrap is of, and with what: found before anything is made. */
struct bootstrap_plan {
	struct suite suite;
	struct suite_sources sources;
	const char *program;
	bool own_mirror;
	char proxy[1024]; /* apt's; "" */
};

/* -errno, and a sentence, if that cannot be made on this machine. */
MUST_CHECK int bootstrap_find(const struct bootstrap *b, struct bootstrap_plan *ret, struct message *m);

/* Makes what was begun with install_begin(); reports and exits with nothing left where that fails or is interrupted. */
void bootstrap_install(struct install *n, const struct bootstrap_plan *plan, bool quiet);

/* --- the instance that it runs in (workshop.c) ------------------------------------------------------------------------- */

#define WORKSHOP_TARGET "/target"

struct workshop {
	struct install *install;
	char **words, **environment;
	/* A line that the program has written, without its end; a result other than 0 asks for an end of it. */
	int (*line)(void *context, const char *line);
	void *context;
};

/*
 * Runs words[0], found along the host's PATH, and waits for it and all that it has started. Its wait status; -ECANCELED: it was
 * ended because somebody wanted to; -errno with a sentence if it could not be started. Nobody of the instance is left then.
 */
MUST_CHECK int workshop_run(const struct workshop *w, struct message *m);

#endif
