/* Units from trees of files: which file wins, what links and drop-ins do, what is enabled. */
#include <criterion/criterion.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/drop_ins.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/tools.h"

#define ETC "/etc/systemd/system"
#define LIB "/usr/lib/systemd/system"

static struct pool pool;
static struct unit unit;

static void set_up(void)
{
	char template[] = "/tmp/unit-test.XXXXXX";

	cr_assert_not_null(mkdtemp(template));
	unit_root = pool_copy(&pool, template);
	cr_assert_eq(make_directories(pool_format(&pool, "%s" ETC, unit_root), 0755), 0);
	cr_assert_eq(make_directories(pool_format(&pool, "%s" LIB, unit_root), 0755), 0);
}

static void tear_down(void)
{
	unit_done(&unit);
	cr_assert_eq(system(pool_format(&pool, "rm -rf '%s'", unit_root)), 0);
}

TestSuite(unit, .init = set_up, .fini = tear_down);

static void put(const char *directory, const char *name, const char *text)
{
	char *path = unit_path(&pool, directory, name);

	cr_assert_eq(make_directories(pool_text(&pool, path, (size_t)(strrchr(path, '/') - path)), 0755), 0);
	cr_assert_eq(file_write(path, text, 0755), 0);
}

static void put_link(const char *text, const char *directory, const char *name)
{
	char *path = unit_path(&pool, directory, name);

	cr_assert_eq(make_directories(pool_text(&pool, path, (size_t)(strrchr(path, '/') - path)), 0755), 0);
	cr_assert_eq(symlink(text, path), 0);
}

static const char *load(const char *name, const char *key)
{
	unit_done(&unit);
	unit_load(name, &unit);
	return unit_get(&unit, "Service", key, "unset");
}

static const char *values(const char *key)
{
	struct list l = {NULL};

	unit_values(&unit, "Service", key, &l);
	return list_join(&pool, &l, "|");
}

Test(unit, what_is_not_there)
{
	unit_load("nothing.service", &unit);
	cr_expect_eq(unit.state, UNIT_NOT_FOUND);
}

Test(unit, etc_wins_over_lib)
{
	put(LIB, "a.service", "[Service]\nUser=lib\n");
	cr_expect_str_eq(load("a.service", "User"), "lib");
	put(ETC, "a.service", "[Service]\nUser=etc\n");
	cr_expect_str_eq(load("a.service", "User"), "etc");
}

Test(unit, drop_ins_add_and_reset)
{
	put(LIB, "a-b.service", "[Service]\nExecStart=1\nUser=x\n");
	put(LIB, "a-b.service.d/20.conf", "[Service]\nExecStart=3\n");
	put(ETC, "a-b.service.d/10.conf", "[Service]\nExecStart=2\nUser=\n");
	put(LIB, "a-b.service.d/10.conf", "[Service]\nExecStart=hidden\n");
	put(ETC, "service.d/30.conf", "[Service]\nExecStart=4\n");
	put(ETC, "a-.service.d/40.conf", "[Service]\nExecStart=5\n");
	cr_expect_str_eq(load("a-b.service", "User"), "unset");
	cr_expect_str_eq(values("ExecStart"), "1|2|3|4|5");
	put(ETC, "a-b.service.d/50.conf", "[Service]\nExecStart=\nExecStart=last\n");
	(void)load("a-b.service", "User");
	cr_expect_str_eq(values("ExecStart"), "last");
}

Test(unit, a_null_link_masks)
{
	put(LIB, "a.service", "[Service]\n");
	put_link("/dev/null", ETC, "a.service");
	unit_load("a.service", &unit);
	cr_expect_eq(unit.state, UNIT_MASKED);
}

Test(unit, links_are_aliases)
{
	put(LIB, "real.service", "[Service]\nUser=x\n");
	put_link(LIB "/real.service", ETC, "alias.service");
	put(ETC, "alias.service.d/1.conf", "[Service]\nUser=%n\n");
	cr_expect_str_eq(load("alias.service", "User"), "real.service");
	cr_expect_str_eq(unit.name, "real.service");
	cr_expect(list_has(&unit.names, "alias.service") && list_has(&unit.names, "real.service"));
}

Test(unit, links_in_a_circle_end)
{
	put_link("b.service", ETC, "a.service");
	put_link("a.service", ETC, "b.service");
	unit_load("a.service", &unit);
	cr_expect_eq(unit.state, UNIT_BAD);
}

Test(unit, templates_have_instances)
{
	put(LIB, "t@.service", "[Service]\nUser=%i\n");
	put(ETC, "t@x.service.d/1.conf", "[Service]\nGroup=%p\n");
	put_link("t@.service", LIB, "other@.service");
	cr_expect_str_eq(load("t@x.service", "User"), "x");
	cr_expect_str_eq(unit_get(&unit, "Service", "Group", "unset"), "t");
	cr_expect_str_eq(load("other@y.service", "User"), "y");
	cr_expect_str_eq(unit.name, "t@y.service");
	put(ETC, "t@z.service", "[Service]\nUser=own\n");
	cr_expect_str_eq(load("t@z.service", "User"), "own");
}

