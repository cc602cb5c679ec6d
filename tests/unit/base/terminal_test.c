/* base/terminal.c: owners by number, of one inode. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <sys/sysmacros.h>

#include "base/terminal.h"

static const struct terminal_owner owner = {.uid = 1000, .gid = 5, .mode = 0620};

static struct stat terminal(unsigned number, time_t made)
{
	return (struct stat){
		.st_mode = S_IFCHR | 0600,
		.st_rdev = makedev(136, number),
		.st_dev = 23,
		.st_ino = number + 3,
		.st_ctim = {.tv_sec = made},
	};
}

Test(terminal, of_one_inode)
{
	struct terminal_table *t = calloc(1, sizeof(*t));
	struct stat st = terminal(7, 100), later = terminal(7, 101), elsewhere = terminal(7, 100);
	struct terminal_owner o;

	cr_assert_not_null(t);
	elsewhere.st_dev = 24;
	cr_expect_not(terminal_find(t, &st, &o));
	cr_assert(terminal_set(t, &st, &owner));
	cr_assert(terminal_find(t, &st, &o));
	cr_expect(o.uid == 1000 && o.gid == 5 && o.mode == 0620);
	cr_expect_not(terminal_find(t, &later, &o), "the number came back");
	cr_expect_not(terminal_find(t, &elsewhere, &o), "another devpts");
	free(t);
}

Test(terminal, numbers)
{
	struct terminal_table *t = calloc(1, sizeof(*t));
	struct stat last = terminal(TERMINALS - 1, 1), beyond = terminal(TERMINALS, 1), console = terminal(1, 1);

	cr_assert_not_null(t);
	console.st_rdev = makedev(5, 1);
	cr_expect(terminal_set(t, &last, &owner));
	cr_expect_not(terminal_set(t, &beyond, &owner));
	cr_expect_not(terminal_set(t, &console, &owner));
	cr_expect_not(terminal_is(&console));
	free(t);
}
