/* setuid(2) */
#include "ids.h"

static void as_root(void *arg)
{
	(void)arg;
	CHECK_ERRNO(syscall(SYS_setuid, -1), EINVAL, "no such id");
	CHECK_OK(syscall(SYS_setuid, 0), "root stays root");
	CHECK(identity().effective != 0, "with its capabilities");
	CHECK_OK(syscall(SYS_setuid, 1000), "root becomes a user");
	check_uids(1000, 1000, 1000, 1000, "all four ids change");
	CHECK(identity().permitted == 0 && identity().effective == 0, "the capabilities are gone");
	CHECK_ERRNO(syscall(SYS_setuid, 0), EPERM, "there is no way back");
	CHECK_OK(syscall(SYS_setuid, 1000), "the id that it has");
}

static void without_the_right(void *arg)
{
	(void)arg;
	drop_cap(CAP_SETUID);
	CHECK_ERRNO(syscall(SYS_setuid, 1000), EPERM, "root without CAP_SETUID");
	check_uids(0, 0, 0, 0, "nothing has changed");
	CHECK_OK(syscall(SYS_setuid, 0), "the id that it has");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_ERRNO(syscall(SYS_setuid, 2), EPERM, "the effective id is not one to choose");
	CHECK_OK(syscall(SYS_setuid, 3), "the saved one is");
	check_uids(1, 3, 3, 3, "and becomes the effective one");
	CHECK_OK(syscall(SYS_setuid, 1), "so is the real one");
	check_uids(1, 1, 3, 1, "the saved id stays");
	CHECK_ERRNO(syscall(SYS_setuid, 4), EPERM, "another");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(without_the_right, NULL);
	check_in_child(as_mixed, NULL);
	check_uids(0, 0, 0, 0, "the parent is who it was");
	return check_end();
}
