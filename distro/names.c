/* Names of distributions: which are any, which are the same, which one was meant. */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "distro/distro.h"

static bool is_name_character(char c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
	       c == '-';
}

bool distro_name_is_valid(const char *name)
{
	size_t n = 0;

	/* A name is a directory's, too. */
	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return false;
	while (is_name_character(name[n]) && n <= DISTRO_NAME_MAX)
		n++;
	return n > 0 && n <= DISTRO_NAME_MAX && name[n] == '\0';
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool distro_name_equal(const char *a, const char *b)
{
	while (*a != '\0' && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return *a == *b;
}

struct distro *registry_find(const struct registry *r, const char *name)
{
	for (size_t i = 0; i < r->count; i++)
		if (distro_name_equal(r->distros[i].name, name))
			return &r->distros[i];
	return NULL;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* How many characters must be added, left out, changed or swapped with the next one to make b of a. */
static unsigned distance(const char *a, const char *b)
{
	unsigned rows[3][DISTRO_NAME_MAX + 1];
	size_t n = strlen(b);

	for (size_t k = 0; k <= n; k++)
		rows[0][k] = (unsigned)k;
	for (size_t i = 1; a[i - 1] != '\0'; i++) {
		unsigned *now = rows[i % 3], *before = rows[(i + 2) % 3], *two_before = rows[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t k = 1; k <= n; k++) {
			char x = lower(a[i - 1]), y = lower(b[k - 1]);

			now[k] = least(before[k - 1] + (x != y), least(before[k], now[k - 1]) + 1);
			if (i > 1 && k > 1 && x == lower(b[k - 2]) && lower(a[i - 2]) == y)
				now[k] = least(now[k], two_before[k - 2] + 1);
		}
	}
	return rows[strlen(a) % 3][n];
}

static bool is_prefix(const char *a, const char *b)
{
	size_t n = strlen(a) < strlen(b) ? strlen(a) : strlen(b);

	return n > 1 && strncasecmp(a, b, n) == 0;
}

const struct distro *registry_nearest(const struct registry *r, const char *name)
{
	const struct distro *best = NULL;
	unsigned best_distance = 0;

	if (strlen(name) > DISTRO_NAME_MAX)
		return NULL;
	for (size_t i = 0; i < r->count; i++) {
		unsigned d = distance(name, r->distros[i].name);

		/* A slip or two, fewer in short words; or a part of a longer name. */
		if (is_prefix(name, r->distros[i].name))
			d = 2;
		else if (d > 2 || d * 3 > strlen(name) + 1)
			continue;
		if (best == NULL || d < best_distance) {
			best = &r->distros[i];
			best_distance = d;
		}
	}
	return best;
}
