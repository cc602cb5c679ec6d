/* What lxrun understands of its words. */
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <stdlib.h>
#include <string.h>

#include "cli/options.h"
#include "cli/report.h"

static struct options o;

#define parse(...) parse_words((const char *const[]){"lxrun", __VA_ARGS__ __VA_OPT__(, ) NULL})

static void parse_words(const char *const *words)
{
	static char *argv[16];
	int argc = 0;

	for (; words[argc] != NULL; argc++)
		argv[argc] = strdup(words[argc]);
	argv[argc] = NULL;
	options_parse(argc, argv, &o);
}

static size_t count(char **words)
{
	size_t n = 0;

	while (words[n] != NULL)
		n++;
	return n;
}

/* --- running --------------------------------------------------------------------------------------------------------- */

Test(run, nothing_at_all)
{
	parse();
	cr_expect_eq(o.verb, VERB_RUN);
	cr_expect_null(o.distribution);
	cr_expect_null(o.root);
	cr_expect_null(o.command[0]);
	cr_expect_eq(o.version, 0);
	cr_expect_eq(o.gate, INSTANCE_GATE_TRAP);
}

Test(run, a_distribution)
{
	parse("ubuntu");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect(o.distribution_is_word);
	cr_expect_null(o.command[0]);
}

Test(run, a_distribution_and_a_command_with_options_of_its_own)
{
	parse("ubuntu", "make", "-j2", "--help", "--");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect_eq(count(o.command), 4);
	cr_expect_str_eq(o.command[0], "make");
	cr_expect_str_eq(o.command[3], "--");
}

Test(run, options_on_both_sides_of_the_distribution)
{
	parse("--cd", "/srv", "ubuntu", "-u", "postgres", "psql", "-u", "x");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect_str_eq(o.directory, "/srv");
	cr_expect_str_eq(o.user, "postgres");
	cr_expect_eq(count(o.command), 3);
}

Test(run, a_command_that_looks_like_an_option)
{
	parse("ubuntu", "--", "-l");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect_str_eq(o.command[0], "-l");
}

Test(run, in_the_default_distribution)
{
	parse("--", "ls", "-l");
	cr_expect_null(o.distribution);
	cr_expect_eq(count(o.command), 2);
	parse("-e", "ls", "-l");
	cr_expect_null(o.distribution);
	cr_expect(o.exec);
	cr_expect_eq(count(o.command), 2);
	parse("-e", "--", "ls");
	cr_expect_eq(count(o.command), 1);
}

Test(run, a_distribution_by_option)
{
	parse("-d", "ubuntu", "-u", "postgres", "--cd", "/srv", "-e", "psql");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect_not(o.distribution_is_word);
	cr_expect(o.exec);
	cr_expect_str_eq(o.command[0], "psql");
	parse("--distribution=ubuntu", "ls");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect_str_eq(o.command[0], "ls");
}

Test(run, a_root_directory)
{
	parse("--rootfs", "/srv/x", "ls", "-l");
	cr_expect_str_eq(o.root, "/srv/x");
	cr_expect_null(o.distribution);
	cr_expect_eq(count(o.command), 2);
	parse("--rootfs=/srv/x", "--gate", "notify", "--without=openat2", "--", "ls");
	cr_expect_str_eq(o.root, "/srv/x");
	cr_expect_eq(o.gate, INSTANCE_GATE_NOTIFY);
	cr_expect(o.no_openat2);
	cr_expect_not(o.no_caches);
	parse("--rootfs=/srv/x", "--without", "caches", "--without", "openat2", "ls");
	cr_expect(o.no_caches);
	cr_expect(o.no_openat2);
}

Test(run, a_version)
{
	parse("--version", "1");
	cr_expect_eq(o.verb, VERB_RUN);
	cr_expect_eq(o.version, 1);
	cr_expect_null(o.distribution);
	parse("--version=1", "debian", "true");
	cr_expect_eq(o.version, 1);
	cr_expect_str_eq(o.distribution, "debian");
	cr_expect_str_eq(o.command[0], "true");
	parse("-u", "root", "--version", "1", "debian");
	cr_expect_eq(o.version, 1);
	parse("--version=2", "debian");
	cr_expect_eq(o.version, 2);
}

Test(run, a_string_for_the_shell)
{
	parse("--shell", "for f in *; do echo $f; done");
	cr_expect_str_eq(o.shell_command, "for f in *; do echo $f; done");
	cr_expect_null(o.distribution);
	parse("ubuntu", "--shell", "ls", "--shell-type", "login");
	cr_expect_str_eq(o.distribution, "ubuntu");
	cr_expect_eq(o.shell_type, SHELL_LOGIN);
}

Test(run, trace_takes_a_value_only_when_it_is_glued)
{
	parse("--trace", "debian", "true");
	cr_expect(o.trace);
	cr_expect_null(o.trace_file);
	cr_expect_str_eq(o.distribution, "debian");
	parse("--trace=x", "debian");
	cr_expect_str_eq(o.trace_file, "x");
}

