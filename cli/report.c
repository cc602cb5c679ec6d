#include "cli/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

static void PRINTF_LIKE(1, 0) print(const char *format, va_list ap)
{
	char text[4096];

	/* One write, so that a sentence stays in one piece beside what others print. */
	(void)vsnprintf(text, sizeof(text), format, ap);
	fprintf(stderr, "lxrun: %s\n", text);
}

void report(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print(format, ap);
	va_end(ap);
}

void report_fatal(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	print(format, ap);
	va_end(ap);
	exit(EXIT_OWN_FAILURE);
}
