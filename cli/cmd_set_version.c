#include "cli/commands.h"
#include "cli/convert.h"

int cmd_set_version(const struct options *o)
{
	convert(o->arguments[0], options_version(o->arguments[1]), o->given[OPTION_SILENT]);
	return 0;
}
