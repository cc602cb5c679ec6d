/* Ends all distributions at once: each has a process of its own that does it, so that one that takes long delays no other. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/instance.h"
#include "cli/report.h"
#include "cli/vm.h"

static int end(const struct distro *d, bool force)
{
	struct message message;

	if (instance_end(d, force, &message) >= 0)
		return 0;
	report("%s", message.text);
	return EXIT_OWN_FAILURE;
}

int cmd_shutdown(const struct options *o)
{
	const bool force = o->given[OPTION_FORCE];
	struct registry registry = REGISTRY_EMPTY;
	struct message message;
	int status = 0, one;

	/* All of version 2 at once, whatever state the VM is in. */
	if (vm_shutdown(force, &message) < 0) {
		report("%s", message.text);
		status = EXIT_OWN_FAILURE;
	}
	distributions_read(&registry);
	for (size_t i = 0; i < registry.count; i++) {
		pid_t child = fork();

		if (child == 0)
			_exit(end(&registry.distros[i], force));
		/* No room for another process: somebody forks as fast as he can. */
		if (child < 0)
			status |= end(&registry.distros[i], force);
	}
	while (wait(&one) > 0 || errno == EINTR)
		if (!WIFEXITED(one) || WEXITSTATUS(one) != 0)
			status = EXIT_OWN_FAILURE;
	registry_done(&registry);
	return status;
}
