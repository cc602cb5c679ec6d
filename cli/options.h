/*
 * The command line, from the one table of options.def. Both programs read it: lxrun, which runs commands itself and leaves the
 * verbs to lxrun-manage, and lxrun-manage.
 *
 *	lxrun [OPTION...] [NAME] [OPTION...] [--] [COMMAND [ARGUMENT...]]	NAME only without -d and --rootfs
 *	lxrun VERB [OPTION | ARGUMENT]...
 */
#ifndef LX_CLI_OPTIONS_H
#define LX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "base/instance.h"

#define OPTIONS_ENV_MAX       256
#define OPTIONS_ARGUMENTS_MAX 3

#define VERB(id, ...)         VERB_##id,
#define OPTION(...)
enum verb {
	VERB_RUN,
#include "cli/options.def"
	VERB_COUNT,
};
#undef VERB
#undef OPTION

#define VERB(...)
#define OPTION(id, ...) OPTION_##id,
enum option {
#include "cli/options.def"
	OPTION_COUNT,
};
#undef VERB
#undef OPTION

enum shell_type { SHELL_STANDARD, SHELL_LOGIN, SHELL_NONE };

struct options {
	enum verb verb;
	/* Every option of the row's id; the value is NULL where none was given. */
	bool given[OPTION_COUNT];
	const char *values[OPTION_COUNT];
	/* A verb's words: as many as its row allows, then NULL. */
	const char *arguments[OPTIONS_ARGUMENTS_MAX + 1];
	size_t argument_count;
	enum verb about; /* --help: of this verb; VERB_RUN: of all */

	/* --- of a run --- */
	const char *distribution;  /* NAME or -d NAME; NULL: the default one, or root */
	bool distribution_is_word; /* it was the first word, so it may have been meant as a command */
	const char *root;          /* --rootfs DIR */
	const char *user;          /* -u USER; NULL: the distribution's default user, root without one */
	const char *directory;     /* --cd DIR; NULL: not said */
	int version;               /* --version N; 0: not said */
	const char *shell_command; /* --shell STRING */
	enum shell_type shell_type;
	bool exec; /* -e */
	enum instance_gate gate;
	bool patched; /* the gate trap, with prepared text where there is some */
	bool trace;
	const char *trace_file;               /* NULL: standard error */
	bool no_openat2;                      /* --without openat2 */
	bool no_caches;                       /* --without caches */
	const char *env[OPTIONS_ENV_MAX + 1]; /* NAME=VALUE of --env, NULL-terminated */
	size_t env_count;
	char **command; /* NULL-terminated; [0] is NULL when none was given */
};

/* Parses; reports and exits on what it cannot understand. argv must stay. */
void options_parse(int argc, char **argv, struct options *ret);

/* "1" or "2" of a value for --version and its like; reports and exits on all else. */
int options_version(const char *value);

/* --- the table's rows, for those who print them ---------------------------------------------------------------------- */

enum takes { TAKES_NOTHING, TAKES_VALUE, TAKES_MAYBE };
enum verb_section { SECTION_RUN, SECTION_DISTRIBUTIONS, SECTION_GENERAL };

struct verb_row {
	char letter; /* '\0': none */
	const char *name;
	const char *arguments;
	unsigned least, most;
	enum verb_section section;
	const char *text, *details;
};

struct option_row {
	uint64_t verbs; /* bits by enum verb */
	char letter;
	const char *name;
	enum takes takes;
	const char *value;
	const char *text;
};

extern const struct verb_row verb_rows[VERB_COUNT];
extern const struct option_row option_rows[OPTION_COUNT];

static inline bool option_is_of(const struct option_row *o, enum verb verb)
{
	return (o->verbs >> verb & 1) != 0;
}

/* The verb of this long name (without dashes); VERB_RUN if there is none. */
enum verb verb_by_name(const char *name);

#endif
