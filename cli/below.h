/* Files of a distribution, opened by their guest paths: links mean what they mean inside and lead nowhere else. */
#ifndef LX_CLI_BELOW_H
#define LX_CLI_BELOW_H

#include <stdio.h>

#include "base/attr.h"

/* A file or directory to be read; flags: O_DIRECTORY, O_PATH. Its descriptor, or -errno. */
MUST_CHECK int below_open(int root_fd, const char *path, int flags);
/* Its content, in memory (readers of passwd seek for each line). NULL for what is no file, or too large for one of /etc. */
FILE *below_fopen(int root_fd, const char *path);
/* A cleanup for CLEANUP(). */
void below_close(FILE **f);

#endif
