/*
 * Prints what is made from the table of options at build time, and committed:
 *	print-options man FILE	FILE, a manual page, with the rows between its two marks
 *	print-options bash	the completion for bash
 * tests/table compares them with what is in the tree; the target docs-options writes them.
 */
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"

/* --- the manual ------------------------------------------------------------------------------------------------------ */

#define MARK_BEGIN ".\\\" options: from cli/options.def\n"
#define MARK_END   ".\\\" options: end\n"

/* Text for troff; what stands between backquotes is bold. */
static void man_text(const char *s)
{
	bool bold = false;

	if (*s == '.' || *s == '\'')
		fputs("\\&", stdout);
	for (; *s != '\0'; s++) {
		if (*s == '`') {
			bold = !bold;
			fputs(bold ? "\\fB" : "\\fR", stdout);
		} else if (*s == '\\') {
			fputs("\\e", stdout);
		} else if (*s == '-') {
			fputs("\\-", stdout);
		} else {
			putchar(*s);
		}
	}
}

/* Words of a usage: capitals are places for something. */
static void man_words(const char *s)
{
	while (*s != '\0') {
		size_t n = strspn(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

		if (n > 0) {
			printf("\\fI%.*s\\fR", (int)n, s);
			s += n;
		} else {
			char one[2] = {*s++, '\0'};

			man_text(one);
		}
	}
}

static void man_name(char letter, const char *name)
{
	fputs(".TP\n", stdout);
	if (letter != '\0')
		printf("\\fB\\-%c\\fR, ", letter);
	fputs("\\fB\\-\\-", stdout);
	man_text(name);
	fputs("\\fR", stdout);
}

static void man_sentence(const char *s)
{
	char first[2] = {(char)toupper((unsigned char)*s), '\0'};

	man_text(first);
	man_text(s + 1);
	puts(".");
}

static bool man_options(enum verb verb, bool begun)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *o = &option_rows[i];

		if (!option_is_of(o, verb))
			continue;
		if (!begun)
			puts(".RS");
		begun = true;
		man_name(o->letter, o->name);
		if (o->takes == TAKES_MAYBE)
			fputs("[=", stdout);
		else if (o->takes == TAKES_VALUE)
			putchar(' ');
		man_words(o->value);
		puts(o->takes == TAKES_MAYBE ? "]" : "");
		man_sentence(o->text);
	}
	return begun;
}

static void man_verb(enum verb verb)
{
	const struct verb_row *v = &verb_rows[verb];

	man_name(v->letter, v->name);
	if (v->arguments[0] != '\0')
		putchar(' ');
	man_words(v->arguments);
	putchar('\n');
	man_sentence(v->text);
	if (v->details[0] != '\0') {
		man_text(v->details);
		putchar('\n');
	}
	if (man_options(verb, false))
		puts(".RE");
}

static void man_rows(void)
{
	static const char *const titles[] = {[SECTION_DISTRIBUTIONS] = "Distributions", [SECTION_GENERAL] = "General"};

	puts(".SS Options of a run");
	(void)man_options(VERB_RUN, true);
	for (unsigned section = SECTION_DISTRIBUTIONS; section < ARRAY_SIZE(titles); section++) {
		printf(".SS %s\n", titles[section]);
		for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++)
			if (verb_rows[i].section == section)
				man_verb((enum verb)i);
	}
}

static int print_man(const char *path)
{
	FILE *f = fopen(path, "r");
	char *line = NULL;
	size_t size = 0;
	bool inside = false, found = false;

	if (f == NULL) {
		perror(path);
		return 1;
	}
	while (getline(&line, &size, f) >= 0) {
		if (strcmp(line, MARK_END) == 0)
			inside = false;
		if (!inside)
			fputs(line, stdout);
		if (strcmp(line, MARK_BEGIN) == 0) {
			inside = found = true;
			man_rows();
		}
	}
	free(line);
	(void)fclose(f);
	if (!found || inside)
		fprintf(stderr, "%s: the two marks are not there\n", path);
	return !found || inside;
}

