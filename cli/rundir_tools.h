/* What a distribution is told and given by lxrun: the file /dev/lxrun, and the programs of guest-tools. */
#ifndef LX_CLI_RUNDIR_TOOLS_H
#define LX_CLI_RUNDIR_TOOLS_H

#include "cli/rundir.h"

/* Writes the file into the guest's /dev. guest-tools/machine.h says what is in it. */
MUST_CHECK int rundir_describe(int dev, const struct rundir_options *o, const char *runtime);

/*
 * Where the programs of a distribution with a name are seen, NULL-terminated; and the file that they are, which stands beside
 * the resident: its path without links, into PATH_MAX bytes. False: there is none.
 */
extern const char *const rundir_tool_points[];
bool rundir_tools(const char *resident, char *ret);

#endif
