/* What of the caller's environment reaches a guest. */
#ifndef LX_CLI_ENVIRONMENT_H
#define LX_CLI_ENVIRONMENT_H

#include <stdbool.h>

#include "cli/lxenv.h"
#include "cli/user.h"

struct environment_of {
	int root_fd;
	const struct user *user;
	const char *distro;  /* LXRUN_DISTRO_NAME; NULL: a directory without a name */
	const char *version; /* LXRUN_VERSION; NULL: 1 */
	struct lxenv_paths paths;
	bool without_caller;      /* nothing of the caller's crosses */
	const char *const *extra; /* NAME=VALUE of the command line, NULL-terminated: they win */
};

/*
 * The environment of a program, each source before the ones that win over it:
 *	the distribution's: PATH, HOME, USER, LOGNAME, SHELL by passwd, /etc/environment
 *	the caller's: TERM, COLORTERM, TZ, DISPLAY and its kin; LANG (C.UTF-8 unless the distribution has the locale); what LXENV
 *	names
 *	LXRUN_DISTRO_NAME and LXRUN_VERSION, then extra.
 * Library and module paths of the host never cross. NULL when memory is out; the caller keeps it until exec.
 */
char **environment_make(const struct environment_of *of);

/* True for a variable of the caller's that environment_make() may look at, "NAME=value". */
bool environment_may_cross(const char *variable);

#endif
