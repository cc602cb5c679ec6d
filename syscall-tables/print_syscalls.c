/* Prints docs/syscalls.md: every call of the table, how it is handled, and what is missing. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "syscall-tables/names.h"

/* What the rules say, in the words of the row. */
struct comparison {
	unsigned reg;
	const char *op;
	const char *mask; /* NULL: all bits */
	const char *value;
};

struct rule {
	unsigned n;
	struct comparison compare[2];
};

struct rules {
	uint32_t nr;
	struct rule rule[8];
};

/* clang-format off */
#define EQ "=", NULL
#define NE "≠", NULL
#define LT "<", NULL
#define LE "≤", NULL
#define GT ">", NULL
#define GE "≥", NULL
#define MASKED(mask) "=", #mask
#define RULE1(reg, op, value) {1, {{reg, op, #value}}}
#define RULE2(reg, op, value, reg2, op2, value2) {2, {{reg, op, #value}, {reg2, op2, #value2}}}
#define RULES(...) {__VA_ARGS__}

static const struct rules all_rules[] = {
#define XLATE_IF(nr, name, args, rules, gap) {nr, rules},
#include "syscall-tables/each.h"
};
/* clang-format on */

static bool is(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

/* In a table of Markdown a '|' ends the cell, even between backquotes. */
static void print_cell(const char *text)
{
	for (; *text; text++)
		printf(*text == '|' ? "\\%c" : "%c", *text);
}

/* A register by the name of its argument. */
static const char *register_name(const struct syscall_info *info, unsigned reg)
{
	unsigned at = 0;

	for (unsigned i = 0; i < info->argc; i++) {
		if (at == reg)
			return info->arg[i].name;
		at += sys_kind_registers(info->arg[i].kind);
	}
	return "?";
}

static void print_comparison(const struct syscall_info *info, const struct comparison *c)
{
	const char *name = register_name(info, c->reg);

	/* An int's upper half is nobody's, which is no news to the reader. */
	if (!c->mask || is(c->mask, "0xffffffff")) {
		printf("`%s %s %s`", name, c->op, c->value);
	} else if (is(c->mask, c->value)) {
		printf("`%s` has `%s`", name, c->value);
	} else {
		printf("`%s & (", name);
		print_cell(c->mask);
		printf(") %s %s`", c->op, c->value);
	}
}

static void print_rules(const struct syscall_info *info, const struct rules *rules)
{
	for (size_t i = 0; i < ARRAY_SIZE(rules->rule) && rules->rule[i].n > 0; i++) {
		const struct rule *rule = &rules->rule[i];

		printf(i > 0 ? ", or " : "if ");
		for (unsigned j = 0; j < rule->n; j++) {
			printf(j > 0 ? " and " : "");
			print_comparison(info, &rule->compare[j]);
		}
	}
}

static void print_rules_of(const struct syscall_info *info, uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(all_rules); i++)
		if (all_rules[i].nr == nr)
			print_rules(info, &all_rules[i]);
}

/* Paths have the handlers' names for them in the table; here they get those of the man pages. */
static void print_argument(const struct syscall_argument *arg)
{
	bool at = arg->kind == ARGUMENT_AT || arg->kind == ARGUMENT_AT_O;
	bool path = at || arg->kind == ARGUMENT_PATH || arg->kind == ARGUMENT_PATH_O;
	const char *which = is(arg->name, "from") ? "old" : is(arg->name, "to") ? "new" : "";

	if (!path || (!which[0] && !is(arg->name, "at")))
		printf("%s", arg->name);
	else if (at)
		printf("%sdirfd, %spath", which, which);
	else
		printf("%spath", which);
}

static const char *const words[] = {
	[SYSCALL_IS_NATIVE] = "native",
	[SYSCALL_IS_XLATE] = "translated",
	[SYSCALL_IS_XLATE_IF] = "by arguments",
	[SYSCALL_IS_REFUSE] = "refused",
};

static void print_row(uint32_t nr, const struct syscall_info *info)
{
	printf("| %u | `%s(", nr, info->name);
	for (unsigned i = 0; i < info->argc; i++) {
		printf(i > 0 ? ", " : "");
		print_argument(&info->arg[i]);
	}
	printf(")` | %s | ", words[info->how]);
	switch (info->how) {
	case SYSCALL_IS_REFUSE:
		printf("%s: %s", sys_errno_name(info->error), info->note);
		break;
	case SYSCALL_IS_XLATE_IF:
		print_rules_of(info, nr);
		printf("%s%s", info->note[0] ? "; " : "", info->note);
		break;
	default:
		printf("%s", info->note);
		break;
	}
	printf(" |\n");
}

int main(void)
{
	unsigned count[ARRAY_SIZE(words)] = {0};
	unsigned gaps = 0;

	for (uint32_t nr = 0; nr < SYSCALL_NUMBERS; nr++) {
		const struct syscall_info *info = syscall_info(nr);

		if (!info)
			continue;
		count[info->how]++;
		gaps += info->how != SYSCALL_IS_REFUSE && info->note[0];
	}
	printf("# System calls\n\n"
	       "Made by `print-syscalls` from syscall-tables/x86_64.def; `cmake --build build --target docs-syscalls` "
	       "writes it\n"
	       "anew. These are the calls of Linux 6.18 on x86-64 in a distribution of version 1. In one of version 2 "
	       "all calls\n"
	       "go to a kernel of its own.\n\n"
	       "- *native* (%u): the host's kernel does it, at its own speed.\n"
	       "- *translated* (%u): lxrun does it. What is missing stands behind it (%u calls have such a gap).\n"
	       "- *by arguments* (%u): translated where the arguments ask for it, native otherwise.\n"
	       "- *refused* (%u): answers the error, for the reason behind it.\n\n"
	       "A number that is not here answers ENOSYS, as do the calls of 32-bit and x32 programs.\n\n"
	       "| number | call | | |\n| --- | --- | --- | --- |\n",
	       count[SYSCALL_IS_NATIVE], count[SYSCALL_IS_XLATE], gaps, count[SYSCALL_IS_XLATE_IF],
	       count[SYSCALL_IS_REFUSE]);
	for (uint32_t nr = 0; nr < SYSCALL_NUMBERS; nr++)
		if (syscall_info(nr))
			print_row(nr, syscall_info(nr));
	return ferror(stdout) || fflush(stdout) != 0;
}
