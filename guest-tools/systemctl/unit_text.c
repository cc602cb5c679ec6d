#include "guest-tools/systemctl/unit_text.h"

#include <ctype.h>
#include <string.h>

#define BLANKS " \t\r\n"

/* The text without blanks at both ends. */
static char *trimmed(struct pool *p, const char *s, size_t length)
{
	while (length > 0 && strchr(BLANKS, s[0]) != NULL) {
		s++;
		length--;
	}
	while (length > 0 && strchr(BLANKS, s[length - 1]) != NULL)
		length--;
	return pool_text(p, s, length);
}

static bool is_comment(const char *line, size_t length)
{
	while (length > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		length--;
	}
	return length > 0 && (*line == '#' || *line == ';');
}

/* Is the \ at the end of the line one that continues it: an odd number of them. */
static bool continues(const char *line, size_t length)
{
	size_t n = 0;

	while (n < length && line[length - 1 - n] == '\\')
		n++;
	return n % 2 == 1;
}

/* One line of the text in `ret`, continued ones joined by blanks. False at the end. */
static bool next_line(struct pool *p, const char **text, size_t *size, char **ret)
{
	struct text t = {.pool = p};
	bool more = true;

	if (*size == 0)
		return false;
	while (more && *size > 0) {
		const char *line = *text, *newline = memchr(line, '\n', *size);
		size_t length = newline != NULL ? (size_t)(newline - line) : *size;

		*text += length + (newline != NULL);
		*size -= length + (newline != NULL);
		if (length > 0 && line[length - 1] == '\r')
			length--;
		if (is_comment(line, length)) {
			more = t.used > 0;
			continue;
		}
		/* A NUL ends no line, but what follows it is not text. */
		length = strnlen(line, length);
		more = continues(line, length);
		text_bytes(&t, line, length - more);
		if (more)
			text_byte(&t, ' ');
	}
	*ret = text_end(&t);
	return true;
}

void unit_text_read(struct pool *p, const char *text, size_t size, unit_text_setting *give, void *context)
{
	const char *section = "";
	char *line;

	if (size >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		size -= 3;
	}
	while (next_line(p, &text, &size, &line)) {
		char *s = trimmed(p, line, strlen(line));
		size_t length = strlen(s);
		char *equals = strchr(s, '=');

		if (s[0] == '[' && length > 2 && s[length - 1] == ']')
			section = pool_text(p, s + 1, length - 2);
		else if (s[0] != '[' && equals != NULL && equals > s && section[0] != '\0')
			give(context, section, trimmed(p, s, (size_t)(equals - s)),
			     trimmed(p, equals + 1, strlen(equals + 1)));
	}
}

/* --- environment files ----------------------------------------------------------------------------------------------- */

static bool is_name(const char *s, size_t length)
{
	if (length == 0 || isdigit((unsigned char)s[0]))
		return false;
	for (size_t i = 0; i < length; i++) {
		if (!isalnum((unsigned char)s[i]) && s[i] != '_')
			return false;
	}
	return true;
}

/* A value with its quotes taken off: 'as it is', "with \" and \\", and \ before anything outside of quotes. */
static char *value_of(struct pool *p, const char **s, const char *end)
{
	struct text t = {.pool = p};
	size_t keep = 0; /* blanks at the end count if they were quoted */
	char quote = '\0';
	const char *c = *s;

	while (c < end && (*c == ' ' || *c == '\t'))
		c++;
	for (; c < end && *c != '\0' && (quote != '\0' || *c != '\n'); c++) {
		if (*c == '\\' && quote != '\'' && c + 1 < end) {
			c++;
			if (*c == '\n')
				continue;
			if (quote == '"' && strchr("\"\\`$", *c) == NULL)
				text_byte(&t, '\\');
			text_byte(&t, *c);
			keep = t.used;
		} else if (quote == '\0' ? *c == '"' || *c == '\'' : *c == quote) {
			quote = quote == '\0' ? *c : '\0';
			keep = t.used;
		} else {
			text_byte(&t, *c);
			if (quote != '\0' || strchr(BLANKS, *c) == NULL)
				keep = t.used;
		}
	}
	*s = c;
	(void)text_end(&t);
	t.s[keep] = '\0';
	return t.s;
}

void environment_file_read(struct pool *p, const char *text, size_t size, void (*give)(void *, const char *),
			   void *context)
{
	const char *s = text, *end = text + size;

	while (s < end) {
		const char *equals;

		while (s < end && strchr(BLANKS, *s) != NULL && *s != '\0')
			s++;
		equals = s;
		while (equals < end && *equals != '=' && *equals != '\n' && *equals != '\0')
			equals++;
		if (s < end && *s != '#' && *s != ';' && equals < end && *equals == '=') {
			char *name = trimmed(p, s, (size_t)(equals - s)), *value;

			s = equals + 1;
			value = value_of(p, &s, end);
			if (is_name(name, strlen(name)))
				give(context, pool_format(p, "%s=%s", name, value));
		}
		while (s < end && *s != '\n')
			s++;
		s += s < end;
	}
}
