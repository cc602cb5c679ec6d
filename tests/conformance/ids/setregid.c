/* setregid(2) */
#include "ids.h"

static void as_root(void *arg)
{
	(void)arg;
	CHECK_OK(syscall(SYS_setregid, 1000, -1), "root sets the real id");
	check_gids(1000, 0, 0, 0, "the effective id stays and is saved");
	CHECK_OK(syscall(SYS_setregid, -1, 1001), "the effective id");
	check_gids(1000, 1001, 1001, 1001, "takes the saved one with it");
	CHECK_OK(syscall(SYS_setregid, 7, 8), "both");
	check_gids(7, 8, 8, 8, "at once");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_ERRNO(syscall(SYS_setregid, 103, -1), EPERM, "the saved id cannot become the real one");
	CHECK_ERRNO(syscall(SYS_setregid, -1, 0), EPERM, "a new effective id");
	CHECK_OK(syscall(SYS_setregid, 102, 101), "real and effective change places");
	check_gids(102, 101, 101, 101, "the saved one follows");
	CHECK_ERRNO(syscall(SYS_setregid, -1, 103), EPERM, "the old saved id is lost");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(as_mixed, NULL);
	return check_end();
}
