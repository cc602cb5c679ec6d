/* readlink(2). */
#include "readlink-common.h"

static long call(const char *path, char *buf, int size)
{
	return syscall(SYS_readlink, path, buf, size);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	readlink_common(call);
	return check_end();
}
