/* Registries that are damaged or lost. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "home.h"

static struct registry r;

static void start(void)
{
	r = REGISTRY_EMPTY;
	home_start();
	install("alpha");
	install("beta");
	cr_assert_eq(registry_begin(&r, &message), 0);
	strcpy(r.default_name, "beta");
	registry_find(&r, "alpha")->default_uid = 55;
	cr_assert_eq(registry_commit(&r, &message), 0);
	registry_done(&r);
	message.text[0] = '\0';
}

TestSuite(rebuild, .init = start, .fini = home_end);

static void says(const char *what)
{
	cr_expect_not_null(strstr(message.text, what), "'%s' is not in: %s", what, message.text);
}

static void read_again(void)
{
	registry_done(&r);
	cr_assert_eq(registry_read(&r, &message), 0, "%s", message.text);
}

/* What was there is there again, is written, and the damaged one is kept. */
static void expect_rebuilt(const char *kept)
{
	read_again();
	cr_expect(r.rebuilt);
	cr_expect_eq(r.lock, -1);
	says("was damaged");
	says("2 distributions");
	cr_expect_eq(r.count, 2);
	cr_expect_eq(registry_find(&r, "alpha")->default_uid, 55);
	cr_expect(exists(in_home(".local/share/lxrun/%s", kept)));
	read_again();
	cr_expect_not(r.rebuilt);
	cr_expect_eq(r.count, 2);
}

Test(rebuild, a_byte_less)
{
	damage(REGISTRY);
	expect_rebuilt("registry.damaged-1");
	damage(REGISTRY);
	expect_rebuilt("registry.damaged-2");
}

Test(rebuild, noise)
{
	write_text(REGISTRY, "\x7f\x45LF\x01\xff\xfe");
	expect_rebuilt("registry.damaged-1");
}

Test(rebuild, nothing_in_it)
{
	write_text(REGISTRY, "");
	expect_rebuilt("registry.damaged-1");
}

Test(rebuild, a_directory_in_its_place)
{
	cr_assert_eq(unlink(REGISTRY), 0);
	cr_assert_eq(mkdir(REGISTRY, 0700), 0);
	expect_rebuilt("registry.damaged-1");
}

Test(rebuild, a_fifo_in_its_place)
{
	cr_assert_eq(unlink(REGISTRY), 0);
	cr_assert_eq(mkfifo(REGISTRY, 0600), 0);
	expect_rebuilt("registry.damaged-1");
}

/* Wherever it was cut: nothing is lost, and it is noticed. */
Test(rebuild, cut_short)
{
	char whole[8192];
	size_t size, cuts = 0;

	strcpy(whole, text_of(REGISTRY));
	size = strlen(whole);
	for (size_t n = 0; n < size - 1; n += 13) {
		char part[8192];

		memcpy(part, whole, n);
		part[n] = '\0';
		write_text(REGISTRY, part);
		read_again();
		cr_expect(r.rebuilt, "cut at %zu", n);
		cr_expect_eq(r.count, 2, "cut at %zu", n);
		cuts++;
	}
	cr_expect_gt(cuts, 20);
}

Test(rebuild, the_default_is_kept_as_far_as_it_can_be_read)
{
	char text[8192], *end;

	strcpy(text, text_of(REGISTRY));
	end = strstr(text, "[end]");
	*end = '\0';
	write_text(REGISTRY, text);
	read_again();
	cr_expect(r.rebuilt);
	cr_expect_str_eq(registry_default(&r)->name, "beta");
	write_text(REGISTRY, "");
	read_again();
	cr_expect_str_eq(registry_default(&r)->name, "alpha");
}

Test(rebuild, it_is_gone)
{
	cr_assert_eq(unlink(REGISTRY), 0);
	read_again();
	cr_expect(r.rebuilt);
	says("was gone");
	cr_expect_eq(r.count, 2);
	read_again();
	cr_expect_not(r.rebuilt);
}

