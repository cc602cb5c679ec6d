/* getuid(2) */
#include "ids.h"

static void as_other(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setresuid, 11, 12, 13) == 0);
	CHECK_EQUAL(syscall(SYS_getuid), 11, "the real one of the three");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	CHECK_EQUAL(syscall(SYS_getuid), 0, "root");
	check_in_child(as_other, NULL);
	CHECK_EQUAL(syscall(SYS_getuid), 0, "a child's change is its own");
	return check_end();
}
