/* lxrun --rootfs DIR -- COMMAND. */
#ifndef LX_CLI_RUN_H
#define LX_CLI_RUN_H

#include "cli/options.h"

/* Becomes the command; comes back (by exit) only when that is impossible, having said why. */
int run(const struct options *options);

#endif