Test(unit, init_scripts_are_units)
{
	put("/etc/init.d", "old",
	    "#!/bin/sh\n### BEGIN INIT INFO\n# Short-Description: an old one\n### END INIT INFO\n");
	cr_expect_str_eq(load("old.service", "Type"), "forking");
	cr_expect_not_null(unit.init_script);
	cr_expect_str_eq(unit_get(&unit, "Unit", "Description", ""), "LSB: an old one");
	put(LIB, "old.service", "[Service]\nType=simple\n");
	cr_expect_str_eq(load("old.service", "Type"), "simple");
	cr_expect_null(unit.init_script);
}

/* systemctl --root, as people call it. */
static int systemctl(const char *words)
{
	struct list l = {NULL};
	const char *root = unit_root;
	char **argv;
	int status;

	list_split(&pool, &l, pool_format(&pool, "systemctl -q --root %s %s", root, words), " ");
	argv = pool_alloc(&pool, (l.count + 1) * sizeof(*argv));
	for (size_t i = 0; i < l.count; i++)
		argv[i] = pool_copy(&pool, l.items[i]);
	optind = 0;
	status = systemctl_main((int)l.count, argv);
	unit_root = root;
	return status;
}

static const char *link_text(const char *name)
{
	static char text[PATH_MAX];
	ssize_t n = readlink(unit_path(&pool, ETC, name), text, sizeof(text) - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

Test(unit, enable_makes_links_and_disable_removes_them)
{
	put(LIB, "a.service", "[Service]\n[Install]\nWantedBy=multi-user.target\nAlias=b.service\nAlso=c.service\n");
	put(LIB, "c.service", "[Install]\nRequiredBy=x.target\n");
	cr_expect_str_eq(unit_file_state(&pool, "a.service"), "disabled");
	cr_expect_eq(systemctl("enable a"), 0);
	cr_expect_str_eq(link_text("multi-user.target.wants/a.service"), LIB "/a.service");
	cr_expect_str_eq(link_text("b.service"), LIB "/a.service");
	cr_expect_str_eq(link_text("x.target.requires/c.service"), LIB "/c.service");
	cr_expect_str_eq(unit_file_state(&pool, "a.service"), "enabled");
	cr_expect_str_eq(unit_file_state(&pool, "b.service"), "alias");
	cr_expect_eq(systemctl("is-enabled a"), 0);
	cr_expect_eq(systemctl("enable a"), 0);
	cr_expect_eq(systemctl("disable a"), 0);
	cr_expect_str_eq(link_text("multi-user.target.wants/a.service"), "");
	cr_expect_str_eq(link_text("b.service"), "");
	cr_expect_str_eq(unit_file_state(&pool, "c.service"), "disabled");
	cr_expect_eq(systemctl("is-enabled a"), 1);
	cr_expect_eq(systemctl("enable nothing"), 1);
}

Test(unit, enable_of_templates)
{
	put(LIB, "t@.service", "[Install]\nWantedBy=multi-user.target\nDefaultInstance=d\n");
	cr_expect_eq(systemctl("enable t@"), 0);
	cr_expect_str_eq(link_text("multi-user.target.wants/t@d.service"), LIB "/t@.service");
	cr_expect_eq(systemctl("enable t@x"), 0);
	cr_expect_str_eq(link_text("multi-user.target.wants/t@x.service"), LIB "/t@.service");
	cr_expect_eq(systemctl("disable t@x"), 0);
	cr_expect_str_eq(link_text("multi-user.target.wants/t@x.service"), "");
	cr_expect_str_eq(link_text("multi-user.target.wants/t@d.service"), LIB "/t@.service");
	cr_expect_eq(systemctl("disable t@"), 0);
	cr_expect_str_eq(link_text("multi-user.target.wants/t@d.service"), "");
}

Test(unit, mask_and_unmask)
{
	put(LIB, "a.service", "[Service]\n[Install]\nWantedBy=multi-user.target\n");
	cr_expect_eq(systemctl("mask a"), 0);
	cr_expect_str_eq(link_text("a.service"), "/dev/null");
	cr_expect_str_eq(unit_file_state(&pool, "a.service"), "masked");
	cr_expect_eq(systemctl("enable a"), 1);
	cr_expect_eq(systemctl("unmask a"), 0);
	cr_expect_str_eq(unit_file_state(&pool, "a.service"), "disabled");
	put(ETC, "b.service", "[Service]\n");
	cr_expect_eq(systemctl("mask b"), 1);
	cr_expect_eq(systemctl("unmask b"), 0);
	cr_expect_str_eq(unit_file_state(&pool, "b.service"), "static");
}

Test(unit, presets_by_the_first_rule)
{
	put("/usr/lib/systemd/system-preset", "90-x.preset", "# no\nenable a*.service\ndisable *\n");
	cr_expect_str_eq(unit_file_preset(&pool, "a1.service"), "enabled");
	cr_expect_str_eq(unit_file_preset(&pool, "b.service"), "disabled");
}

Test(unit, dependencies_by_links)
{
	struct list wants = {NULL};

	put_link("/x/b.service", ETC, "a.service.wants/b.service");
	put_link("/x/c.service", LIB, "a.service.wants/c.service");
	drop_ins_dependencies(&pool, "a.service", "wants", &wants);
	cr_expect_str_eq(list_join(&pool, &wants, " "), "b.service c.service");
}