Test(run, letters_in_one_word)
{
	parse("-upostgres", "debian");
	cr_expect_str_eq(o.user, "postgres");
	cr_expect_str_eq(o.distribution, "debian");
	parse("-eu", "postgres", "psql");
	cr_expect(o.exec);
	cr_expect_str_eq(o.user, "postgres");
	cr_expect_str_eq(o.command[0], "psql");
}

Test(run, variables)
{
	parse("--env", "A=b", "--env=C=d=e", "x");
	cr_expect_eq(o.env_count, 2);
	cr_expect_str_eq(o.env[1], "C=d=e");
	cr_expect_null(o.env[2]);
}

/* --- verbs ----------------------------------------------------------------------------------------------------------- */

Test(verbs, version)
{
	parse("--version");
	cr_expect_eq(o.verb, VERB_VERSION);
	parse("-v");
	cr_expect_eq(o.verb, VERB_VERSION);
}

Test(verbs, help)
{
	parse("--help");
	cr_expect_eq(o.verb, VERB_HELP);
	cr_expect_eq(o.about, VERB_RUN);
	parse("-h", "version");
	cr_expect_eq(o.verb, VERB_HELP);
	cr_expect_str_eq(o.arguments[0], "version");
	parse("--help=version");
	cr_expect_str_eq(o.arguments[0], "version");
	parse("--version", "--help");
	cr_expect_eq(o.verb, VERB_HELP);
	cr_expect_eq(o.about, VERB_VERSION);
	parse("debian", "--help");
	cr_expect_eq(o.verb, VERB_HELP);
	cr_expect_eq(o.about, VERB_RUN);
}

Test(verbs, after_two_dashes_there_are_words_only)
{
	parse("--help", "--", "--help");
	cr_expect_eq(o.verb, VERB_HELP);
	cr_expect_str_eq(o.arguments[0], "--help");
}

/* --- refused --------------------------------------------------------------------------------------------------------- */

#define REFUSED(name, ...)                                 \
	Test(refused, name, .exit_code = EXIT_OWN_FAILURE) \
	{                                                  \
		cr_redirect_stderr();                      \
		parse(__VA_ARGS__);                        \
		exit(0);                                   \
	}

REFUSED(unknown_option, "--no-such-option")
REFUSED(unknown_letter, "-ez", "ls")
REFUSED(single_dash_and_a_long_name, "-rootfs", "/")
REFUSED(a_value_that_is_missing, "--rootfs")
REFUSED(a_value_that_is_too_much, "--exec=yes", "ls")
REFUSED(two_distributions, "-d", "a", "-d", "b")
REFUSED(a_word_and_a_distribution, "a", "-d", "b")
REFUSED(a_root_and_a_distribution, "a", "--rootfs", "/")
REFUSED(version_3, "--version", "3")
REFUSED(version_debian, "--version", "debian")
REFUSED(unknown_gate, "--gate", "door")
REFUSED(unknown_shell_type, "--shell-type", "fish")
REFUSED(shell_and_a_command, "--shell", "ls", "debian", "true")
REFUSED(shell_and_exec, "--shell", "ls", "-e")
REFUSED(a_variable_without_a_name, "--env", "=x")
REFUSED(a_verb_that_is_not_first, "-u", "root", "--help=x")
REFUSED(a_word_too_many, "--help", "version", "version")
REFUSED(an_option_that_is_not_the_verbs, "--version", "--user", "root")

/* --- the table ------------------------------------------------------------------------------------------------------- */

Test(table, names_and_letters_are_clear)
{
	for (unsigned a = 0; a < OPTION_COUNT; a++) {
		cr_expect_neq(option_rows[a].verbs, 0);
		cr_expect(strlen(option_rows[a].text) > 0);
		cr_expect_eq(option_rows[a].takes == TAKES_NOTHING, option_rows[a].value[0] == '\0');
		for (unsigned b = a + 1; b < OPTION_COUNT; b++) {
			if ((option_rows[a].verbs & option_rows[b].verbs) == 0)
				continue;
			cr_expect_str_neq(option_rows[a].name, option_rows[b].name);
			cr_expect(option_rows[a].letter == '\0' || option_rows[a].letter != option_rows[b].letter,
				  "%s %s", option_rows[a].name, option_rows[b].name);
		}
	}
	for (unsigned a = 1; a < VERB_COUNT; a++) {
		cr_expect_leq(verb_rows[a].most, OPTIONS_ARGUMENTS_MAX);
		cr_expect_leq(verb_rows[a].least, verb_rows[a].most);
		cr_expect_eq(verb_rows[a].most == 0, verb_rows[a].arguments[0] == '\0');
		for (unsigned b = a + 1; b < VERB_COUNT; b++)
			cr_expect(verb_rows[a].letter == '\0' || verb_rows[a].letter != verb_rows[b].letter, "%s %s",
				  verb_rows[a].name, verb_rows[b].name);
	}
}
