/* lxrun-manage: every verb but running. lxrun executes it with its own words. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/recover.h"
#include "cli/report.h"

typedef int (*command)(const struct options *o);

#define VERB(id, function, ...) [VERB_##id] = cmd_##function,
#define OPTION(...)
static const command commands[VERB_COUNT] = {
#include "cli/options.def"
};
#undef VERB
#undef OPTION

int main(int argc, char **argv)
{
	struct options options;
	int status;

	options_parse(argc, argv, &options);
	if (options.verb == VERB_RUN)
		report_fatal("lxrun-manage is a part of lxrun and runs nothing: use lxrun");
	/* What killed ones have left. */
	if (options.verb != VERB_HELP && options.verb != VERB_VERSION)
		recover();
	status = commands[options.verb](&options);
	/* A full disk behind the standard output is a failure like any other. */
	if (fflush(stdout) != 0 || ferror(stdout))
		report_fatal("cannot write to the standard output: %s", strerror(errno));
	return status;
}
