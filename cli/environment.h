/* What of the caller's environment reaches a guest. */
#ifndef LX_CLI_ENVIRONMENT_H
#define LX_CLI_ENVIRONMENT_H

#include "cli/options.h"
#include "cli/user.h"

/*
 * The environment of a program that runs as u: TERM, COLORTERM, LANG (C.UTF-8 unless the distribution has the locale),
 * TZ, DISPLAY and its kin from the caller, PATH, HOME, USER, LOGNAME, SHELL from the distribution, then extra (a
 * NULL-terminated list that wins). Library and module paths of the host never cross. NULL when memory is out; the caller
 * keeps it until exec.
 */
char **environment_make(int root_fd, const struct user *u, const char *const *extra);

#endif
