/* Which variables cross, and what becomes of paths in them. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/lxenv.h"

static char crossed[4096];

static void note(void *context, const char *name, const char *value)
{
	size_t used = strlen(crossed);

	(void)context;
	if (strcmp(name, "LXENV") != 0)
		snprintf(crossed + used, sizeof(crossed) - used, "%s=%s;", name, value);
}

static const char *import(const char *lxenv, const char *host_root)
{
	const struct lxenv_paths paths = {.root = "/home/u/debian", .host_root = host_root};

	crossed[0] = '\0';
	lxenv_import(lxenv, &paths, note, NULL);
	return crossed;
}

Test(lxenv, nothing_crosses_unnamed)
{
	setenv("A", "1", 1);
	cr_expect_str_eq(import(NULL, "/mnt/host"), "");
	cr_expect_str_eq(import("", "/mnt/host"), "");
	cr_expect_str_eq(import("B", "/mnt/host"), "");
}

Test(lxenv, values_cross_as_they_are)
{
	setenv("A", "/tmp/a b", 1);
	setenv("B", "", 1);
	cr_expect_str_eq(import("A:B", "/mnt/host"), "A=/tmp/a b;B=;");
}

Test(lxenv, paths_are_translated)
{
	setenv("A", "/tmp/x", 1);
	setenv("B", "/home/u/debian/etc", 1);
	setenv("C", "/home/u/debian", 1);
	setenv("D", "/home/u/debian2", 1);
	setenv("E", "here/there", 1);
	cr_expect_str_eq(import("A/p:B/p:C/p:D/p:E/p", "/mnt/host"),
			 "A=/mnt/host/tmp/x;B=/etc;C=/;D=/mnt/host/home/u/debian2;E=here/there;");
	cr_expect_str_eq(import("A/p:B/p", NULL), "B=/etc;", "without the host's files only the guest's own cross");
}

Test(lxenv, lists_are_translated_one_by_one)
{
	setenv("A", "/a:/home/u/debian/b:c", 1);
	cr_expect_str_eq(import("A/l", "/mnt/host"), "A=/mnt/host/a:/b:c;");
	cr_expect_str_eq(import("A/l", NULL), "A=/b:c;");
	cr_expect_str_eq(import("A/pl", "/mnt/host"), "A=/mnt/host/a:/b:c;");
}

Test(lxenv, directions)
{
	setenv("A", "1", 1);
	cr_expect_str_eq(import("A/u", "/mnt/host"), "A=1;");
	cr_expect_str_eq(import("A/w", "/mnt/host"), "");
	cr_expect_str_eq(import("A/uw", "/mnt/host"), "A=1;");
}

Test(lxenv, an_unknown_flag_leaves_its_entry_out)
{
	setenv("A", "1", 1);
	setenv("B", "2", 1);
	cr_expect_str_eq(import("A/x:B:/p::", "/mnt/host"), "B=2;");
}

Test(lxenv, a_path_that_is_too_long_does_not_cross)
{
	static char list[40000];

	memset(list, 'x', sizeof(list) - 1);
	list[0] = '/';
	setenv("A", list, 1);
	setenv("B", "1", 1);
	cr_expect_str_eq(import("A/p:A/l:B", "/mnt/host"), "B=1;");
}
