/*
 * The verbs of lxrun-manage, one function and one file each: cmd_<verb>() in cmd_<verb>.c. The result is the exit status;
 * failures are reported and exit with EXIT_OWN_FAILURE, with nothing half done.
 */
#ifndef LX_CLI_COMMANDS_H
#define LX_CLI_COMMANDS_H

#include "cli/options.h"

#define VERB(id, function, ...) int cmd_##function(const struct options *o);
#define OPTION(...)
#include "cli/options.def"
#undef VERB
#undef OPTION

#endif
