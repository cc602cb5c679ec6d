/* Records for the sidecar: they go to the supervisor in a payload area. */
#include <errno.h>

#include "base/instance_call.h"
#include "translator/state.h"

int tr_sidecar(struct tr_call *c, const struct sidecar_record *record)
{
	struct instance *in = c->ns.in;
	struct instance_payload *p = instance_claim_payload(in, tr_tid(c));
	long n;

	if (p == NULL)
		return -EAGAIN;
	n = instance_payload_record(p, record);
	if (n >= 0)
		n = tr_instance_call(c, INSTANCE_CALL_SIDECAR, (uint64_t)(p - in->payloads), (uint64_t)n);
	instance_release_payload(p);
	return (int)n;
}
