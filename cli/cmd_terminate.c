#include "cli/commands.h"
#include "cli/distributions.h"
#include "cli/instance.h"
#include "cli/report.h"

int cmd_terminate(const struct options *o)
{
	struct registry registry = REGISTRY_EMPTY;
	struct message message;

	distributions_read(&registry);
	if (instance_end(distributions_find(&registry, o->arguments[0]), false, &message) < 0)
		report_fatal("%s", message.text);
	registry_done(&registry);
	return 0;
}
