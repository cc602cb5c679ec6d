#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/attr.h"
#include "cli/compat/compat.h"
#include "cli/report.h"

static const char *const names[] = {
	[OUTCOME_NONE] = "unknown",
	[OUTCOME_PASSED] = "passed",
	[OUTCOME_FAILED] = "failed",
	[OUTCOME_SKIPPED] = "skipped",
};

const char *outcome_name(enum outcome o)
{
	return names[o];
}

static enum outcome outcome_of(const char *text)
{
	for (size_t i = 1; i < ARRAY_SIZE(names); i++)
		if (strcmp(text, names[i]) == 0)
			return (enum outcome)i;
	return OUTCOME_NONE;
}

static void *checked(void *p)
{
	if (p == NULL)
		report_fatal("out of memory");
	return p;
}

struct result *results_of(struct results *r, const char *name)
{
	struct result *new;

	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->items[i].name, name) == 0)
			return &r->items[i];
	if (r->count == r->room) {
		r->room = r->room > 0 ? 2 * r->room : 64;
		r->items = checked(realloc(r->items, r->room * sizeof(*r->items)));
	}
	new = &r->items[r->count++];
	*new = (struct result){.name = checked(strdup(name))};
	return new;
}

bool results_read(struct results *r, char *line, bool native)
{
	const char *name = strsep(&line, "\t"), *outcome = strsep(&line, "\t"), *how = strsep(&line, "\t");
	struct result *result;

	if (outcome == NULL || how == NULL || line == NULL || outcome_of(outcome) == OUTCOME_NONE)
		return false;
	result = results_of(r, name);
	if (native) {
		result->native = outcome_of(outcome);
		result->native_known = false;
		free(result->native_how);
		result->native_how = checked(strdup(how));
	} else {
		result->here = outcome_of(outcome);
		result->milliseconds = strtol(line, NULL, 10);
		free(result->how);
		result->how = checked(strdup(how));
	}
	return true;
}

void results_expect(struct results *r, const char *suite)
{
	char path[PATH_MAX], *line = NULL;
	size_t n = strlen(suite), size = 0;
	ssize_t length;
	FILE *f;

	(void)snprintf(path, sizeof(path), "%.*s.expected", (int)(n > 3 ? n - 3 : n), suite);
	f = fopen(path, "re");
	while (f != NULL && (length = getline(&line, &size, f)) > 0) {
		char *rest = line, *name, *native, *here;
		struct result *result;

		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (line[0] == '#' || line[0] == '\0')
			continue;
		name = strsep(&rest, "\t");
		native = strsep(&rest, "\t");
		here = strsep(&rest, "\t");
		if (here == NULL)
			report_fatal("'%s', a part of lxrun, is damaged: install it again", path);
		result = results_of(r, name);
		if (result->native == OUTCOME_NONE) {
			result->native = outcome_of(native);
			result->native_known = true;
		}
		result->expected = outcome_of(here);
		if (rest != NULL && *rest != '\0' && result->reason == NULL)
			result->reason = checked(strdup(rest));
	}
	free(line);
	if (f != NULL)
		(void)fclose(f);
}

void results_free(struct results *r)
{
	for (size_t i = 0; i < r->count; i++) {
		free(r->items[i].name);
		free(r->items[i].reason);
		free(r->items[i].how);
		free(r->items[i].native_how);
	}
	free(r->items);
	*r = (struct results){0};
}
