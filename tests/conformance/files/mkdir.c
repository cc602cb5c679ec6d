/* mkdir(2). */
#include "mkdir-common.h"

static int call(const char *path, mode_t mode)
{
	return (int)syscall(SYS_mkdir, path, mode);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	mkdir_common(call);
	return check_end();
}
