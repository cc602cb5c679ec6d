/* setfsgid(2): its result is always the id before. */
#include "ids.h"

static void as_root(void *arg)
{
	struct stat st;
	int fd;

	(void)arg;
	CHECK_EQUAL(syscall(SYS_setfsgid, 1000), 0, "the id before");
	check_gids(0, 0, 0, 1000, "only that id changes");
	fd = open("file", O_CREAT | O_WRONLY, 0600);
	NEED(fd >= 0 && fstat(fd, &st) == 0);
	CHECK(st.st_uid == 0 && st.st_gid == 1000, "a new file has it");
	CHECK_EQUAL(syscall(SYS_setfsgid, -1), 1000, "no such id only asks");
	CHECK_EQUAL(syscall(SYS_setfsgid, 0), 1000, "and back");
	check_gids(0, 0, 0, 0, "as it was");
}

static void as_mixed(void *arg)
{
	(void)arg;
	become_mixed();
	CHECK_EQUAL(syscall(SYS_setfsgid, 103), 102, "the saved id");
	check_gids(101, 102, 103, 103, "is one to choose");
	CHECK_EQUAL(syscall(SYS_setfsgid, 104), 103, "another");
	check_gids(101, 102, 103, 103, "is not, silently");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(as_mixed, NULL);
	return check_end();
}
