/* Which suite a name means, and what of apt's sources is for it. */
#include <criterion/criterion.h>
#include <string.h>

#include "distro/suites.h"

static const char *named(const char *name)
{
	static struct suite s;

	if (!suite_find(name, &s))
		return "none";
	return s.name[0] != '\0' ? s.name : s.family->name;
}

Test(suites, names)
{
	cr_expect_str_eq(named("debian"), "debian");
	cr_expect_str_eq(named("Debian-12"), "bookworm");
	cr_expect_str_eq(named("debian-trixie"), "trixie");
	cr_expect_str_eq(named("bookworm"), "bookworm");
	cr_expect_str_eq(named("ubuntu-24.04"), "noble");
	cr_expect_str_eq(named("kali-rolling"), "kali-rolling");
	cr_expect_str_eq(named("kali-linux"), "kali-linux");
	cr_expect_str_eq(named("debian-"), "none");
	cr_expect_str_eq(named("ubuntu-bookworm"), "none");
	cr_expect_str_eq(named(""), "none");
	cr_expect_str_eq(named("archlinux"), "none");
}

Test(suites, names_of_suites)
{
	cr_expect(suite_name_is_valid("bookworm-backports"));
	cr_expect_not(suite_name_is_valid("-x"));
	cr_expect_not(suite_name_is_valid("a b"));
	cr_expect_not(suite_name_is_valid(""));
	cr_expect_not(suite_name_is_valid("../x"));
}

static const char *const machine[] = {
	"Docker|https://example.org/debian|bookworm|stable\n",
	"Debian|http://mirror/debian/|bookworm-updates|main\n",
	"Debian|http://mirror/debian/|bookworm|non-free-firmware\n",
	"Debian|http://mirror/debian/|bookworm|non-free\n",
	"Debian|http://mirror/debian/|bookworm|main\n",
	"Debian|http://mirror/debian/|bookworm|main\n",
	"Debian|http://mirror/debian/|bookworm-backports|main\n",
	"Debian|http://mirror/debian-security/|bookworm-security|main\n",
	"Debian|http://mirror/debian|bookworm\n",
	"Debian||bookworm|main\n",
};

static struct suite_sources sources_for(const char *name)
{
	static struct suite_sources sources;
	char own[65] = "";
	struct suite s;

	sources.count = 0;
	cr_assert(suite_find(name, &s));
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		suite_of_machine(s.family, machine[i], own);
	cr_expect_str_eq(own, "bookworm");
	if (s.name[0] == '\0')
		strcpy(s.name, own);
	for (size_t i = 0; i < ARRAY_SIZE(machine); i++)
		suite_source_add(&s, own, machine[i], &sources);
	return sources;
}

Test(suites, the_machines_own)
{
	struct suite_sources s = sources_for("debian");

	cr_assert_eq(s.count, 3);
	cr_expect_str_eq(s.lines[0], "deb http://mirror/debian bookworm-updates main");
	cr_expect_str_eq(s.lines[1], "deb http://mirror/debian bookworm non-free-firmware non-free main");
	cr_expect_str_eq(s.lines[2], "deb http://mirror/debian-security bookworm-security main");
}

Test(suites, another_of_the_same_mirrors)
{
	struct suite_sources s = sources_for("debian-13");

	cr_assert_eq(s.count, 3);
	cr_expect_str_eq(s.lines[2], "deb http://mirror/debian-security trixie-security main");
	s = sources_for("sid");
	cr_assert_eq(s.count, 1);
	cr_expect_str_eq(s.lines[0], "deb http://mirror/debian sid non-free-firmware non-free main");
}

Test(suites, none_of_the_machines)
{
	struct suite_sources s = {.count = 0};
	struct suite suite;

	cr_assert(suite_find("debian-12", &suite));
	suite_sources_default(&suite, &s);
	cr_assert_eq(s.count, 3);
	cr_expect_str_eq(s.lines[2], "deb http://deb.debian.org/debian-security bookworm-security main");
}
