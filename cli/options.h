/* The command line of the run form, from one table: parsing and --help agree because they read the same rows. */
#ifndef LX_CLI_OPTIONS_H
#define LX_CLI_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"
#include "base/instance.h"

#define OPTIONS_ENV_MAX 256

struct options {
	const char *root;      /* --rootfs DIR */
	const char *user;      /* -u USER; NULL: root */
	const char *directory; /* --cd DIR; NULL: / */
	enum instance_gate gate;
	bool trace;
	const char *trace_file; /* NULL: standard error */
	bool no_openat2;        /* --without openat2 */
	bool help, version;
	const char *env[OPTIONS_ENV_MAX + 1]; /* NAME=VALUE of --env, NULL-terminated */
	size_t env_count;
	char **command; /* NULL-terminated; [0] is NULL when none was given */
};

/* Parses; reports and exits on what it cannot understand. argv must stay. */
void options_parse(int argc, char **argv, struct options *ret);
/* --help's text on standard output. */
void options_print_help(void);

#endif
