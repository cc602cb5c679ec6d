/*
 * --compat: suites of tests, run in a distribution and beside it on the plain kernel, and compared. README.md has the theory.
 *
 * A suite is a script, NAME.sh, and what is known of its tests, NAME.expected, both beside lxrun's other parts in compat/
 * (tests/compat of the source). A side is a place that commands run in. Everything here reports and exits on what keeps a
 * comparison from being made; a test that fails is a result.
 */
#ifndef LX_CLI_COMPAT_COMPAT_H
#define LX_CLI_COMPAT_COMPAT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

/* --- sides (side.c, native.c) ------------------------------------------------------------------------------------------ */

/* A place where commands run as its root. */
struct side {
	const char *words[16]; /* what comes in front of a command: lxrun and its options; [0] NULL: the plain kernel */
	bool alone;            /* in a network namespace of its own: the caller is the real root */
	pid_t holder;          /* the plain kernel's: has the namespaces and the root; 0: none */
	char dir[64];          /* the suite's directory in there, "" before side_open() */
};

/* What a side's command printed, a line at a time, without the newline; it may change the text. */
typedef void (*line_function)(char *line, void *context);

/*
 * Runs `command` of sh with its words in the side and the file (a descriptor, -1: nothing) on its standard input; each line of its
 * output goes to the function. Its standard error is the caller's. The exit status, 128 + the signal that ended it.
 */
MUST_CHECK int side_run(struct side *s, int input, line_function line, void *context, const char *command, ...)
	__attribute__((sentinel));
/* Makes 127.0.0.1 answer in a network namespace that was just made, where no interface is up. */
bool side_raise_loopback(void);
/* Puts lxtry, the suite's script and its data into a new directory of the side. False: it said why. */
MUST_CHECK bool side_open(struct side *s, const char *suite);
/* Removes that directory. */
void side_close(struct side *s);

/*
 * The plain kernel with the root directory's files, none of which it changes (an overlay), in namespaces of its own. False where
 * the caller is not root, or the host has no overlays.
 */
MUST_CHECK bool native_begin(struct side *s, const char *root);
void native_end(struct side *s);
/* In a child: becomes a process of that side. Exits on failure. */
void native_enter(const struct side *s);

/* --- results (results.c) ---------------------------------------------------------------------------------------------------- */

enum outcome {
	OUTCOME_NONE, /* not run, or nothing is known */
	OUTCOME_PASSED,
	OUTCOME_FAILED,
	OUTCOME_SKIPPED,
};

struct result {
	char *name; /* FAMILY/TEST */
	enum outcome native, here;
	bool native_known;      /* native is what compat/NAME.expected says, it was not run */
	enum outcome expected;  /* here, by the same file */
	char *reason;           /* why it does not pass here, by the same file; NULL */
	char *how, *native_how; /* how it ended; NULL */
	long milliseconds;
};

struct results {
	struct result *items;
	size_t count, room;
};

/* The test of this name, added if there was none. */
struct result *results_of(struct results *r, const char *name);
/* Reads a line of lxtry's. False if it is none. */
bool results_read(struct results *r, char *line, bool native);
/* Reads what is expected: lines of NAME, native, here, reason between tabs. */
void results_expect(struct results *r, const char *suite);
void results_free(struct results *r);

const char *outcome_name(enum outcome o);

/* Passes on the plain kernel and not here. */
static inline bool result_is_lost(const struct result *r)
{
	return r->native == OUTCOME_PASSED && r->here != OUTCOME_NONE && r->here != OUTCOME_PASSED;
}

/* Lost, and nobody has said so before. */
static inline bool result_is_news(const struct result *r)
{
	return result_is_lost(r) && (r->expected == OUTCOME_PASSED || r->expected == OUTCOME_NONE || r->reason == NULL);
}

/* --- suites (suite.c) ------------------------------------------------------------------------------------------------------- */

struct suite {
	char name[64];
	char path[PATH_MAX]; /* of the script */
	char about[256];
	int skip;         /* an exit status of its tests that says: not possible here */
	bool chosen_only; /* runs only where it is named: it needs something that a distribution has not */
};

/* The suites that there are, in order. To be freed. */
struct suite *suites_find(size_t *ret_count);

struct suite_run {
	const struct suite *suite;
	struct side *here, *native; /* native NULL: there is none */
	const char *match;          /* fnmatch(3) pattern of names, with FNM_EXTMATCH; NULL: all */
	const char *directory;      /* --dir; NULL */
	bool quiet;
	char trouble[512]; /* why it could not run; "" if it could */
	struct results results;
};

void suite_run(struct suite_run *r);

/* --- what people and programs read (print.c) ------------------------------------------------------------------------------- */

void print_suite(const struct suite_run *r);
void print_suite_json(const struct suite_run *r, bool first);

#endif
