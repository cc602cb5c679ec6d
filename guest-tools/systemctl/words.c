#include "guest-tools/systemctl/words.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* `digits` digits of a number in `base`; false if they are not there. */
static bool digits(const char *s, unsigned base, unsigned n, uint32_t *ret)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < n; i++) {
		const char *all = "0123456789abcdef",
			   *at = s[i] != '\0' ? strchr(all, tolower((unsigned char)s[i])) : NULL;

		if (at == NULL || (unsigned)(at - all) >= base)
			return false;
		value = value * base + (uint32_t)(at - all);
	}
	*ret = value;
	return true;
}

static void add_utf8(struct text *t, uint32_t c)
{
	if (c < 0x80) {
		text_byte(t, (char)c);
		return;
	}
	if (c < 0x800) {
		text_byte(t, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			text_byte(t, (char)(0xe0 | c >> 12));
		} else {
			text_byte(t, (char)(0xf0 | (c >> 18 & 7)));
			text_byte(t, (char)(0x80 | (c >> 12 & 63)));
		}
		text_byte(t, (char)(0x80 | (c >> 6 & 63)));
	}
	text_byte(t, (char)(0x80 | (c & 63)));
}

/* What stands behind a \. Returns its length. */
static size_t add_escaped(struct text *t, const char *s)
{
	static const char from[] = "abfnrtvs\\\"'", to[] = "\a\b\f\n\r\t\v \\\"'";
	const char *simple = strchr(from, s[0]);
	uint32_t value;

	if (s[0] == '\0') {
		text_byte(t, '\\');
		return 0;
	}
	if (simple != NULL) {
		text_byte(t, to[simple - from]);
		return 1;
	}
	if (s[0] == 'x' && digits(s + 1, 16, 2, &value) && value != 0) {
		text_byte(t, (char)value);
		return 3;
	}
	if (digits(s, 8, 3, &value) && value != 0 && value < 256) {
		text_byte(t, (char)value);
		return 3;
	}
	if (s[0] == 'u' && digits(s + 1, 16, 4, &value) && value != 0) {
		add_utf8(t, value);
		return 5;
	}
	if (s[0] == 'U' && digits(s + 1, 16, 8, &value) && value != 0 && value < 0x110000) {
		add_utf8(t, value);
		return 9;
	}
	text_byte(t, '\\');
	return 0;
}

char *words_next(struct pool *p, const char **text, bool *bad, bool *plain)
{
	const char *s = *text + strspn(*text, BLANKS);
	struct text t = {.pool = p};
	bool is_plain = true;
	char quote = '\0';

	if (bad != NULL)
		*bad = false;
	if (*s == '\0') {
		*text = s;
		return NULL;
	}
	while (*s != '\0' && (quote != '\0' || strchr(BLANKS, *s) == NULL)) {
		if (*s == '\\') {
			is_plain = false;
			s += 1 + add_escaped(&t, s + 1);
		} else if (quote == '\0' ? *s == '"' || *s == '\'' : *s == quote) {
			is_plain = false;
			quote = quote == '\0' ? *s : '\0';
			s++;
		} else {
			text_byte(&t, *s++);
		}
	}
	*text = s;
	if (plain != NULL)
		*plain = is_plain;
	if (quote != '\0' && bad != NULL)
		*bad = true;
	return quote == '\0' ? text_end(&t) : NULL;
}

int words_split(struct pool *p, const char *text, struct list *ret)
{
	bool bad;
	char *word;

	while ((word = words_next(p, &text, &bad, NULL)) != NULL)
		list_add(p, ret, word);
	return bad ? -EINVAL : 0;
}

bool words_truth(const char *text, bool otherwise)
{
	static const char *const yes[] = {"1", "yes", "y", "true", "t", "on"};
	static const char *const no[] = {"0", "no", "n", "false", "f", "off"};

	for (size_t i = 0; i < ARRAY_SIZE(yes); i++) {
		if (strcasecmp(text, yes[i]) == 0)
			return true;
		if (strcasecmp(text, no[i]) == 0)
			return false;
	}
	return otherwise;
}

static double unit_of(const char *s, size_t length)
{
	static const struct {
		const char *name;
		double milliseconds;
	} units[] = {
		{"us", 0.001},    {"usec", 0.001},    {"ms", 1},           {"msec", 1},       {"", 1000},
		{"s", 1000},      {"sec", 1000},      {"second", 1000},    {"seconds", 1000}, {"m", 60e3},
		{"min", 60e3},    {"minute", 60e3},   {"minutes", 60e3},   {"h", 3600e3},     {"hr", 3600e3},
		{"hour", 3600e3}, {"hours", 3600e3},  {"d", 86400e3},      {"day", 86400e3},  {"days", 86400e3},
		{"w", 604800e3},  {"week", 604800e3}, {"weeks", 604800e3},
	};

	for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
		if (strlen(units[i].name) == length && strncmp(units[i].name, s, length) == 0)
			return units[i].milliseconds;
	}
	return -1;
}

int words_milliseconds(const char *text, long *ret)
{
	double sum = 0;

	text += strspn(text, BLANKS);
	if (strcmp(text, "infinity") == 0) {
		*ret = -1;
		return 0;
	}
	if (*text == '\0')
		return -EINVAL;
	while (*text != '\0') {
		char *end;
		double number = isdigit((unsigned char)*text) || *text == '.' ? strtod(text, &end) : -1, unit;
		size_t length;

		if (number < 0 || end == text)
			return -EINVAL;
		text = end + strspn(end, BLANKS);
		for (length = 0; isalpha((unsigned char)text[length]);)
			length++;
		unit = unit_of(text, length);
		if (unit < 0)
			return -EINVAL;
		sum += number * unit;
		text += length + strspn(text + length, BLANKS);
	}
	*ret = sum < (double)(LONG_MAX / 4) ? (long)sum : -1;
	return 0;
}

int words_signal(const char *text)
{
	char *end;
	long number = strtol(text, &end, 10);

	if (*end == '\0' && number > 0 && number <= SIGRTMAX)
		return (int)number;
	if (strncasecmp(text, "SIG", 3) == 0)
		text += 3;
	for (int i = 1; i < SIGRTMIN; i++) {
		const char *name = sigabbrev_np(i);

		if (name != NULL && strcasecmp(name, text) == 0)
			return i;
	}
	if (strncmp(text, "RTMIN", 5) == 0 && (text[5] == '\0' || text[5] == '+')) {
		number = text[5] == '+' ? strtol(text + 6, &end, 10) : 0;
		if (number >= 0 && SIGRTMIN + number <= SIGRTMAX && (text[5] == '\0' || *end == '\0'))
			return SIGRTMIN + (int)number;
	}
	return -EINVAL;
}

const char *words_signal_name(int number)
{
	const char *name = number > 0 && number < SIGRTMIN ? sigabbrev_np(number) : NULL;

	return name != NULL ? name : "RT";
}
