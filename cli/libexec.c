#include "cli/libexec.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/report.h"

bool libexec_look(const char *part, char *ret, size_t size)
{
	static const char *const places[] = {"", "/../libexec/lxrun"};
	const char *libexec = getenv("LXRUN_LIBEXEC");
	char own[PATH_MAX];
	ssize_t n = host_readlinkat(AT_FDCWD, "/proc/self/exe", own, sizeof(own));
	char *slash = n > 0 ? strrchr(own, '/') : NULL;

	if (n < 0)
		report_fatal("cannot find /proc, which must be mounted: nothing can be started");
	if (libexec != NULL) {
		snprintf(ret, size, "%s/%s", libexec, part);
		return access(ret, R_OK) == 0;
	}
	if (slash != NULL)
		*slash = '\0';
	for (size_t i = 0; slash != NULL && i < ARRAY_SIZE(places); i++) {
		snprintf(ret, size, "%s%s/%s", own, places[i], part);
		if (access(ret, R_OK) == 0)
			return true;
	}
	return false;
}

void libexec_find(const char *part, char *ret, size_t size)
{
	const char *libexec = getenv("LXRUN_LIBEXEC");

	if (libexec_look(part, ret, size))
		return;
	if (libexec != NULL)
		report_fatal("LXRUN_LIBEXEC is '%s', and there is no %s in it", libexec, part);
	report_fatal("%s, a part of lxrun, is neither beside it nor in libexec/lxrun; install it again", part);
}
