#include <stdio.h>
#include <string.h>

#include "cli/compat/compat.h"
#include "cli/json.h"

struct sums {
	size_t native, here, lost, unknown;
};

static void add(struct sums *s, const struct result *r)
{
	if (r->here == OUTCOME_NONE)
		return;
	s->native += r->native == OUTCOME_PASSED;
	s->here += r->here == OUTCOME_PASSED;
	s->lost += result_is_lost(r);
	s->unknown += r->native == OUTCOME_NONE;
}

/* What stands before the first slash of a test's name. */
static int family_length(const char *name)
{
	return (int)strcspn(name, "/");
}

static bool same_family(const struct result *a, const struct result *b)
{
	int n = family_length(a->name);

	return n == family_length(b->name) && strncmp(a->name, b->name, (size_t)n) == 0;
}

static void print_row(int length, const char *family, const struct sums *s)
{
	printf("  %-24.*s %8zu %8zu %8zu %8zu\n", length, family, s->native, s->here, s->lost, s->unknown);
}

static bool is_first(const struct results *r, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (r->items[k].here != OUTCOME_NONE && same_family(&r->items[k], &r->items[i]))
			return false;
	return r->items[i].here != OUTCOME_NONE;
}

void print_suite(const struct suite_run *run)
{
	const struct results *r = &run->results;
	struct sums all = {0};

	printf("%s: %s\n", run->suite->name, run->suite->about);
	if (run->trouble[0] != '\0') {
		printf("  not run: %s\n\n", run->trouble);
		return;
	}
	printf("  %-24s %8s %8s %8s %8s\n", "family", "native", "here", "lost", "unknown");
	for (size_t i = 0; i < r->count; i++) {
		struct sums s = {0};

		add(&all, &r->items[i]);
		if (!is_first(r, i))
			continue;
		for (size_t k = i; k < r->count; k++)
			if (same_family(&r->items[k], &r->items[i]))
				add(&s, &r->items[k]);
		print_row(family_length(r->items[i].name), r->items[i].name, &s);
	}
	print_row(3, "all", &all);
	for (size_t i = 0; i < r->count; i++) {
		const struct result *t = &r->items[i];

		if (result_is_lost(t))
			printf("  lost: %s: %s%s%s\n", t->name, t->how, t->reason != NULL ? "; " : "",
			       t->reason != NULL ? t->reason : "");
	}
	putchar('\n');
}

static void print_field(const char *name, const char *value)
{
	printf(", \"%s\": ", name);
	if (value != NULL)
		json_print_string(value);
	else
		fputs("null", stdout);
}

void print_suite_json(const struct suite_run *run, bool first)
{
	bool comma = false;

	printf("%s\n  {\"suite\": \"%s\"", first ? "" : ",", run->suite->name);
	print_field("about", run->suite->about);
	print_field("trouble", run->trouble[0] != '\0' ? run->trouble : NULL);
	fputs(", \"tests\": [", stdout);
	for (size_t i = 0; i < run->results.count; i++) {
		const struct result *t = &run->results.items[i];

		if (t->here == OUTCOME_NONE)
			continue;
		printf("%s\n    {\"name\": ", comma ? "," : "");
		json_print_string(t->name);
		printf(", \"native\": \"%s\", \"native_measured\": %s, \"here\": \"%s\", \"milliseconds\": %ld",
		       outcome_name(t->native), t->native_how != NULL ? "true" : "false", outcome_name(t->here),
		       t->milliseconds);
		print_field("how", t->how);
		print_field("native_how", t->native_how);
		print_field("reason", t->reason);
		putchar('}');
		comma = true;
	}
	fputs("]}", stdout);
}
