/* stat(2). */
#include "stat-common.h"

static int call(const char *path, struct stat *ret)
{
	return (int)syscall(SYS_stat, path, ret);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	stat_common(call);
	stat_follows(call);
	return check_end();
}
