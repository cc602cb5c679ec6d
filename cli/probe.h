/*
 * What on this host lxrun can use: each thing is tried, not looked up, and what is missing has its consequence and, where
 * there is one, its cure. For --doctor and --status. A probe changes nothing that lasts; what might harm the caller (a filter, a
 * tracee) is tried in a child.
 */
#ifndef LX_CLI_PROBE_H
#define LX_CLI_PROBE_H

#include <stddef.h>

enum probe_state {
	PROBE_OK,
	PROBE_LIMITED, /* version 1 works, something in it does not */
	PROBE_MISSING, /* version 1 does not work */
};

struct probe_result {
	enum probe_state state;
	char found[256]; /* what there is; "" if there is nothing to say */
	char means[256]; /* what that means for distributions; "" for PROBE_OK */
	char cure[256];  /* "" where there is none */
};

struct probe {
	const char *id;   /* for --json: "openat2" */
	const char *name; /* for people: "openat2(2)" */
	/* store: a directory on the file system in question. ret comes as PROBE_OK with empty texts. */
	void (*run)(const char *store, struct probe_result *ret);
};

/* Ended by one without an id. */
extern const struct probe probes_of_host[];
/* Of the file system that a distribution, or all new ones, are on. */
extern const struct probe probes_of_store[];

const char *probe_state_name(enum probe_state state);

#endif
