/* mknod(2). */
#include "mknod-common.h"

static int call(const char *path, mode_t mode, dev_t device)
{
	return (int)syscall(SYS_mknod, path, mode, device);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	mknod_common(call);
	return check_end();
}