Test(rebuild, before_a_change_too)
{
	damage(REGISTRY);
	cr_assert_eq(registry_begin(&r, &message), 0);
	cr_expect(r.rebuilt);
	cr_expect_geq(r.lock, 0);
	says("was damaged");
	registry_done(&r);
}

Test(rebuild, stores_that_are_elsewhere)
{
	struct distro d = new_distro("gamma");

	strcpy(d.location, in_home("chosen/place"));
	cr_assert_eq(distro_make_directories(in_home("chosen/place/rootfs")), 0);
	cr_assert_eq(registry_begin(&r, &message), 0);
	cr_assert_eq(registry_add(&r, &d), 0);
	cr_assert_eq(registry_commit(&r, &message), 0);
	registry_done(&r);
	/* Its name cannot be read any more, where it is can. */
	char text[8192], *end;

	strcpy(text, text_of(REGISTRY));
	end = strstr(text, "[end]");
	*end = '\0';
	write_text(REGISTRY, text);
	read_again();
	cr_expect_eq(r.count, 3);
	cr_assert_not_null(registry_find(&r, "gamma"));
	cr_expect_str_eq(registry_find(&r, "gamma")->location, in_home("chosen/place"));
}

Test(rebuild, an_entry_whose_copy_is_lost_counts_if_its_files_are_there)
{
	cr_assert_eq(unlink(in_home(".local/share/lxrun/stores/alpha/distribution")), 0);
	damage(in_home(".local/share/lxrun/stores/beta/distribution"));
	cr_assert_eq(rename(in_home(".local/share/lxrun/stores/beta"), in_home("beta")), 0);

	char text[8192], *end;

	strcpy(text, text_of(REGISTRY));
	end = strstr(text, "[end]");
	*end = '\0';
	write_text(REGISTRY, text);
	read_again();
	cr_expect_eq(r.count, 1);
	cr_expect_not_null(registry_find(&r, "alpha"));
}

Test(rebuild, half_made_ones_are_none)
{
	cr_assert_eq(registry_begin(&r, &message), 0);
	registry_find(&r, "alpha")->state = DISTRO_INSTALLING;
	registry_find(&r, "beta")->state = DISTRO_EXPORTING;
	cr_assert_eq(registry_commit(&r, &message), 0);
	registry_done(&r);
	write_text(REGISTRY, "");
	read_again();
	cr_assert_eq(r.count, 1);
	cr_expect_str_eq(r.distros[0].name, "beta");
	cr_expect_eq(r.distros[0].state, DISTRO_INSTALLED);
}

Test(rebuild, a_home_that_moved)
{
	cr_assert_eq(rename(in_home(".local/share/lxrun"), in_home("elsewhere")), 0);
	cr_assert_eq(mkdir(in_home("data"), 0700), 0);
	cr_assert_eq(rename(in_home("elsewhere"), in_home("data/lxrun")), 0);
	setenv("XDG_DATA_HOME", in_home("data"), 1);
	cr_assert_eq(unlink(in_home("data/lxrun/registry")), 0);
	read_again();
	cr_expect_eq(r.count, 2);
	cr_expect_str_eq(registry_find(&r, "alpha")->location, in_home("data/lxrun/stores/alpha"));
}

Test(rebuild, where_nothing_may_be_written_it_is_in_memory)
{
	char command[200];

	damage(REGISTRY);
	if (geteuid() == 0) {
		snprintf(command, sizeof(command), "chown -R 12345:12345 %s", home);
		cr_assert_eq(system(command), 0);
		cr_assert_eq(setresuid(12345, 12345, 12345), 0);
		cr_assert_eq(prctl(PR_SET_DUMPABLE, 1), 0);
	}
	cr_assert_eq(unlink(in_home(".local/share/lxrun/registry.lock")), 0);
	cr_assert_eq(chmod(in_home(".local/share/lxrun"), 0555), 0);
	read_again();
	cr_expect(r.rebuilt);
	cr_expect_eq(r.count, 2);
	says("cannot be written again");
	cr_expect_not(exists(in_home(".local/share/lxrun/registry.damaged-1")));
}
