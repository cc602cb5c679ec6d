/* --help, printed from the table. */
#include <stdio.h>
#include <string.h>

#include "cli/commands.h"
#include "cli/report.h"

#define WIDTH  100
#define COLUMN 36

/* Prints a paragraph in lines of at most WIDTH characters, the later ones indented; `at` is where the first begins. */
static void print_wrapped(const char *text, int at, int indent)
{
	while (*text != '\0') {
		int n = (int)strcspn(text, " ");

		if (at + n > WIDTH && at > indent) {
			printf("\n%*s", indent, "");
			at = indent;
		}
		printf("%.*s", n, text);
		at += n;
		text += n;
		if (*text == ' ') {
			putchar(' ');
			at++;
			text++;
		}
	}
	putchar('\n');
}

/* Names on the left, what they mean on the right or, behind long names, on the next line. */
static void print_row(char letter, const char *name, const char *before, const char *value, const char *after,
		      const char *text)
{
	char left[128];
	int n;

	if (letter != '\0')
		n = snprintf(left, sizeof(left), "  -%c, --%s%s%s%s", letter, name, before, value, after);
	else
		n = snprintf(left, sizeof(left), "      --%s%s%s%s", name, before, value, after);
	if (n + 2 > COLUMN)
		printf("%s\n%*s", left, COLUMN, "");
	else
		printf("%-*s", COLUMN, left);
	print_wrapped(text, COLUMN, COLUMN);
}

static void print_options(enum verb verb)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++) {
		const struct option_row *o = &option_rows[i];

		if (option_is_of(o, verb))
			print_row(o->letter, o->name,
				  o->takes == TAKES_MAYBE   ? "[="
				  : o->takes == TAKES_VALUE ? " "
							    : "",
				  o->value, o->takes == TAKES_MAYBE ? "]" : "", o->text);
	}
}

static void print_verbs(const char *title, enum verb_section section)
{
	bool any = false;

	for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++) {
		const struct verb_row *v = &verb_rows[i];

		if (v->section != section)
			continue;
		if (!any)
			printf("\n%s:\n", title);
		any = true;
		print_row(v->letter, v->name, v->arguments[0] != '\0' ? " " : "", v->arguments, "", v->text);
	}
}

static void print_all(void)
{
	puts("usage: lxrun [OPTION...] [NAME] [[--] COMMAND [ARGUMENT...]]\n"
	     "       lxrun VERB [OPTION...] [ARGUMENT...]\n"
	     "\n"
	     "Runs COMMAND (default: the user's login shell) in a Linux distribution, without being root.\n"
	     "\n"
	     "Options of a run:");
	print_options(VERB_RUN);
	print_verbs("Distributions", SECTION_DISTRIBUTIONS);
	print_verbs("General", SECTION_GENERAL);
	puts("\n'lxrun VERB --help' says what a verb does and which options it has.\n\n"
	     "The exit status is the command's; 125 when lxrun itself fails, 126 when the command cannot be executed, "
	     "127 when\nit is not found.");
}

static bool has_options(enum verb verb)
{
	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (option_is_of(&option_rows[i], verb))
			return true;
	return false;
}

static void print_one(enum verb verb)
{
	const struct verb_row *v = &verb_rows[verb];

	const char *options = has_options(verb) ? " [OPTION...]" : "";
	const char *space = v->arguments[0] != '\0' ? " " : "";

	printf("usage: lxrun --%s%s%s%s\n", v->name, options, space, v->arguments);
	if (v->letter != '\0')
		printf("       lxrun -%c%s%s%s\n", v->letter, options, space, v->arguments);
	printf("\nlxrun --%s: ", v->name);
	print_wrapped(v->text, (int)strlen(v->name) + 10, 0);
	if (v->details[0] != '\0') {
		putchar('\n');
		print_wrapped(v->details, 0, 0);
	}
	if (has_options(verb)) {
		puts("\nOptions:");
		print_options(verb);
	}
}

int cmd_help(const struct options *o)
{
	enum verb about = o->about;
	const char *word = o->arguments[0];

	if (word != NULL) {
		word += strspn(word, "-");
		about = verb_by_name(word);
		if (about == VERB_RUN)
			report_fatal("there is no verb '%s'; 'lxrun --help' lists them", word);
	}
	if (about == VERB_RUN)
		print_all();
	else
		print_one(about);
	return 0;
}
