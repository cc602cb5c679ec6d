/* sethostname(2) */
#include "uts.h"

static long set(const char *name, int size)
{
	return syscall(SYS_sethostname, name, size);
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(set("user", 4), EPERM, "a user");
	CHECK_ERRNO(set(NULL, -1), EPERM, "the right comes first");
}

static void without_right(void *arg)
{
	(void)arg;
	without(CAP_SYS_ADMIN);
	CHECK_ERRNO(set("user", 4), EPERM, "root without CAP_SYS_ADMIN");
}

static void in_child(void *arg)
{
	(void)arg;
	CHECK_OK(set("child", 5), "a child");
}

int main(int argc, char **argv)
{
	char longest[66];

	check_begin(argc, argv);
	own_names();
	CHECK_OK(set("some.name", 9), "a name");
	CHECK_STRING(node_name(), "some.name", "is the name");
	CHECK_STRING(line_of("/proc/sys/kernel/hostname"), "some.name", "in /proc too");
	CHECK_OK(set("short", 2), "as much as is said");
	CHECK_STRING(node_name(), "sh", "is taken");
	memset(longest, 'n', sizeof(longest));
	CHECK_OK(set(longest, 64), "the longest name");
	CHECK_EQUAL(strlen(node_name()), 64, "fits");
	CHECK_ERRNO(set(longest, 65), EINVAL, "a longer one does not");
	CHECK_ERRNO(set("x", -1), EINVAL, "a negative length");
	CHECK_ERRNO(set(NULL, 1), EFAULT, "no name");
	check_in_child(in_child, NULL);
	CHECK_STRING(node_name(), "child", "is not alone");
	check_as_user(as_user, NULL);
	check_in_child(without_right, NULL);
	CHECK_STRING(node_name(), "child", "nothing has changed");
	return check_end();
}
