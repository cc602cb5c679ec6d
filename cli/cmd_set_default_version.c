#include "cli/commands.h"
#include "cli/distributions.h"

int cmd_set_default_version(const struct options *o)
{
	int version = options_version(o->arguments[0]);
	struct registry r;

	distributions_begin(&r);
	r.default_version = version;
	distributions_commit(&r);
	return 0;
}
