/* An instance of a distribution is found by the link that its supervisor makes in a base of runtime directories. */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/instance.h"
#include "cli/rundir_base.h"

static bool is_in(int base, const char *prefix)
{
	DIR *dir = fdopendir(base);
	const struct dirent *e;
	bool found = false;

	if (dir == NULL) {
		close(base);
		return false;
	}
	while (!found && (e = readdir(dir)) != NULL)
		found = strncmp(e->d_name, prefix, strlen(prefix)) == 0 &&
			faccessat(dirfd(dir), e->d_name, F_OK, 0) == 0;
	closedir(dir);
	return found;
}

__attribute__((weak)) bool instance_is_running(const struct distro *d)
{
	char prefix[32];

	snprintf(prefix, sizeof(prefix), "d-%s", d->id);
	for (int i = 0; i < RUNDIR_BASES; i++) {
		int base = rundir_base_open(i);

		if (base >= 0 && is_in(base, prefix))
			return true;
	}
	return false;
}
