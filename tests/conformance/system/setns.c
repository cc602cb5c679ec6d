/* setns(2), into the namespaces that the program is in. */
#include "uts.h"

static int space(const char *name)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/self/ns/%s", name);
	fd = open(path, O_RDONLY);
	NEED(fd >= 0);
	return fd;
}

static void as_user(void *arg)
{
	(void)arg;
	CHECK_ERRNO(setns(space("uts"), 0), EPERM, "a user");
}

static void without_right(void *arg)
{
	(void)arg;
	without(CAP_SYS_ADMIN);
	CHECK_ERRNO(setns(space("net"), CLONE_NEWNET), EPERM, "root without CAP_SYS_ADMIN");
}

int main(int argc, char **argv)
{
	int pidfd;

	check_begin(argc, argv);
	pidfd = (int)syscall(SYS_pidfd_open, getpid(), 0);
	NEED(pidfd >= 0);
	CHECK_OK(setns(space("uts"), CLONE_NEWUTS), "the UTS namespace");
	CHECK_OK(setns(space("ipc"), 0), "IPC, whatever it is");
	CHECK_OK(setns(space("net"), CLONE_NEWNET), "the network");
	CHECK_OK(setns(pidfd, CLONE_NEWUTS | CLONE_NEWIPC), "those of a process");
	CHECK_ERRNO(setns(space("uts"), CLONE_NEWNET), EINVAL, "another type");
	CHECK_ERRNO(setns(space("user"), CLONE_NEWUSER), EINVAL, "the user namespace that it is in");
	CHECK_ERRNO(setns(pidfd, 0), EINVAL, "none of a process");
	CHECK_ERRNO(setns(open("/dev/null", O_RDONLY), 0), EINVAL, "what is no namespace");
	CHECK_ERRNO(setns(1000, 0), EBADF, "no descriptor");
	check_as_user(as_user, NULL);
	check_in_child(without_right, NULL);
	return check_end();
}
