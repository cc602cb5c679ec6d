/* The only place that prints to people: one sentence, then, where there is one, what helps. */
#ifndef LX_CLI_REPORT_H
#define LX_CLI_REPORT_H

#include "base/attr.h"

/* The exit statuses of lxrun itself (docs: lxrun(1)). */
enum {
	EXIT_OWN_FAILURE = 125,    /* lxrun could not do its part */
	EXIT_NOT_EXECUTABLE = 126, /* the command is there and cannot be executed */
	EXIT_NOT_FOUND = 127,      /* the command is not there */
};

/* "lxrun: ..." and a newline on standard error. */
void report(const char *format, ...) PRINTF_LIKE(1, 2);
/* The same, then exit(EXIT_OWN_FAILURE). */
NORETURN void report_fatal(const char *format, ...) PRINTF_LIKE(1, 2);

#endif
