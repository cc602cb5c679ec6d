/* uname(2) */
#include "uts.h"

#include <sys/personality.h>

int main(int argc, char **argv)
{
	struct utsname u;
	char version[300];

	check_begin(argc, argv);
	memset(&u, 0xff, sizeof(u));
	CHECK_OK(syscall(SYS_uname, &u), "all names");
	CHECK_STRING(u.sysname, "Linux", "of the system");
	CHECK_STRING(u.machine, "x86_64", "of the machine");
	CHECK(strnlen(u.nodename, 65) > 0 && strnlen(u.nodename, 65) < 65, "of the node");
	CHECK(u.release[0] >= '3' && strchr(u.release, '.') != NULL, "of the release");
	CHECK(strnlen(u.domainname, 65) < 65, "of the domain");
	CHECK_STRING(line_of("/proc/sys/kernel/osrelease"), u.release, "/proc has the same release");
	CHECK_STRING(line_of("/proc/sys/kernel/hostname"), u.nodename, "the same node");
	CHECK_STRING(line_of("/proc/sys/kernel/ostype"), u.sysname, "and system");
	CHECK_STRING(line_of("/proc/sys/kernel/domainname"), u.domainname, "and domain");
	snprintf(version, sizeof(version), "Linux version %s ", u.release);
	CHECK(strncmp(line_of("/proc/version"), version, strlen(version)) == 0, "also in /proc/version");
	CHECK_ERRNO(syscall(SYS_uname, NULL), EFAULT, "no room");
	CHECK_ERRNO(syscall(SYS_uname, 8), EFAULT, "an address that is not there");
	NEED(personality(PER_LINUX32) != -1);
	CHECK_OK(syscall(SYS_uname, &u), "as a 32-bit system");
	CHECK_STRING(u.machine, "i686", "the machine is another");
	NEED(personality(UNAME26) != -1);
	CHECK_OK(syscall(SYS_uname, &u), "as a system for old programs");
	CHECK(strncmp(u.release, "2.6.", 4) == 0, "the release is an old one");
	return check_end();
}
