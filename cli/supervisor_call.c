/* Instance calls: what guests ask of the one process that stands for their machine. */
#include <errno.h>
#include <sys/eventfd.h>

#include "base/host.h"
#include "cli/supervisor_state.h"

static int serve(void *context, const struct instance_call *call)
{
	struct supervisor *s = context;

	switch (call->kind) {
	case INSTANCE_CALL_NONE:
		return 0;
	case INSTANCE_CALL_END:
		/* The loop does it, when the answer has gone out. */
		atomic_store(&s->ending, true);
		(void)eventfd_write(s->wake, 1);
		return 0;
	case INSTANCE_CALL_SIDECAR:
		return sidecar_keep(s, call->arg[0], call->arg[1]);
	case INSTANCE_CALL_SIDECAR_READ:
		return sidecar_tell(s, call->arg[0], call->arg[1]);
	default:
		return -ENOSYS;
	}
}

void calls_begin(struct supervisor *s)
{
	s->calls = (struct instance_calls){
		.serve = serve, .context = s, .key = s->in->call_key, .lock = PTHREAD_MUTEX_INITIALIZER};
}
