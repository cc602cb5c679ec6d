/* Says how a launched program differs from one that the kernel started. */
#ifndef LX_TESTS_UNIT_LOADER_COMPARE_H
#define LX_TESTS_UNIT_LOADER_COMPARE_H

#include "tracee.h"

/*
 * The number of differences for the program at `path`, each written to stderr with the label in front.
 *
 * Outcome and errno; for programs that started: mappings (the program's own absolute, those of the interpreter and of
 * position-independent programs without one relative to their first page, because the kernel puts these elsewhere),
 * registers, auxiliary vector, what the kernel knows of the process, arguments and environment.
 */
unsigned compare(const char *path, const char *label, const struct snapshot *native, const struct snapshot *launched);

#endif