/* --- the completion -------------------------------------------------------------------------------------------------- */

/* What completes a word that a usage calls so. */
static void bash_kind(const char *word, size_t n)
{
	if (n == 4 && strncmp(word, "NAME", n) == 0)
		fputs("_lxrun_names", stdout);
	else if (n == 3 && strncmp(word, "DIR", n) == 0)
		fputs("compgen -d -- \"$cur\"", stdout);
	else if (n >= 4 && strncmp(word, "FILE", 4) == 0)
		fputs("compgen -f -- \"$cur\"", stdout);
	else if (n == 6 && strncmp(word, "[VERB]", n) == 0)
		fputs("compgen -W \"${verbs//--/}\" -- \"$cur\"", stdout);
	else if (islower((unsigned char)*word) || isdigit((unsigned char)*word)) {
		fputs("compgen -W '", stdout);
		for (size_t i = 0; i < n; i++)
			putchar(word[i] == '|' ? ' ' : word[i]);
		fputs("' -- \"$cur\"", stdout);
	} else {
		putchar(':');
	}
}

static void bash_options(enum verb verb)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (option_is_of(&option_rows[i], verb))
			printf("--%s ", option_rows[i].name);
	fputs("--help", stdout);
}

/* How a verb is called in the tables below. */
static void bash_verb(enum verb verb)
{
	printf("%s%s", verb == VERB_RUN ? "run" : "--", verb_rows[verb].name);
}

static void bash_words(enum verb verb, const char *arguments)
{
	for (unsigned i = 0; *arguments != '\0'; i++) {
		size_t n = strcspn(arguments, " ");

		fputs("\t'", stdout);
		bash_verb(verb);
		printf(" %u') ", i);
		bash_kind(arguments, n);
		puts(" ;;");
		arguments += n;
		arguments += strspn(arguments, " ");
	}
}

static void bash_verbs(void)
{
	puts("# _lxrun_verb WORD: the verb that it is, or run.\n_lxrun_verb() {\n\tcase $1 in");
	for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++)
		if (verb_rows[i].letter != '\0')
			printf("\t--%s | -%c) echo --%s ;;\n", verb_rows[i].name, verb_rows[i].letter,
			       verb_rows[i].name);
		else
			printf("\t--%s) echo --%s ;;\n", verb_rows[i].name, verb_rows[i].name);
	puts("\t*) echo run ;;\n\tesac\n}\n");
}

/* One verb's options that have a value: each may mean another thing for another verb. */
static void bash_values(enum verb verb)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *o = &option_rows[i];

		if (o->takes != TAKES_VALUE || !option_is_of(o, verb))
			continue;
		fputs("\t'", stdout);
		bash_verb(verb);
		printf(" --%s'", o->name);
		if (o->letter != '\0') {
			fputs(" | '", stdout);
			bash_verb(verb);
			printf(" -%c'", o->letter);
		}
		fputs(") ", stdout);
		bash_kind(o->value, strlen(o->value));
		puts(" ;;");
	}
}

static void bash_tables(void)
{
	bash_verbs();
	puts("# _lxrun_options VERB\n_lxrun_options() {\n\tcase $1 in");
	for (unsigned i = 0; i < VERB_COUNT; i++) {
		putchar('\t');
		bash_verb((enum verb)i);
		fputs(") echo '", stdout);
		bash_options((enum verb)i);
		puts("' ;;");
	}
	puts("\tesac\n}\n\n"
	     "# _lxrun_value VERB OPTION: what its value may be; fails if it has none.\n_lxrun_value() {\n\tcase \"$1 "
	     "$2\" in");
	for (unsigned i = 0; i < VERB_COUNT; i++)
		bash_values((enum verb)i);
	/* compgen fails where nothing fits. */
	puts("\t*) return 1 ;;\n\tesac\n\treturn 0\n}\n\n"
	     "# _lxrun_word VERB N: what its word number N may be.\n_lxrun_word() {\n\tcase \"$1 $2\" in");
	for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++)
		bash_words((enum verb)i, verb_rows[i].arguments);
	puts("\tesac\n}\n");
}

