/* chmod(2). */
#include "chmod-common.h"

static int call(const char *path, mode_t mode)
{
	return (int)syscall(SYS_chmod, path, mode);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	chmod_common(call);
	chmod_paths(call);
	return check_end();
}
