/* getresgid(2) */
#include "ids.h"

static void as_other(void *arg)
{
	unsigned r = 9, e = 9, s = 9;

	(void)arg;
	NEED(syscall(SYS_setresgid, 11, 12, 13) == 0);
	CHECK_OK(syscall(SYS_getresgid, &r, &e, &s), "all three");
	CHECK(r == 11 && e == 12 && s == 13, "are told in order");
	r = e = s = 9;
	CHECK_ERRNO(syscall(SYS_getresgid, &r, NULL, &s), EFAULT, "no room for one");
	CHECK(r == 11 && s == 9, "those before it are told");
	CHECK_ERRNO(syscall(SYS_getresgid, 8, &e, &s), EFAULT, "an address that is not there");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_other, NULL);
	return check_end();
}
