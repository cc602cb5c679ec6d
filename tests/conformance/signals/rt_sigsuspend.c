/* rt_sigsuspend(2). */
#include "mask-common.h"

static long call(const void *mask, size_t size, int milliseconds)
{
	(void)milliseconds;
	return syscall(SYS_rt_sigsuspend, mask, size);
}

int main(int argc, char **argv)
{
	check_begin(argc, argv);
	check_mask(call, false, false);
	return check_end();
}
