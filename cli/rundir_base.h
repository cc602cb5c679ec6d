/* Where runtime directories are. Private to cli/rundir*.c. */
#ifndef LX_CLI_RUNDIR_BASE_H
#define LX_CLI_RUNDIR_BASE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/attr.h"

/* How many places there are, in the order of preference. */
#define RUNDIR_BASES 4

/* The path of a base, existing or not; false where this caller has none of that kind. */
bool rundir_base_path(int which, char *path, size_t size);
/* A descriptor of a base that is there and the caller's alone (0700, no link); -errno. */
MUST_CHECK int rundir_base_open(int which);
/* The same, made if it has to be. */
MUST_CHECK int rundir_base_make_at(int which);
/*
 * The first base that can be used, made if it has to be: its descriptor, and its path without links in path. -errno, and a
 * sentence in message.
 */
MUST_CHECK int rundir_base_make(char *path, size_t size, char *message, size_t message_size);

/* Those whose names depend on nothing but the user: [RUNDIR_BASE_FIXED, RUNDIR_BASE_FIXED_END). */
#define RUNDIR_BASE_FIXED     1
#define RUNDIR_BASE_FIXED_END 3

/* rPID-XXXXXX */
bool rundir_is_name(const char *name);

#endif
