/*
 * Any text as a configuration file: lines come in order, parts are text within their limits, and what was read is read again
 * the same after it was written.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "distro/ini.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
	unsigned line;
	unsigned keys;
	FILE *copy; /* NULL: this is the second time */
};

static void require(bool condition)
{
	if (!condition)
		abort();
}

static void on_key(void *context, const char *section, const char *key, const char *value, unsigned line)
{
	struct seen *s = context;

	require(line > s->line);
	require(strlen(section) <= 8192 && strlen(key) <= 8192 && strlen(value) <= 8192);
	require(key[0] != '\0' && strpbrk(key, "=\n") == NULL && strchr(section, '\n') == NULL);
	s->line = line;
	s->keys++;
	if (s->copy != NULL)
		ini_write(s->copy, "key", value);
}

static void on_bad_line(void *context, unsigned line)
{
	struct seen *s = context;

	require(line > s->line);
	s->line = line;
	require(s->copy != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seen first = {.line = 0}, second = {.line = 0};
	char *text;
	size_t length;

	first.copy = open_memstream(&text, &length);
	require(first.copy != NULL);
	ini_read((const char *)data, size, &(struct ini_reader){on_key, on_bad_line, &first});
	require(fclose(first.copy) == 0);
	ini_read(text, length, &(struct ini_reader){on_key, on_bad_line, &second});
	require(first.keys == second.keys);
	free(text);
	return 0;
}
