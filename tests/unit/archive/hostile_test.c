/* Archives that want what they may not have: each fails with a sentence, and nothing is outside. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/unit/archive/make.h"

TestSuite(hostile, .init = make_setup, .fini = make_teardown);

static void refused(const char *word)
{
	struct message m = {0};
	int r;

	make_file("behind", "it");
	make_end();
	r = make_unpack(NULL, &m);
	cr_expect_lt(r, 0);
	cr_expect_not_null(strstr(m.text, word), "said '%s'", m.text);
	cr_expect_null(strchr(m.text, '\n'));
	cr_expect(!make_exists("root/behind"));
	cr_expect(!make_exists("evil"));
}

Test(hostile, names_that_lead_out)
{
	static const char *const names[] = {"/evil", "../evil", "a/../../evil", "./../evil", "..", "a/..", "//evil"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		make_file(names[i], "x");
		refused(names[i][0] == '/' ? "absolute" : "'..'");
		make_entry('5', names[i], NULL, NULL, 0);
		refused(names[i][0] == '/' ? "absolute" : "'..'");
		make_entry('2', names[i], "x", NULL, 0);
		refused(names[i][0] == '/' ? "absolute" : "'..'");
		make_pax("path", names[i], strlen(names[i]));
		make_file("innocent", "x");
		refused(names[i][0] == '/' ? "absolute" : "'..'");
	}
}

Test(hostile, writing_through_links)
{
	make_entry('2', "out", "..", NULL, 0);
	make_file("out/evil", "x");
	refused("below 'out'");
	make_entry('2', "out", make_place, NULL, 0);
	make_file("out/evil", "x");
	refused("below 'out'");
	make_entry('2', "out", "..", NULL, 0);
	make_entry('5', "out/evil", NULL, NULL, 0);
	refused("below 'out'");
	make_entry('2', "out", "../evil", NULL, 0);
	make_entry('1', "hard", "out/x", NULL, 0);
	refused("below 'out'");
	/* A link that has another name. */
	make_entry('2', "d/out", "../..", NULL, 0);
	make_entry('1', "again", "d/out", NULL, 0);
	make_file("again/evil", "x");
	refused("below 'again'");
}

/* A file takes a link's place, and does not write where it leads. */
Test(hostile, a_file_in_place_of_a_link)
{
	struct message m;

	make_entry('2', "f", "../evil", NULL, 0);
	make_file("f", "new");
	make_end();
	cr_assert_eq(make_unpack(NULL, &m), 0, "%s", m.text);
	cr_expect_str_eq(make_content("root/f"), "new");
	cr_expect(!make_exists("evil"));
}

Test(hostile, a_directory_in_place_of_a_link)
{
	struct message m;

	make_entry('2', "f", "..", NULL, 0);
	make_entry('5', "f/", NULL, NULL, 0);
	make_file("f/evil", "new");
	make_end();
	cr_assert_eq(make_unpack(NULL, &m), 0, "%s", m.text);
	cr_expect_str_eq(make_content("root/f/evil"), "new");
	cr_expect(!make_exists("evil"));
}

Test(hostile, hard_links_to_the_outside)
{
	make_entry('1', "h", "/etc/passwd", NULL, 0);
	refused("absolute");
	make_entry('1', "h", "../evil", NULL, 0);
	refused("'..'");
	make_entry('1', "h", "nothing", NULL, 0);
	refused("'nothing'");
	make_entry('1', "h", "no/such/thing", NULL, 0);
	refused("hard link");
	make_entry('5', "dir", NULL, NULL, 0);
	make_entry('1', "h", "dir", NULL, 0);
	refused("'h'");
}

Test(hostile, a_file_in_place_of_a_full_directory)
{
	make_file("d/f", "x");
	make_file("d", "x");
	refused("'d'");
}

Test(hostile, no_name)
{
	make_file("", "x");
	refused("without a name");
	make_file(".", "x");
	refused("without a name");
	make_entry('2', "l", "", NULL, 0);
	refused("'l'");
}

Test(hostile, control_characters_are_not_printed)
{
	make_file("/a\033[31m\nb", "x");
	refused("\\033[31m\\012b");
}

