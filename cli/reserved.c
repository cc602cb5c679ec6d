/* The reserved descriptor: where the resident of a program that starts finds its root directory. */
#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/layout.h"
#include "cli/instance.h"
#include "cli/report.h"

void instance_reserve_root(int root_fd)
{
	struct rlimit old, more;
	bool raised = false;

	if (getrlimit(RLIMIT_NOFILE, &old) == 0 && old.rlim_cur <= RESERVED_FD) {
		more = old;
		more.rlim_cur = RESERVED_FD + 1;
		if (more.rlim_max < more.rlim_cur)
			report_fatal("the limit on open files (%lu) is too low: at least %d are needed",
				     (unsigned long)old.rlim_max, RESERVED_FD + 1);
		raised = setrlimit(RLIMIT_NOFILE, &more) == 0;
	}
	if (dup2(root_fd, RESERVED_FD) < 0)
		report_fatal("cannot reserve descriptor %d: %s", RESERVED_FD, strerror(errno));
	if (raised)
		(void)setrlimit(RLIMIT_NOFILE, &old);
	if (root_fd != RESERVED_FD)
		close(root_fd);
}
