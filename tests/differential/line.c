/* A step's line, in a form that depends on no pid, inode, time or place. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "identity.h"

/* Times before this were set, all others are the clock's. */
#define CLOCK 100000000

static char line[8192];
static size_t used;

void say(const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(line + used, sizeof(line) - used, format, ap);
	va_end(ap);
	if (n > 0)
		used += (size_t)n < sizeof(line) - used ? (size_t)n : sizeof(line) - used - 1;
}

void say_text(const char *text)
{
	size_t n = strlen(base), m = strlen(top);

	if (strncmp(text, base, n) == 0 && (text[n] == '/' || text[n] == '\0'))
		say("^%s", text + n);
	else if (strcmp(text, program) == 0)
		say("PROGRAM");
	else if (strncmp(text, top, m) == 0)
		say("~%s", text + m);
	else
		say("%s", text);
}

void say_result(long result)
{
	if (result >= 0)
		say(" = %ld", result);
	else
		say(" = %s", strerrorname_np(errno));
}

void say_stat(const struct stat *st)
{
	static const char types[] = "?pc?d?b?-?l?s???";
	char type = types[st->st_mode >> 12 & 15];

	say(" %c%04o %u:%u x%ju", type, st->st_mode & 07777, st->st_uid, st->st_gid, (uintmax_t)st->st_nlink);
	if (type != 'd')
		say(" %jd", (intmax_t)st->st_size);
	if (type == 'c' || type == 'b')
		say(" dev %u:%u", major(st->st_rdev), minor(st->st_rdev));
	if (st->st_mtim.tv_sec < CLOCK)
		say(" @%jd.%ld", (intmax_t)st->st_mtim.tv_sec, st->st_mtim.tv_nsec);
}

void say_end(void)
{
	size_t done = 0;
	ssize_t n;

	say("\n");
	while (done < used && (n = write(STDOUT_FILENO, line + done, used - done)) > 0)
		done += (size_t)n;
	used = 0;
}
