/* setresgid(2) */
#include "ids.h"

static void as_root(void *arg)
{
	(void)arg;
	CHECK_OK(syscall(SYS_setresgid, 1, 2, 3), "root sets all three");
	check_gids(1, 2, 3, 2, "and the file system's is the effective one");
	CHECK_OK(syscall(SYS_setresgid, -1, 0, -1), "and back to any");
	check_gids(1, 0, 3, 0, "as it likes");
	NEED(syscall(SYS_setfsgid, 7) == 0);
	CHECK_OK(syscall(SYS_setresgid, 1, -1, 3), "the ids that it has");
	check_gids(1, 0, 3, 7, "leave the file system's id alone");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_OK(syscall(SYS_setresgid, 103, 101, 102), "a user turns them around");
	check_gids(103, 101, 102, 101, "as it likes");
	CHECK_ERRNO(syscall(SYS_setresgid, -1, -1, 0), EPERM, "an id that it does not have");
	CHECK_ERRNO(syscall(SYS_setresgid, 103, 104, 102), EPERM, "in any place");
	check_gids(103, 101, 102, 101, "nothing has changed");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(as_mixed, NULL);
	return check_end();
}
