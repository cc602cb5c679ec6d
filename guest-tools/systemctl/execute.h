/* Starting one command of a service as its user. */
#ifndef LX_GUEST_TOOLS_EXECUTE_H
#define LX_GUEST_TOOLS_EXECUTE_H

#include "guest-tools/systemctl/service.h"

/* systemd's exit statuses of a process that could not become the program. */
enum {
	EXECUTE_CHDIR = 200,
	EXECUTE_EXEC = 203,
	EXECUTE_STDIN = 208,
	EXECUTE_STDOUT = 209,
	EXECUTE_GROUP = 216,
	EXECUTE_USER = 217
};

/*
 * Returns the pid once it runs the program; also if it could not: it ends with one of the statuses above then, and *ret_error
 * is -errno. `more` is added to the environment. <0: no process could be made.
 */
MUST_CHECK int execute(struct service *s, const struct command *c, const struct list *more, int *ret_error);

/* What a status above means ("EXEC"), "" for a program's own. */
const char *execute_status_name(int status);

#endif
