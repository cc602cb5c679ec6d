#include <stdio.h>

#include "cli/commands.h"

int cmd_version(const struct options *o)
{
	(void)o;
	puts("lxrun " LX_VERSION);
	return 0;
}
