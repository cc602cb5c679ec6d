/* setreuid(2) */
#include "ids.h"

static void as_root(void *arg)
{
	(void)arg;
	CHECK_OK(syscall(SYS_setreuid, 1000, -1), "root sets the real id");
	check_uids(1000, 0, 0, 0, "the others stay 0");
	CHECK(identity().effective != 0, "with the capabilities");
	CHECK_OK(syscall(SYS_setreuid, -1, 1001), "the effective id");
	check_uids(1000, 1001, 1001, 1001, "takes the saved one with it");
	CHECK(identity().permitted == 0, "nothing of root is left");
}

static void swap(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setresuid, 1, 0, 0) == 0);
	CHECK_OK(syscall(SYS_setreuid, 0, 1), "real and effective change places");
	check_uids(0, 1, 1, 1, "the saved one follows the effective one");
	CHECK(identity().permitted != 0 && identity().effective == 0, "the capabilities sleep");
	CHECK_OK(syscall(SYS_setreuid, 1, 0), "and back");
	check_uids(1, 0, 0, 0, "as it was");
	CHECK(identity().effective == identity().permitted, "the capabilities are awake again");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_ERRNO(syscall(SYS_setreuid, 3, -1), EPERM, "the saved id cannot become the real one");
	CHECK_ERRNO(syscall(SYS_setreuid, -1, 4), EPERM, "a new effective id");
	CHECK_OK(syscall(SYS_setreuid, -1, 1), "the real id as the effective one");
	check_uids(1, 1, 3, 1, "leaves the saved one alone");
	CHECK_OK(syscall(SYS_setreuid, -1, 3), "the saved id as the effective one");
	check_uids(1, 3, 3, 3, "is itself saved then");
	CHECK_OK(syscall(SYS_setreuid, 1, -1), "the real id once more");
	check_uids(1, 3, 3, 3, "saves the effective one");
	CHECK_OK(syscall(SYS_setreuid, -1, -1), "no change");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(swap, NULL);
	check_in_child(as_mixed, NULL);
	return check_end();
}
