/* The record of calls that could not be done: what was written is read, whatever else stands in the file. */
#include "home.h"

#include <errno.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

TestSuite(missed, .init = home_start, .fini = home_end);

#define FILE_NAME in_home("missed-calls")

Test(missed, comes_back_as_it_was)
{
	struct missed_calls m = {.count = 0}, again;

	cr_expect(missed_calls_add(&m, 435));
	cr_expect(missed_calls_add(&m, 0));
	cr_expect(missed_calls_add(&m, UINT32_MAX));
	cr_expect_not(missed_calls_add(&m, 435));
	cr_assert_eq(missed_calls_write(home, &m), 0);
	cr_expect_str_eq(text_of(FILE_NAME), "435\n0\n4294967295\n");
	cr_expect_not(exists(in_home("missed-calls.new")));
	missed_calls_read(home, &again);
	cr_assert_eq(again.count, 3);
	cr_expect_eq(again.nr[0], 435);
	cr_expect_eq(again.nr[1], 0);
	cr_expect_eq(again.nr[2], UINT32_MAX);
}

Test(missed, nothing_was_kept)
{
	struct missed_calls m;

	missed_calls_read(home, &m);
	cr_expect_eq(m.count, 0);
	missed_calls_read(in_home("nowhere"), &m);
	cr_expect_eq(m.count, 0);
	cr_expect_eq(missed_calls_write(in_home("nowhere"), &m), -ENOENT);
	cr_assert_eq(mkfifo(FILE_NAME, 0600), 0);
	missed_calls_read(home, &m);
	cr_expect_eq(m.count, 0);
	cr_assert_eq(unlink(FILE_NAME), 0);
	cr_assert_eq(symlink("/proc/self/maps", FILE_NAME), 0);
	missed_calls_read(home, &m);
	cr_expect_eq(m.count, 0);
}

Test(missed, lines_without_sense_are_passed_over)
{
	struct missed_calls m;

	write_text(FILE_NAME, "1\n\n-2\n0x3\n4294967296\n99999999999999999999999\n 4\n5 \n1\n6\nsix\n7");
	missed_calls_read(home, &m);
	cr_assert_eq(m.count, 2);
	cr_expect_eq(m.nr[0], 1);
	cr_expect_eq(m.nr[1], 6);
}

Test(missed, has_an_end)
{
	struct missed_calls m = {.count = 0}, again;

	for (uint32_t i = 0; i < MISSED_CALLS_MAX; i++)
		cr_expect(missed_calls_add(&m, UINT32_MAX - i));
	cr_expect_not(missed_calls_add(&m, 1));
	cr_assert_eq(missed_calls_write(home, &m), 0);
	missed_calls_read(home, &again);
	cr_expect_eq(again.count, MISSED_CALLS_MAX);
	cr_expect_eq(again.nr[MISSED_CALLS_MAX - 1], m.nr[MISSED_CALLS_MAX - 1]);
	cr_assert_eq(chmod(home, 0500), 0);
	if (geteuid() != 0)
		cr_expect_eq(missed_calls_write(home, &m), -EACCES);
	cr_assert_eq(chmod(home, 0700), 0);
}
