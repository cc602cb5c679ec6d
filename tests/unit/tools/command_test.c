/* Command lines of unit files. */
#include <criterion/criterion.h>
#include <errno.h>

#include "guest-tools/systemctl/command.h"

static struct pool pool;
static const struct specifiers specifiers = {.name = "a@b.service", .path = ""};

static struct command *parse(const char *line)
{
	struct command *c = NULL;

	return command_parse(&pool, &specifiers, line, &c) == 0 ? c : NULL;
}

static const char *arguments(const char *line)
{
	struct list environment = {NULL}, argv = {NULL};
	struct command *c = parse(line);

	if (c == NULL)
		return "bad";
	list_add(&pool, &environment, "ONE=one");
	list_add(&pool, &environment, "TWO=two 'more words'");
	list_add(&pool, &environment, "NONE=");
	command_arguments(&pool, c, &environment, &argv);
	return list_join(&pool, &argv, "|");
}

Test(command, prefixes)
{
	struct command *c = parse("-+:/bin/x a");

	cr_assert_not_null(c);
	cr_expect(c->ignore_failure && c->privileged && c->literal && !c->name_apart);
	cr_expect_str_eq(c->path, "/bin/x");
	c = parse("!!@/bin/x y z");
	cr_assert_not_null(c);
	cr_expect(!c->privileged && c->name_apart);
	cr_expect_str_eq(c->arguments.items[0], "y");
	cr_expect(parse("!/bin/x")->privileged);
}

Test(command, several_in_a_line)
{
	struct command *c = parse("/bin/a 1 ; -/bin/b ';' \\; 2");

	cr_assert_not_null(c);
	cr_assert_not_null(c->next);
	cr_expect_null(c->next->next);
	cr_expect_eq(c->arguments.count, 2);
	cr_expect(c->next->ignore_failure);
	cr_expect_str_eq(list_join(&pool, &c->next->arguments, "|"), "/bin/b|;|;|2");
}

Test(command, bad_lines)
{
	cr_expect_null(parse(""));
	cr_expect_null(parse("-"));
	cr_expect_null(parse("/bin/a 'b"));
	cr_expect_null(parse("@/bin/a"));
	cr_expect_null(parse("/bin/a ; @/bin/b"));
}

Test(command, specifiers_come_after_words)
{
	cr_expect_str_eq(arguments("/bin/%p %i '%n x'"), "/bin/a|b|a@b.service x");
}

Test(command, variables)
{
	cr_expect_str_eq(arguments("/bin/x $ONE ${ONE} a${ONE}b"), "/bin/x|one|one|aoneb");
	cr_expect_str_eq(arguments("/bin/x $TWO ${TWO}"), "/bin/x|two|more words|two 'more words'");
	cr_expect_str_eq(arguments("/bin/x $NONE $UNSET ${UNSET} y"), "/bin/x||y");
	cr_expect_str_eq(arguments("/bin/x a$ONE $$ONE $${ONE} $ $1"), "/bin/x|a$ONE|$ONE|${ONE}|$|$1");
	cr_expect_str_eq(arguments(":/bin/x $ONE"), "/bin/x|$ONE");
	cr_expect_str_eq(arguments("/bin/$ONE"), "/bin/$ONE");
}