Test(hostile, long_component)
{
	char name[400];

	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	make_pax("path", name, strlen(name));
	make_file("f", "x");
	refused("xxx");
}

Test(hostile, damage)
{
	static const char junk[512] = "this is no header";

	make_raw(junk, sizeof(junk));
	refused("no tar archive");
	make_file("a", "x");
	make_raw(junk, sizeof(junk));
	refused("checksum");
	make_file("a", "x");
	make_field(124, "99999999999");
	refused("number");
	make_file("a", "x");
	make_field(108, "\xff\xff\xff\xff\xff\xff\xff\xf0");
	refused("out of range");
	make_entry('0', "a", NULL, NULL, 0);
	make_field(124, "\x80\x7f\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff");
	refused("number");
	make_entry('0', "a", NULL, NULL, 0);
	make_field(124, "77777777777");
	refused("incomplete");
	make_entry('L', "long", NULL, NULL, 0);
	make_field(124, "00100000001");
	refused("too long");
	make_entry('x', "pax", NULL, NULL, 0);
	make_field(124, "77777777777");
	refused("too large");
	make_entry('x', "pax", NULL, "9 path=a\n99 b=c\n", 16);
	refused("extended header");
	make_entry('x', "pax", NULL, "no record", 9);
	refused("extended header");
	make_pax("size", "-1", 2);
	make_file("a", "");
	refused("out of range");
	make_pax("path", "a\0b", 3);
	make_file("a", "");
	refused("extended header");
	make_entry('M', "later", NULL, NULL, 0);
	refused("volume");
}

Test(hostile, sparse_maps)
{
	static const char *const maps[] = {"1", "1,2,3", "0,9", "x,1", "99999999999999999999,1", "8,1,8,1"};

	for (size_t i = 0; i < sizeof(maps) / sizeof(maps[0]); i++) {
		make_pax("GNU.sparse.map", maps[i], strlen(maps[i]));
		make_entry('0', "s", NULL, "12345678", 1);
		refused("map");
	}
	make_pax("GNU.sparse.major", "1", 1);
	make_entry('0', "s", NULL, "999999999999\n1\n", 15);
	refused("map");
}

Test(hostile, every_truncation)
{
	for (size_t cut = 0; cut < 3 * 512 + 1024; cut += 37) {
		struct message m = {0};

		make_pax("user.a", "value", 5);
		make_cut(0);
		make_file("f", "content");
		make_entry('5', "d", NULL, NULL, 0);
		make_end();
		make_cut(cut < make_size() ? cut : make_size() - 600);
		if (make_size() >= 3 * 512 + 512)
			continue;
		cr_expect_lt(make_unpack(NULL, &m), 0, "cut at %zu", cut);
		cr_expect_neq(m.text[0], '\0', "cut at %zu", cut);
	}
}

Test(hostile, limits)
{
	struct archive_options o = {.entries_max = 3};
	struct message m = {0};

	for (int i = 0; i < 4; i++)
		make_file("f", "x");
	make_end();
	cr_expect_eq(make_unpack(&o, &m), -EFBIG);
	cr_expect_not_null(strstr(m.text, "limit of 3 entries"), "%s", m.text);
	o = (struct archive_options){.content_max = 1 << 20};
	for (int i = 0; i < 3000; i++)
		make_file("f", "x");
	make_end();
	cr_expect_eq(make_unpack(&o, &m), -EFBIG);
	cr_expect_not_null(strstr(m.text, "limit of 1 MB"), "%s", m.text);
}

static int stop(void *context, const struct archive_progress *p)
{
	(void)p;
	++*(int *)context;
	return 1;
}

Test(hostile, cancelled_while_nothing_comes)
{
	int calls = 0, pipes[2], dir = open(make_path("root"), O_RDONLY | O_DIRECTORY);
	struct archive_options o = {.progress = stop, .context = &calls};
	struct message m = {0};

	cr_assert_eq(pipe(pipes), 0);
	make_file("f", "x");
	cr_assert_eq(write(pipes[1], "x", 1), 1);
	cr_expect_eq(archive_unpack(pipes[0], dir, &o, &m), -ECANCELED);
	cr_expect_geq(calls, 1);
	close(pipes[0]);
	close(pipes[1]);
	close(dir);
}
