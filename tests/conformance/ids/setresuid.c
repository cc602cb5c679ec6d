/* setresuid(2) */
#include "ids.h"

static void as_root(void *arg)
{
	(void)arg;
	CHECK_OK(syscall(SYS_setresuid, 1, 2, 3), "root sets all three");
	check_uids(1, 2, 3, 2, "and the file system's is the effective one");
	CHECK(identity().permitted == 0 && identity().effective == 0, "the capabilities are gone");
	CHECK_OK(syscall(SYS_setresuid, 3, 1, 2), "a user turns them around");
	check_uids(3, 1, 2, 1, "as it likes");
	CHECK_ERRNO(syscall(SYS_setresuid, -1, 4, -1), EPERM, "an id that it does not have");
	CHECK_ERRNO(syscall(SYS_setresuid, 3, 1, 0), EPERM, "not even a saved one");
	check_uids(3, 1, 2, 1, "nothing has changed");
	CHECK_OK(syscall(SYS_setresuid, -1, -1, -1), "no change");
}

static void partly_root(void *arg)
{
	const struct identity all = identity();

	(void)arg;
	CHECK_OK(syscall(SYS_setresuid, -1, 1000, -1), "only the effective id leaves");
	check_uids(0, 1000, 0, 1000, "the others are still 0");
	CHECK(identity().effective == 0 && identity().permitted == all.permitted, "capabilities sleep");
	CHECK_ERRNO(syscall(SYS_setresuid, 5, -1, -1), EPERM, "so they do not help");
	CHECK_OK(syscall(SYS_setresuid, -1, 0, -1), "until it comes back");
	CHECK(identity().effective == all.effective, "with all of them");
	CHECK_OK(syscall(SYS_setresuid, 1000, 1000, 0), "a saved 0");
	CHECK(identity().effective == 0 && identity().permitted == all.permitted, "keeps them permitted");
	CHECK_OK(syscall(SYS_setresuid, -1, -1, 1000), "and the last 0 that leaves");
	CHECK(identity().permitted == 0, "takes them along");
}

static void file_system_id(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setfsuid, 7) == 0);
	CHECK_OK(syscall(SYS_setresuid, 0, -1, 0), "the ids that it has");
	check_uids(0, 0, 0, 7, "leave the file system's id alone");
	CHECK_OK(syscall(SYS_setresuid, -1, 0, -1), "the effective id that it has");
	check_uids(0, 0, 0, 0, "does not");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(partly_root, NULL);
	check_in_child(file_system_id, NULL);
	return check_end();
}
