/* Unit files and environment files as texts. */
#include <criterion/criterion.h>
#include <string.h>

#include "guest-tools/systemctl/unit_text.h"

static struct pool pool;

static void note(void *context, const char *section, const char *key, const char *value)
{
	struct text *t = context;

	text_add(t, pool_format(&pool, "%s.%s=%s;", section, key, value));
}

static const char *settings(const char *text)
{
	struct text t = {.pool = &pool};

	unit_text_read(&pool, text, strlen(text), note, &t);
	return text_end(&t);
}

Test(unit_text, sections_and_keys)
{
	cr_expect_str_eq(settings("[Unit]\nA=1\n B = x y \n\n[Service]\nA=\n"), "Unit.A=1;Unit.B=x y;Service.A=;");
	cr_expect_str_eq(settings("\xef\xbb\xbf[U]\r\nA=1\r\n"), "U.A=1;");
	cr_expect_str_eq(settings("[U]\nA=b=c"), "U.A=b=c;");
}

Test(unit_text, comments_stand_in_lines_of_their_own)
{
	cr_expect_str_eq(settings("# x\n[U]\n; y\n  # z\nA=1 # not one\n"), "U.A=1 # not one;");
}

Test(unit_text, lines_go_on_over_comments)
{
	cr_expect_str_eq(settings("[U]\nA=1 \\\n# between\n 2\\\n3\nB=4\\"), "U.A=1   2 3;U.B=4;");
	cr_expect_str_eq(settings("[U]\nA=b\\\\\nC=d\n"), "U.A=b\\\\;U.C=d;");
}

Test(unit_text, what_is_no_setting_is_left_out)
{
	cr_expect_str_eq(settings("A=before\n[U]\njunk\n=x\n[broken\nB=2\n"), "U.B=2;");
	cr_expect_str_eq(settings(""), "");
}

Test(unit_text, a_nul_ends_the_text_of_its_line)
{
	static const char text[] = "[U]\nA=1\0 2\nB=3\n";
	struct text t = {.pool = &pool};

	unit_text_read(&pool, text, sizeof(text) - 1, note, &t);
	cr_expect_str_eq(text_end(&t), "U.A=1;U.B=3;");
}

static void note_variable(void *context, const char *assignment)
{
	struct text *t = context;

	text_add(t, pool_format(&pool, "%s;", assignment));
}

static const char *variables(const char *text)
{
	struct text t = {.pool = &pool};

	environment_file_read(&pool, text, strlen(text), note_variable, &t);
	return text_end(&t);
}

Test(environment_file, values)
{
	cr_expect_str_eq(variables("A=1\n  B=two words  \n# C=3\n;D=4\nE=\n"), "A=1;B=two words;E=;");
	cr_expect_str_eq(variables("A='x y'\nB=\"x \\\"y\\\" \\$z \\n\"\nC=a'b 'c\n"),
			 "A=x y;B=x \"y\" $z \\n;C=ab c;");
	cr_expect_str_eq(variables("A=\"two\nlines\"\nB=one\\\nline\n"), "A=two\nlines;B=oneline;");
}

Test(environment_file, names_that_are_none_are_left_out)
{
	cr_expect_str_eq(variables("1A=1\nexport B=2\nno\nC D=1\n=3\nE_1=4"), "E_1=4;");
}
