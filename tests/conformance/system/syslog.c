/* syslog(2), as far as it does not depend on what the machine logs or lets read. */
#include "uts.h"

static long do_syslog(int type, char *buf, int size)
{
	return syscall(SYS_syslog, type, buf, size);
}

static void as_user(void *arg)
{
	char buf[64];

	(void)arg;
	CHECK_ERRNO(do_syslog(2, buf, sizeof(buf)), EPERM, "a user reads nothing away");
	CHECK_ERRNO(do_syslog(4, buf, sizeof(buf)), EPERM, "nor clears");
	CHECK_ERRNO(do_syslog(5, NULL, 0), EPERM, "at all");
	CHECK_ERRNO(do_syslog(6, NULL, 0), EPERM, "nor silences the console");
	CHECK_ERRNO(do_syslog(8, NULL, 1), EPERM, "in whichever way");
	CHECK_ERRNO(do_syslog(9, NULL, 0), EPERM, "what is unread is not told");
	CHECK_ERRNO(do_syslog(99, NULL, 0), EPERM, "the right comes first");
}

int main(int argc, char **argv)
{
	char buf[4096];

	check_begin(argc, argv);
	CHECK(do_syslog(3, buf, sizeof(buf)) >= 0, "root reads the log");
	CHECK(do_syslog(10, NULL, 0) >= 0, "asks for its size");
	CHECK(do_syslog(9, NULL, 0) >= 0, "and for what is unread");
	CHECK_OK(do_syslog(0, NULL, 0), "closes it");
	CHECK_OK(do_syslog(1, NULL, 0), "opens it");
	CHECK_ERRNO(do_syslog(3, NULL, 0), EINVAL, "no room");
	CHECK_ERRNO(do_syslog(3, buf, -1), EINVAL, "less than no room");
	CHECK_EQUAL(do_syslog(3, buf, 0), 0, "room for nothing");
	CHECK_ERRNO(do_syslog(8, NULL, 0), EINVAL, "no such level");
	CHECK_ERRNO(do_syslog(8, NULL, 9), EINVAL, "nor this");
	CHECK_ERRNO(do_syslog(11, NULL, 0), EINVAL, "no such operation");
	check_as_user(as_user, NULL);
	return check_end();
}
