/*
 * lxrun-manage and lxrun-archive: every verb but running. lxrun executes the first with its own words, and that the second for
 * the verbs that read or write archives: loading the libraries for them takes longer than all that the other verbs do.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/commands.h"
#include "cli/fetch.h"
#include "cli/libexec.h"
#include "cli/recover.h"
#include "cli/report.h"

typedef int (*command)(const struct options *o);

#ifndef LX_ARCHIVES
/* The other program's. */
#define cmd_clone           NULL
#define cmd_export          NULL
#define cmd_import          NULL
#define cmd_import_in_place NULL
#define cmd_install         NULL
#define cmd_set_version     NULL
#endif

#define VERB(id, function, ...) [VERB_##id] = cmd_##function,
#define OPTION(...)
static const command commands[VERB_COUNT] = {
#include "cli/options.def"
};
#undef VERB
#undef OPTION

/* What of --list is the other program's. */
static bool is_online(const struct options *o)
{
	return o->verb == VERB_LIST && o->given[OPTION_ONLINE];
}

static NORETURN void become_archive(char **argv)
{
	char program[PATH_MAX];

	libexec_find("lxrun-archive", program, sizeof(program));
	execv(program, argv);
	report_fatal("cannot execute %s: %s", program, strerror(errno));
}

int main(int argc, char **argv)
{
	struct options options;
	command run;
	int status;

	options_parse(argc, argv, &options);
	run = commands[options.verb];
	if (options.verb == VERB_RUN)
		report_fatal("lxrun-manage is a part of lxrun and runs nothing: use lxrun");
#ifdef LX_ARCHIVES
	if (is_online(&options))
		run = list_online;
#else
	if (is_online(&options))
		run = NULL;
#endif
	if (run == NULL)
		become_archive(argv);
	/* What killed ones have left. */
	if (options.verb != VERB_HELP && options.verb != VERB_VERSION)
		recover();
	status = run(&options);
	/* A full disk behind the standard output is a failure like any other. */
	if (fflush(stdout) != 0 || ferror(stdout))
		report_fatal("cannot write to the standard output: %s", strerror(errno));
	return status;
}
