/* Records for the sidecar: they go to the supervisor in a payload area. */
#include <errno.h>

#include "base/instance_call.h"
#include "base/str.h"
#include "translator/state.h"

static long call(struct tr_call *c, uint32_t kind, const struct sidecar_record *record, void *buf, size_t size)
{
	struct instance *in = c->ns.in;
	struct instance_payload *p = instance_claim_payload(in, tr_tid(c));
	long n;

	if (p == NULL)
		return -EAGAIN;
	n = instance_payload_record(p, record);
	if (n >= 0)
		n = tr_instance_call(c, kind, (uint64_t)(p - in->payloads), (uint64_t)n);
	if (n > 0 && buf != NULL)
		memcpy(buf, p->bytes, (size_t)n < size ? (size_t)n : size);
	instance_release_payload(p);
	return n;
}

int tr_sidecar(struct tr_call *c, const struct sidecar_record *record)
{
	return (int)call(c, INSTANCE_CALL_SIDECAR, record, NULL, 0);
}

long tr_sidecar_read(struct tr_call *c, const struct sidecar_record *record, void *buf, size_t size)
{
	return call(c, INSTANCE_CALL_SIDECAR_READ, record, buf, size);
}
