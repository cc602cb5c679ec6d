/* Names, and where things are. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"

TestSuite(paths, .init = home_start, .fini = home_end);

Test(names, valid)
{
	char longest[DISTRO_NAME_MAX + 2];

	cr_expect(distro_name_is_valid("a"));
	cr_expect(distro_name_is_valid("Ubuntu-24.04_LTS"));
	cr_expect(distro_name_is_valid("-"));
	cr_expect(distro_name_is_valid("..."));
	cr_expect_not(distro_name_is_valid(""));
	cr_expect_not(distro_name_is_valid("."));
	cr_expect_not(distro_name_is_valid(".."));
	cr_expect_not(distro_name_is_valid("a b"));
	cr_expect_not(distro_name_is_valid("a/b"));
	cr_expect_not(distro_name_is_valid("a\n"));
	cr_expect_not(distro_name_is_valid("\xc3\xa4"));
	memset(longest, 'x', sizeof(longest));
	longest[DISTRO_NAME_MAX + 1] = '\0';
	cr_expect_not(distro_name_is_valid(longest));
	longest[DISTRO_NAME_MAX] = '\0';
	cr_expect(distro_name_is_valid(longest));
}

Test(names, equal)
{
	cr_expect(distro_name_equal("Debian", "dEBIAN"));
	cr_expect(distro_name_equal("", ""));
	cr_expect_not(distro_name_equal("debian", "debian-12"));
	cr_expect_not(distro_name_equal("debian-12", "debian"));
	cr_expect_not(distro_name_equal("a_", "a-"));
}

static const char *nearest(const char *name)
{
	static const char *const names[] = {"Debian", "debian-12", "ubuntu-24.04", "x", "alpine"};
	static struct distro distros[ARRAY_SIZE(names)];
	struct registry r = {.distros = distros, .count = ARRAY_SIZE(names), .lock = -1};
	const struct distro *d;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		strcpy(distros[i].name, names[i]);
	d = registry_nearest(&r, name);
	return d != NULL ? d->name : "none";
}

Test(names, nearest)
{
	char longest[4000];

	cr_expect_str_eq(nearest("debain"), "Debian");
	cr_expect_str_eq(nearest("debin"), "Debian");
	cr_expect_str_eq(nearest("ddebian"), "Debian");
	cr_expect_str_eq(nearest("dobian"), "Debian");
	cr_expect_str_eq(nearest("deb"), "Debian");
	cr_expect_str_eq(nearest("ubuntu"), "ubuntu-24.04");
	cr_expect_str_eq(nearest("UBUNTU-2404"), "ubuntu-24.04");
	cr_expect_str_eq(nearest("debian12"), "debian-12");
	cr_expect_str_eq(nearest("ls"), "none");
	cr_expect_str_eq(nearest("y"), "none");
	cr_expect_str_eq(nearest("make"), "none");
	cr_expect_str_eq(nearest(""), "none");
	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	cr_expect_str_eq(nearest(longest), "none");
	longest[DISTRO_NAME_MAX] = '\0';
	cr_expect_str_eq(nearest(longest), "none");
}

Test(paths, by_the_rules)
{
	char path[PATH_MAX];

	cr_assert_eq(distro_data_path(path, sizeof(path)), 0);
	cr_expect_str_eq(path, in_home(".local/share/lxrun"));
	cr_assert_eq(distro_config_path(path, sizeof(path)), 0);
	cr_expect_str_eq(path, in_home(".config/lxrun"));
	setenv("XDG_DATA_HOME", "/data", 1);
	setenv("XDG_CONFIG_HOME", "/config", 1);
	cr_assert_eq(distro_data_path(path, sizeof(path)), 0);
	cr_expect_str_eq(path, "/data/lxrun");
	cr_assert_eq(distro_store_path("Debian", path, sizeof(path)), 0);
	cr_expect_str_eq(path, "/data/lxrun/stores/Debian");
	cr_assert_eq(distro_config_path(path, sizeof(path)), 0);
	cr_expect_str_eq(path, "/config/lxrun");
	/* Relative ones are to be ignored. */
	setenv("XDG_DATA_HOME", "data", 1);
	cr_assert_eq(distro_data_path(path, sizeof(path)), 0);
	cr_expect_str_eq(path, in_home(".local/share/lxrun"));
	cr_expect_eq(distro_data_path(path, 10), -ENAMETOOLONG);
	cr_expect_str_eq(path, "");
}

Test(paths, without_a_home_variable_the_password_file_counts)
{
	char path[PATH_MAX];

	unsetenv("HOME");
	cr_expect_eq(distro_data_path(path, sizeof(path)), 0);
	cr_expect_eq(path[0], '/');
	cr_expect_null(strstr(path, home));
}

Test(paths, where_the_configuration_says)
{
	char path[PATH_MAX];

	cr_assert_eq(distro_make_directories(in_home(".config/lxrun")), 0);
	write_text(in_home(".config/lxrun/config"), "[general]\ndistributionInstallPath = ~/big\n");
	cr_assert_eq(distro_store_path("a", path, sizeof(path)), 0);
	cr_expect_str_eq(path, in_home("big/a"));
}

Test(paths, directories)
{
	struct stat st;

	cr_expect_eq(distro_make_directories(in_home("a/b//c/")), 0);
	cr_assert_eq(stat(in_home("a/b/c"), &st), 0);
	cr_expect_eq(st.st_mode & 0777, 0700);
	cr_expect_eq(distro_make_directories(in_home("a/b/c")), 0);
	write_text(in_home("a/file"), "");
	cr_expect_eq(distro_make_directories(in_home("a/file/x")), -ENOTDIR);
	cr_expect_eq(distro_make_directories(in_home("a/file")), -ENOTDIR);
	cr_expect_eq(distro_make_directories(""), -ENOENT);
}
