#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/libexec.h"
#include "cli/report.h"

int cmd_rewrite_report(const struct options *o)
{
	char program[PATH_MAX];
	char *words[] = {program, (char *)(uintptr_t) "--report", (char *)(uintptr_t)o->arguments[0], NULL};

	libexec_find("lxrun-rewrite", program, sizeof(program));
	execv(program, words);
	report_fatal("cannot execute '%s': %s", program, strerror(errno));
}
