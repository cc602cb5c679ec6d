/* rename(2). */
#include "rename-common.h"

static int call(const char *from, const char *to)
{
	return (int)syscall(SYS_rename, from, to);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	rename_common(call);
	return check_end();
}
