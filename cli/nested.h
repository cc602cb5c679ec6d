/* lxrun started by a guest of lxrun. */
#ifndef LX_CLI_NESTED_H
#define LX_CLI_NESTED_H

#include "cli/options.h"
#include "cli/user.h"

/* True if this process is a guest: its filter cannot be had a second time. */
bool nested_is_inside(void);

/* What to run: words[0] need not be the program's path. */
struct nested_command {
	const char *path; /* with a slash, or to be found along PATH */
	char **words;
	char **environment;
};

/*
 * Runs the command in the directory root in this very instance: chroot(2), with /proc, /sys and /dev of the instance bound
 * where root has such directories. Waits for it, gives the mounts back unless somebody still lives there, and ends as the
 * command ended; messages and exit statuses are those of a run.
 */
NORETURN void nested_run(const struct options *options, const char *root, const struct user *user,
			 const struct nested_command *command);

#endif