static int print_bash(void)
{
	puts("# Completion of lxrun for bash. Made from cli/options.def: cmake --build build/dev --target "
	     "docs-options\n"
	     "# shellcheck shell=bash disable=SC2207\n");
	puts("_lxrun_names() {\n\tcompgen -W \"$(lxrun --list --quiet 2>/dev/null)\" -- \"$cur\"\n}\n");
	bash_tables();
	fputs("_lxrun() {\n\tlocal cur=${COMP_WORDS[COMP_CWORD]} verb=run number=0 i=1 verbs='", stdout);
	for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++)
		printf("%s--%s", i > 1 ? " " : "", verb_rows[i].name);
	puts("'\n\n"
	     "\tCOMPREPLY=()\n"
	     "\t[ \"$COMP_CWORD\" -lt 2 ] || verb=$(_lxrun_verb \"${COMP_WORDS[1]}\")\n"
	     "\t# `--version 1` is an option of a run.\n"
	     "\t[[ $verb != --version || $cur == -* ]] || verb=run\n"
	     "\t[ \"$verb\" = run ] || i=2\n"
	     "\t# The words before this one: how many are no options, and whether this one is an option's value.\n"
	     "\twhile [ \"$i\" -lt \"$COMP_CWORD\" ]; do\n"
	     "\t\tcase ${COMP_WORDS[i]} in\n"
	     "\t\t--) number=9 && break ;;\n"
	     "\t\t-*)\n"
	     "\t\t\tif _lxrun_value \"$verb\" \"${COMP_WORDS[i]}\" >/dev/null; then\n"
	     "\t\t\t\t[[ $verb == run && ${COMP_WORDS[i]} == @(-d|--distribution|--rootfs) ]] && number=1\n"
	     "\t\t\t\tif [ $((i + 1)) -eq \"$COMP_CWORD\" ]; then\n"
	     "\t\t\t\t\tCOMPREPLY=($(_lxrun_value \"$verb\" \"${COMP_WORDS[i]}\"))\n"
	     "\t\t\t\t\treturn\n"
	     "\t\t\t\tfi\n"
	     "\t\t\t\ti=$((i + 1))\n"
	     "\t\t\tfi\n"
	     "\t\t\t;;\n"
	     "\t\t*) number=$((number + 1)) ;;\n"
	     "\t\tesac\n"
	     "\t\ti=$((i + 1))\n"
	     "\tdone\n"
	     "\tif [[ $cur == -* && ($verb != run || $number -lt 2) ]]; then\n"
	     "\t\t[ \"$COMP_CWORD\" -gt 1 ] || verbs+=\" $(_lxrun_options run)\"\n"
	     "\t\t[ \"$COMP_CWORD\" -eq 1 ] || verbs=$(_lxrun_options \"$verb\")\n"
	     "\t\tCOMPREPLY=($(compgen -W \"$verbs\" -- \"$cur\"))\n"
	     "\telif [ \"$verb\" != run ]; then\n"
	     "\t\tCOMPREPLY=($(_lxrun_word \"$verb\" \"$number\"))\n"
	     "\telif [ \"$number\" -eq 0 ]; then\n"
	     "\t\tCOMPREPLY=($(_lxrun_names))\n"
	     "\telse\n"
	     "\t\tCOMPREPLY=($(compgen -f -- \"$cur\"))\n"
	     "\tfi\n"
	     "}\n"
	     "complete -o filenames -F _lxrun lxrun");
	return 0;
}

int main(int argc, char **argv)
{
	int status = 2;

	if (argc == 3 && strcmp(argv[1], "man") == 0)
		status = print_man(argv[2]);
	else if (argc == 2 && strcmp(argv[1], "bash") == 0)
		status = print_bash();
	else
		fputs("usage: print-options man FILE | bash\n", stderr);
	return fflush(stdout) != 0 ? 1 : status;
}
