/*
 * Running instances as lxrun and the other verbs see them: found, started, joined, ended. A distribution has at most one.
 *
 * Who starts or ends one holds a lock on the distribution's location; who joins one that runs needs none.
 */
#ifndef LX_CLI_INSTANCE_H
#define LX_CLI_INSTANCE_H

#include <stdbool.h>

#include "base/attr.h"
#include "base/instance.h"
#include "cli/rundir.h"
#include "cli/user.h"
#include "distro/distro.h"

/* What an instance is to be, if it has to be started. */
struct instance_plan {
	const struct distro *distro; /* NULL: a root directory without a name, always an instance of its own */
	const char *root;            /* the host's path of the root directory, absolute, no links in it */
	const char *hostname;        /* NULL: the host's */
	enum instance_gate gate;
	bool patched; /* sites of prepared text do not trap */
	bool no_openat2;
	bool no_caches;
	const char *host;   /* where guests see the host's files, a path without links; "": nowhere */
	const char *target; /* a workshop: where its programs, whose root is `host`, see root; NULL (rundir.h) */
	bool locked;        /* the caller holds the distribution's lock, and has no instance of it */
	/* Called before and after it is started, under the lock of the distribution; NULL. */
	void (*prepare)(const struct instance_plan *plan, void *context);
	void (*boot)(const struct instance_plan *plan, const char *runtime, void *context);
	void *context;
};

/* What this process is to become. */
struct instance_program {
	const char *path;      /* with a slash, or to be found along PATH; the resident looks for it */
	const char *directory; /* where it starts */
	bool home_else;        /* or else in the home of its user */
	const struct user *user;
	const char *root; /* its root directory, a guest path without links; NULL: the instance's */
	int trace;        /* where its calls are traced; -1 */
};

/*
 * Joins the distribution's instance, starting it if there is none: this process then is expected to execute *ret_resident
 * (RESIDENT_PATH_MAX bytes), with the root directory on RESERVED_FD. -errno, and a sentence in message.
 */
#define RESIDENT_PATH_MAX (RUNDIR_PATH_MAX + 16)
MUST_CHECK int instance_enter(const struct instance_plan *plan, const struct instance_program *program,
			      char *ret_resident, struct message *message);

/* The same for a plan's instance that has just been started at runtime. */
MUST_CHECK int instance_join(const struct instance_plan *plan, const struct instance_program *program,
			     const char *runtime, char *ret_resident, struct message *message);

/* A root directory goes to the number that is reserved for it, whatever the limit on descriptors is; reports and exits. */
void instance_reserve_root(int root_fd);

/* The host's path of a distribution's root directory, as instances know it; -ENOENT, -ENAMETOOLONG. */
MUST_CHECK int instance_root(const struct distro *d, char *ret, size_t size);

/* True if the distribution has a supervisor. */
bool instance_is_running(const struct distro *d);
/*
 * Ends the distribution's instance, in at most 5 seconds, whatever state it is in, and removes what is left of one that is dead.
 * force: its programs are not asked first. 1 if there was something to end, 0 if not, or -errno with a sentence in message.
 */
MUST_CHECK int instance_end(const struct distro *d, bool force, struct message *message);
/*
 * Ends it now if no program runs in it, rather than when instanceIdleTimeout is over. True if it does not run (any more). Who comes
 * meanwhile is let in: then it is not ended.
 */
MUST_CHECK bool instance_end_idle(const struct distro *d);

#endif
