/* access(2). */
#include "access-common.h"

static int call(const char *path, int mode)
{
	return (int)syscall(SYS_access, path, mode);
}

static void divided(void *arg)
{
	(void)arg;
	access_real_root_effective_user();
	CHECK_OK(call("none", R_OK), "it is the real user that counts: root");
	CHECK_ERRNO(open("none", O_RDONLY), EACCES, "although the effective one may not open");
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	access_common(call);
	check_in_child(divided, NULL);
	return check_end();
}
