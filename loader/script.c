#include "loader/script.h"

#include <errno.h>

#include "base/str.h"

static bool blank(char c)
{
	return c == ' ' || c == '\t';
}

/* The first character in [p, end] that is not a blank; end + 1 if there is none. */
static const char *skip_blanks(const char *p, const char *end)
{
	while (p <= end && blank(*p))
		p++;
	return p;
}

/* The first blank or NUL in [p, end]; end + 1 if there is none. */
static const char *skip_word(const char *p, const char *end)
{
	while (p <= end && *p != '\0' && !blank(*p))
		p++;
	return p;
}

/* The newline that ends the line; NULL if there is none, or a NUL in front of it. */
static const char *find_newline(const char *p, const char *end)
{
	for (; p <= end && *p != '\0'; p++)
		if (*p == '\n')
			return p;
	return NULL;
}

/* Copies [p, end) up to a NUL; the text fits by construction: it comes out of LDR_HEAD_SIZE bytes. */
static void copy_text(char *to, const char *p, const char *end)
{
	while (p < end && *p != '\0')
		*to++ = *p++;
	*to = '\0';
}

int ldr_parse_script(const char head[LDR_HEAD_SIZE], struct ldr_program *ret)
{
	const char *last = head + LDR_HEAD_SIZE - 1;
	const char *line = head + 2;
	const char *end = find_newline(head, last), *name, *separator, *argument = NULL;

	if (end == NULL) {
		/* A cut argument is the interpreter's matter, it can read the line itself; a cut path is not. */
		name = skip_blanks(line, last);
		if (name > last || skip_word(name, last) > last)
			return -ENOEXEC;
		end = last;
	}
	while (blank(end[-1]))
		end--;

	name = skip_blanks(line, end);
	if (name >= end)
		return -ENOEXEC;
	if (*name == '\0')
		return -EACCES;

	/* A NUL behind the blanks is an argument too, an empty one. */
	separator = skip_word(name, end);
	if (separator < end && *separator != '\0')
		argument = skip_blanks(separator, end);

	ret->kind = LDR_SCRIPT;
	copy_text(ret->interpreter, name, separator < end ? separator : end);
	ret->has_argument = argument != NULL;
	ret->argument[0] = '\0';
	if (argument != NULL)
		copy_text(ret->argument, argument, end);
	return 0;
}
