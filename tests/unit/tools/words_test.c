/* systemd's quoting, and the values that settings have. */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>

#include "guest-tools/systemctl/specifier.h"
#include "guest-tools/systemctl/unit_name.h"
#include "guest-tools/systemctl/words.h"

static struct pool pool;

static const char *split(const char *text)
{
	struct list words = {NULL};

	if (words_split(&pool, text, &words) < 0)
		return "open quote";
	return list_join(&pool, &words, "|");
}

Test(words, are_divided_by_blanks)
{
	cr_expect_str_eq(split("a b\t c "), "a|b|c");
	cr_expect_str_eq(split(""), "");
	cr_expect_str_eq(split("  \t"), "");
}

Test(words, quotes_keep_together_anywhere_in_a_word)
{
	cr_expect_str_eq(split("\"a b\" 'c d'"), "a b|c d");
	cr_expect_str_eq(split("a\"b c\"d 'it'\"'\"'s'"), "ab cd|it's");
	cr_expect_str_eq(split("\"\" x"), "|x");
	cr_expect_str_eq(split("'a \"b\"'"), "a \"b\"");
}

Test(words, escapes_are_those_of_c)
{
	cr_expect_str_eq(split("a\\tb a\\sb \\x41\\102 \\u00e9"), "a\tb|a b|AB|\xc3\xa9");
	cr_expect_str_eq(split("\\U0001F600"), "\xf0\x9f\x98\x80");
	cr_expect_str_eq(split("\\q \\x0g \\"), "\\q|\\x0g|\\");
	cr_expect_str_eq(split("\"\\\"\" '\\''"), "\"|'");
}

Test(words, an_open_quote_is_an_error)
{
	cr_expect_str_eq(split("a 'b"), "open quote");
	cr_expect_str_eq(split("\""), "open quote");
}

Test(words, times)
{
	long n = 0;

	cr_expect(words_milliseconds("90", &n) == 0 && n == 90000);
	cr_expect(words_milliseconds("5min 20s", &n) == 0 && n == 320000);
	cr_expect(words_milliseconds("1h30m", &n) == 0 && n == 5400000);
	cr_expect(words_milliseconds("250ms", &n) == 0 && n == 250);
	cr_expect(words_milliseconds("1.5s", &n) == 0 && n == 1500);
	cr_expect(words_milliseconds("infinity", &n) == 0 && n == -1);
	cr_expect(words_milliseconds("0", &n) == 0 && n == 0);
	cr_expect_eq(words_milliseconds("", &n), -EINVAL);
	cr_expect_eq(words_milliseconds("5 parsecs", &n), -EINVAL);
	cr_expect_eq(words_milliseconds("-1", &n), -EINVAL);
}

Test(words, signals)
{
	cr_expect_eq(words_signal("SIGTERM"), SIGTERM);
	cr_expect_eq(words_signal("kill"), SIGKILL);
	cr_expect_eq(words_signal("9"), 9);
	cr_expect_eq(words_signal("SIGRTMIN+3"), SIGRTMIN + 3);
	cr_expect_eq(words_signal("NOPE"), -EINVAL);
	cr_expect_eq(words_signal(""), -EINVAL);
	cr_expect_eq(words_signal("0"), -EINVAL);
}

Test(words, truth)
{
	cr_expect(words_truth("yes", false) && words_truth("ON", false) && words_truth("1", false));
	cr_expect(!words_truth("no", true) && !words_truth("false", true) && !words_truth("0", true));
	cr_expect(words_truth("", true) && !words_truth("perhaps", false));
}

static const char *specifier(const char *name, const char *text)
{
	const struct specifiers s = {.name = name, .path = "/x/y.service", .user = {"root", "/root", "/bin/sh", 0, 0}};

	return specifier_expand(&pool, &s, text);
}

Test(specifiers, are_words_of_the_name)
{
	cr_expect_str_eq(specifier("a-b@c\\x2dd-e.service", "%n %N %p %P %i %I"),
			 "a-b@c\\x2dd-e.service a-b@c\\x2dd-e a-b a/b c\\x2dd-e c-d/e");
	cr_expect_str_eq(specifier("a-b.service", "[%i] %j %f"), "[] b /a/b");
}

Test(specifiers, are_directories_and_users)
{
	cr_expect_str_eq(specifier("a.service", "%t %S %C %L %E %T %h %u %U %%"),
			 "/run /var/lib /var/cache /var/log /etc /tmp /root root 0 %");
}

Test(specifiers, unknown_ones_stay)
{
	cr_expect_str_eq(specifier("a.service", "%? 100% %"), "%? 100% %");
}

Test(names, of_what_people_write)
{
	cr_expect_str_eq(unit_name_of(&pool, "ssh"), "ssh.service");
	cr_expect_str_eq(unit_name_of(&pool, "ssh.socket"), "ssh.socket");
	cr_expect_str_eq(unit_name_of(&pool, "python3.11"), "python3.11.service");
	cr_expect_str_eq(unit_name_of(&pool, "/home/a-b"), "home-a\\x2db.mount");
	cr_expect_str_eq(unit_name_of(&pool, "/"), "-.mount");
}

Test(names, that_are_none)
{
	cr_expect(unit_name_valid("a@b.service") && unit_name_valid("a-b_c:d\\x2d.service"));
	cr_expect(!unit_name_valid("a/b.service") && !unit_name_valid("../x.service") &&
		  !unit_name_valid("a b.service"));
	cr_expect(!unit_name_valid("a") && !unit_name_valid("") && !unit_name_valid(".service") &&
		  !unit_name_valid("@x.service"));
}

Test(names, of_templates)
{
	cr_expect(unit_name_is_template("a@.service") && !unit_name_is_template("a@b.service"));
	cr_expect(unit_name_is_instance("a@b.service") && !unit_name_is_instance("a.service"));
	cr_expect_str_eq(unit_name_template(&pool, "a@b.c.service"), "a@.service");
	cr_expect_str_eq(unit_name_with_instance(&pool, "a@.service", "x"), "a@x.service");
}
