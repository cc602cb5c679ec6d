/*
 * SECCOMP_RET_TRACE without a tracer, for calls that lxrun translates.
 *
 * conformance: not under notify: the kernel asks the supervisor rather than a tracer.
 */
#include "filters.h"

static void traced(void)
{
	FORBID(SYS_access, SECCOMP_RET_TRACE);
	CHECK_ERRNO(syscall(SYS_access, "/", F_OK), ENOSYS, "access");
	FORBID(SYS_openat, SECCOMP_RET_TRACE | 5);
	CHECK_ERRNO(syscall(SYS_openat, AT_FDCWD, "/", O_RDONLY, 0), ENOSYS, "openat");
	FORBID(SYS_sendmsg, SECCOMP_RET_TRACE);
	CHECK_ERRNO(syscall(SYS_sendmsg, 0, NULL, 0), ENOSYS, "sendmsg");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	in_child(traced);
	return check_end();
}
