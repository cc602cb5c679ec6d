#include "cli/rundir_tools.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"

/* Package managers stay out of /usr/local, and it comes first in everybody's PATH. */
const char *const rundir_tool_points[] = {"/usr/local/bin/systemctl", "/usr/local/bin/lxpath", "/usr/local/bin/lxinfo",
					  NULL};

int rundir_describe(int dev, const struct rundir_options *o, const char *runtime)
{
	int fd CLEANUP(host_close_at) = openat(dev, "lxrun", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	const char *name = strrchr(runtime, '/');

	if (fd < 0 || fchmod(fd, 0644) < 0)
		return -errno;
	if (dprintf(fd, "version=%s\nname=%s\nroot=%s\nhost=%s\ninstance=%s\n", LX_VERSION,
		    o->distro != NULL ? o->distro : "", o->root, o->host != NULL ? o->host : "",
		    name != NULL ? name + 1 : runtime) < 0)
		return -errno;
	return 0;
}

bool rundir_tools(const char *resident, char *ret)
{
	const char *slash = strrchr(resident, '/');
	char path[PATH_MAX];

	if (slash == NULL)
		return false;
	if (snprintf(path, sizeof(path), "%.*s/lxrun-tools", (int)(slash - resident), resident) >= (int)sizeof(path))
		return false;
	return realpath(path, ret) != NULL && access(ret, R_OK | X_OK) == 0;
}
