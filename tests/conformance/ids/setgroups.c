/* setgroups(2) */
#include "ids.h"

static void as_root(void *arg)
{
	gid_t list[300];
	char text[256];

	(void)arg;
	CHECK_OK(syscall(SYS_setgroups, 3, (gid_t[]){7, 5, 6}), "three groups");
	status_line("self", "Groups", text, sizeof(text));
	CHECK_STRING(text, "5 6 7 ", "are in /proc, ascending");
	CHECK_ERRNO(syscall(SYS_setgroups, 65537, list), EINVAL, "too many");
	CHECK_ERRNO(syscall(SYS_setgroups, -1, list), EINVAL, "a negative number");
	CHECK_ERRNO(syscall(SYS_setgroups, 2, NULL), EFAULT, "no list");
	CHECK_ERRNO(syscall(SYS_setgroups, 65536, (void *)8), EFAULT, "the largest list, not there");
	CHECK_ERRNO(syscall(SYS_setgroups, 2, (gid_t[]){1, ANY}), EINVAL, "an id that is none");
	CHECK_EQUAL(syscall(SYS_getgroups, 0, NULL), 3, "nothing has changed");
	for (int i = 0; i < 200; i++)
		list[i] = 5000 - i;
	CHECK_OK(syscall(SYS_setgroups, 200, list), "many");
	CHECK_EQUAL(syscall(SYS_getgroups, 300, list), 200, "come back");
	CHECK(list[0] == 4801 && list[199] == 5000, "sorted");
	CHECK_OK(syscall(SYS_setgroups, 0, NULL), "none");
	CHECK_EQUAL(syscall(SYS_getgroups, 0, NULL), 0, "is none");
	drop_cap(CAP_SETGID);
	CHECK_ERRNO(syscall(SYS_setgroups, 0, NULL), EPERM, "root without CAP_SETGID");
	CHECK_ERRNO(syscall(SYS_setgroups, -1, NULL), EPERM, "the right comes first");
}

static void access_by_group(void *arg)
{
	(void)arg;
	check_write_file("shared", "x");
	NEED(chown("shared", 0, 77) == 0 && chmod("shared", 0640) == 0 && chmod(".", 0755) == 0);
	NEED(syscall(SYS_setgroups, 2, (gid_t[]){77, 78}) == 0);
	NEED(syscall(SYS_setresgid, 1000, 1000, 1000) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
	CHECK_OK(open("shared", O_RDONLY), "a file of one of the groups opens");
	CHECK_ERRNO(open("shared", O_WRONLY), EACCES, "as far as its mode goes");
}

static void without_group(void *arg)
{
	(void)arg;
	NEED(syscall(SYS_setgroups, 1, (gid_t[]){78}) == 0);
	NEED(syscall(SYS_setresgid, 1000, 1000, 1000) == 0 && syscall(SYS_setresuid, 1000, 1000, 1000) == 0);
	CHECK_ERRNO(open("shared", O_RDONLY), EACCES, "without the group it does not");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_in_child(as_root, NULL);
	check_in_child(access_by_group, NULL);
	check_in_child(without_group, NULL);
	return check_end();
}
