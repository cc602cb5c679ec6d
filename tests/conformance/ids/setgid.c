/* setgid(2) */
#include "ids.h"

static void as_root(void *arg)
{
	(void)arg;
	CHECK_ERRNO(syscall(SYS_setgid, -1), EINVAL, "no such id");
	CHECK_OK(syscall(SYS_setgid, 1000), "root changes its group");
	check_gids(1000, 1000, 1000, 1000, "all four ids change");
	CHECK(identity().effective != 0, "the capabilities stay");
	CHECK_OK(syscall(SYS_setgid, 0), "and there is a way back");
	drop_cap(CAP_SETGID);
	CHECK_ERRNO(syscall(SYS_setgid, 1000), EPERM, "root without CAP_SETGID");
	check_gids(0, 0, 0, 0, "nothing has changed");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_ERRNO(syscall(SYS_setgid, 102), EPERM, "the effective id is not one to choose");
	CHECK_OK(syscall(SYS_setgid, 103), "the saved one is");
	check_gids(101, 103, 103, 103, "and becomes the effective one");
	CHECK_OK(syscall(SYS_setgid, 101), "so is the real one");
	check_gids(101, 101, 103, 101, "the saved id stays");
	CHECK_ERRNO(syscall(SYS_setgid, 0), EPERM, "another");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(as_mixed, NULL);
	check_gids(0, 0, 0, 0, "the parent is who it was");
	return check_end();
}
