/* unlink(2). */
#include "unlink-common.h"

static int call(const char *path)
{
	return (int)syscall(SYS_unlink, path);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	unlink_common(call);
	return check_end();
}
