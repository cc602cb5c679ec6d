/* Prepared text for a new instance (rewriter/README.md). */
#ifndef LX_CLI_TEXT_H
#define LX_CLI_TEXT_H

#include <stddef.h>

/*
 * Sees to it that what most programs of the root directory map is prepared, which takes a moment the first time, and says where it
 * is: the host's path of a directory, or "" where there can be none. Nothing of it is needed to run.
 */
void text_prepare(const char *root, char *ret, size_t size);

#endif
