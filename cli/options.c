#include "cli/options.h"

#include <stdio.h>
#include <string.h>

#include "cli/report.h"

#define V(id) (UINT64_C(1) << VERB_##id)

#define VERB(id, function, letter, name, arguments, least, most, section, text, details) \
	[VERB_##id] = {letter, name, arguments, least, most, SECTION_##section, text, details},
#define OPTION(...)
const struct verb_row verb_rows[VERB_COUNT] = {
	[VERB_RUN] = {.name = ""},
#include "cli/options.def"
};
#undef VERB
#undef OPTION

#define VERB(...)
#define OPTION(id, verbs, letter, name, takes, value, text) \
	[OPTION_##id] = {verbs, letter, name, TAKES_##takes, value, text},
const struct option_row option_rows[OPTION_COUNT] = {
#include "cli/options.def"
};
#undef VERB
#undef OPTION

_Static_assert(VERB_COUNT <= 64, "an option's verbs are bits of one word");

/* Where the parser is. */
struct parser {
	char **argv;
	int at; /* the word after the one that is being looked at */
	struct options *o;
};

/* The one switch of prepared text, for who says nothing about the gate. */
#define PATCHED_BY_DEFAULT true

/* --- values ---------------------------------------------------------------------------------------------------------- */

/* patched: the gate trap with prepared text. */
static void parse_gate(struct options *o, const char *name)
{
	static const struct {
		const char *name;
		enum instance_gate gate;
		bool patched;
	} gates[] = {
		{"patched", INSTANCE_GATE_TRAP, true},
		{"trap", INSTANCE_GATE_TRAP, false},
		{"notify", INSTANCE_GATE_NOTIFY, false},
		{"ptrace", INSTANCE_GATE_PTRACE, false},
	};

	for (size_t i = 0; i < ARRAY_SIZE(gates); i++)
		if (strcmp(name, gates[i].name) == 0) {
			o->gate = gates[i].gate;
			o->patched = gates[i].patched;
			return;
		}
	report_fatal("there is no gate '%s': it is one of patched, trap, notify, ptrace", name);
}

static enum shell_type parse_shell_type(const char *name)
{
	static const char *const names[] = {
		[SHELL_STANDARD] = "standard", [SHELL_LOGIN] = "login", [SHELL_NONE] = "none"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return (enum shell_type)i;
	report_fatal("there is no shell type '%s': it is one of standard, login, none", name);
}

int options_version(const char *value)
{
	if (strcmp(value, "1") == 0)
		return 1;
	if (strcmp(value, "2") == 0)
		return 2;
	report_fatal("there is no version '%s' of distributions: it is 1 or 2", value);
}

static void take_env(struct options *o, const char *value)
{
	if (value[0] == '=' || strchr(value, '=') == NULL)
		report_fatal("--env takes NAME=VALUE, not '%s'", value);
	if (o->env_count == OPTIONS_ENV_MAX)
		report_fatal("--env was given more than %d times", OPTIONS_ENV_MAX);
	o->env[o->env_count++] = value;
}

/* Options that are more than a value: those of a run, and what several verbs understand in one way. */
static void take(struct options *o, enum option id, const char *value)
{
	if (id == OPTION_DISTRIBUTION && o->distribution != NULL)
		report_fatal("two distributions were named: '%s' and '%s'", o->distribution, value);
	o->given[id] = true;
	o->values[id] = value;
	switch (id) {
	case OPTION_DISTRIBUTION:
		o->distribution = value;
		break;
	case OPTION_ROOTFS:
		o->root = value;
		break;
	case OPTION_VERSION:
		o->version = options_version(value);
		break;
	case OPTION_USER:
		o->user = value;
		break;
	case OPTION_CD:
		o->directory = value;
		break;
	case OPTION_ENV:
		take_env(o, value);
		break;
	case OPTION_EXEC:
		o->exec = true;
		break;
	case OPTION_SHELL:
		o->shell_command = value;
		break;
	case OPTION_SHELL_TYPE:
		o->shell_type = parse_shell_type(value);
		break;
	case OPTION_TRACE:
		o->trace = true;
		o->trace_file = value;
		break;
	case OPTION_GATE:
		parse_gate(o, value);
		break;
	case OPTION_WITHOUT:
		if (strcmp(value, "openat2") != 0 && strcmp(value, "caches") != 0)
			report_fatal("--without knows openat2 and caches, not '%s'", value);
		o->no_openat2 |= strcmp(value, "openat2") == 0;
		o->no_caches |= strcmp(value, "caches") == 0;
		break;
	default:
		break;
	}
}

/* --- words ----------------------------------------------------------------------------------------------------------- */

/* True if word is `name` or begins with `name=`; *ret_value is what stands behind the `=`. */
static bool is_long(const char *word, const char *name, const char **ret_value)
{
	size_t n = strlen(name);

	if (strncmp(word, name, n) != 0 || (word[n] != '\0' && word[n] != '='))
		return false;
	*ret_value = word[n] == '=' ? word + n + 1 : NULL;
	return true;
}

enum verb verb_by_name(const char *name)
{
	for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++)
		if (strcmp(verb_rows[i].name, name) == 0)
			return (enum verb)i;
	return VERB_RUN;
}

/* The verb that a word is, with what is glued to it: `=value`, or more letters. VERB_RUN: it is none. */
static enum verb find_verb(const char *word, const char **ret_value, const char **ret_letters)
{
	*ret_value = *ret_letters = NULL;
	if (word[0] != '-' || word[1] == '\0')
		return VERB_RUN;
	for (unsigned i = VERB_RUN + 1; i < VERB_COUNT; i++) {
		if (word[1] == '-' && is_long(word + 2, verb_rows[i].name, ret_value))
			return (enum verb)i;
		if (word[1] != '-' && word[1] == verb_rows[i].letter) {
			*ret_letters = word[2] != '\0' ? word + 2 : NULL;
			return (enum verb)i;
		}
	}
	return VERB_RUN;
}

NORETURN static void unknown(const struct parser *p, const char *word)
{
	const char *value, *letters;
	enum verb verb = find_verb(word, &value, &letters);

	if (p->o->verb != VERB_RUN)
		report_fatal("--%s has no option '%s'; 'lxrun --%s --help' lists them", verb_rows[p->o->verb].name,
			     word, verb_rows[p->o->verb].name);
	if (verb != VERB_RUN && word[1] == '-')
		report_fatal("'--%s' comes before all other words: lxrun --%s", verb_rows[verb].name,
			     verb_rows[verb].name);
	report_fatal("unknown option '%s'; 'lxrun --help' lists them", word);
}

/* The value that an option has (`=value`, the rest of its letters) or finds in the next word. */
static void take_with_value(struct parser *p, unsigned id, const char *value)
{
	const struct option_row *row = &option_rows[id];

	if (row->takes == TAKES_NOTHING && value != NULL)
		report_fatal("option --%s takes no value", row->name);
	if (row->takes == TAKES_VALUE && value == NULL) {
		value = p->argv[p->at];
		if (value == NULL)
			report_fatal("option --%s needs %s behind it", row->name, row->value);
		p->at++;
	}
	take(p->o, (enum option)id, value);
}

static bool take_long(struct parser *p, const char *name)
{
	const char *value;

	for (unsigned i = 0; i < OPTION_COUNT; i++)
		if (option_is_of(&option_rows[i], p->o->verb) && is_long(name, option_rows[i].name, &value)) {
			take_with_value(p, i, value);
			return true;
		}
	return false;
}

static unsigned find_letter(const struct parser *p, char letter)
{
	unsigned i = 0;

	while (i < OPTION_COUNT && (option_rows[i].letter != letter || !option_is_of(&option_rows[i], p->o->verb)))
		i++;
	return i;
}

/* One-letter options in one word, the last of which may have a value: -vq, -uroot. word is what to name in a complaint. */
static void take_letters(struct parser *p, const char *letters, const char *word)
{
	for (; *letters != '\0'; letters++) {
		unsigned id = find_letter(p, *letters);

		if (id == OPTION_COUNT)
			unknown(p, word);
		if (option_rows[id].takes == TAKES_VALUE) {
			take_with_value(p, id, letters[1] != '\0' ? letters + 1 : NULL);
			return;
		}
		take(p->o, (enum option)id, NULL);
	}
}

/* An option of the verb, or a question for help, which ends the command line: then false. */
static bool take_option(struct parser *p, const char *word)
{
	if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
		p->o->about = p->o->verb;
		p->o->verb = VERB_HELP;
		return false;
	}
	if (word[1] != '-')
		take_letters(p, word + 1, word);
	else if (!take_long(p, word + 2))
		unknown(p, word);
	return true;
}

static bool is_option(const char *word)
{
	return word != NULL && word[0] == '-' && word[1] != '\0';
}

/* --- the two forms --------------------------------------------------------------------------------------------------- */

static void check_run(const struct options *o)
{
	if (o->root != NULL && o->distribution != NULL)
		report_fatal("both a root directory and a distribution were named: '%s' and '%s'", o->root,
			     o->distribution);
	if (o->shell_command != NULL && o->command[0] != NULL)
		report_fatal("there is a command behind --shell's string: '%s'", o->command[0]);
	if (o->shell_command != NULL && o->exec)
		report_fatal("--shell and --exec exclude each other");
}

static void parse_run(struct parser *p)
{
	struct options *o = p->o;
	const char *word;

	while ((word = p->argv[p->at]) != NULL) {
		if (is_option(word)) {
			p->at++;
			if (strcmp(word, "--") == 0)
				break;
			if (!take_option(p, word))
				return;
			if (!o->exec)
				continue;
			if (p->argv[p->at] != NULL && strcmp(p->argv[p->at], "--") == 0)
				p->at++;
			break;
		}
		if (o->distribution != NULL || o->root != NULL)
			break;
		o->distribution = word;
		o->distribution_is_word = true;
		p->at++;
	}
	o->command = p->argv + p->at;
	check_run(o);
}

static void check_arguments(const struct options *o, const char *too_much)
{
	const struct verb_row *row = &verb_rows[o->verb];

	if (too_much != NULL && row->most == 0)
		report_fatal("--%s takes no word behind it, and there is '%s'", row->name, too_much);
	if (too_much != NULL)
		report_fatal("there is a word too many, '%s': lxrun --%s %s", too_much, row->name, row->arguments);
	if (o->argument_count < row->least)
		report_fatal("there is a word missing: lxrun --%s %s", row->name, row->arguments);
}

static void parse_verb(struct parser *p, const char *value, const char *letters)
{
	struct options *o = p->o;
	const char *word, *too_much = NULL;
	bool words_only = false;

	if (value != NULL && verb_rows[o->verb].most == 0)
		report_fatal("--%s takes no value", verb_rows[o->verb].name);
	if (value != NULL)
		o->arguments[o->argument_count++] = value;
	if (letters != NULL)
		take_letters(p, letters, p->argv[p->at - 1]);
	while ((word = p->argv[p->at]) != NULL) {
		p->at++;
		if (!words_only && strcmp(word, "--") == 0)
			words_only = true;
		else if (!words_only && is_option(word)) {
			if (!take_option(p, word))
				return;
		} else if (o->argument_count < verb_rows[o->verb].most)
			o->arguments[o->argument_count++] = word;
		else if (too_much == NULL)
			too_much = word;
	}
	check_arguments(o, too_much);
}

void options_parse(int argc, char **argv, struct options *ret)
{
	struct parser p = {.argv = argv, .at = argc > 0 ? 1 : 0, .o = ret};
	const char *value = NULL, *letters = NULL, *next;
	enum verb verb = VERB_RUN;

	*ret = (struct options){.gate = INSTANCE_GATE_TRAP, .patched = PATCHED_BY_DEFAULT, .command = argv + argc};
	if (argc > 1)
		verb = find_verb(argv[1], &value, &letters);
	next = argc > 2 ? argv[2] : NULL;
	/* `--version 1` is an option of a run. */
	if (verb == VERB_VERSION && argv[1][1] == '-' && (value != NULL || (next != NULL && !is_option(next))))
		verb = VERB_RUN;
	if (verb == VERB_RUN) {
		parse_run(&p);
		return;
	}
	ret->verb = verb;
	p.at = 2;
	parse_verb(&p, value, letters);
}
