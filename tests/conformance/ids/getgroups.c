/* getgroups(2) */
#include "ids.h"

static void with_groups(void *arg)
{
	gid_t list[8];

	(void)arg;
	NEED(syscall(SYS_setgroups, 4, (gid_t[]){30, 10, 20, 10}) == 0);
	CHECK_EQUAL(syscall(SYS_getgroups, 0, NULL), 4, "how many");
	memset(list, 0xff, sizeof(list));
	CHECK_EQUAL(syscall(SYS_getgroups, 8, list), 4, "into more room than needed");
	CHECK(list[0] == 10 && list[1] == 10 && list[2] == 20 && list[3] == 30, "ascending, as often as given");
	CHECK_EQUAL(list[4], ANY, "nothing behind them");
	CHECK_EQUAL(syscall(SYS_getgroups, 4, list), 4, "into just enough");
	CHECK_ERRNO(syscall(SYS_getgroups, 3, list), EINVAL, "into too little");
	CHECK_ERRNO(syscall(SYS_getgroups, -1, list), EINVAL, "a negative size");
	CHECK_ERRNO(syscall(SYS_getgroups, 4, NULL), EFAULT, "no room at all");
	NEED(syscall(SYS_setgroups, 0, NULL) == 0);
	CHECK_EQUAL(syscall(SYS_getgroups, 4, NULL), 0, "none need no room");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(with_groups, NULL);
	return check_end();
}
