/* symlink(2). */
#include "symlink-common.h"

static int call(const char *text, const char *path)
{
	return (int)syscall(SYS_symlink, text, path);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	symlink_common(call);
	return check_end();
}
