/* link(2). */
#include "link-common.h"

static int call(const char *from, const char *to)
{
	return (int)syscall(SYS_link, from, to);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	link_common(call);
	return check_end();
}
