/*
 * The sidecar of the instance: the file of the distribution's location, its index in the shared memory, and what guests ask to
 * be kept. Without a location it lives as long as the instance, in memory only.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/supervisor_state.h"
#include "distro/sidecar.h"

struct indexing {
	struct instance *in;
	int status;
};

static bool is_device(const struct sidecar_record *r)
{
	return r->kind == SIDECAR_OWNER && (S_ISCHR(r->owner.mode) || S_ISBLK(r->owner.mode));
}

static int index_record(struct instance *in, const struct sidecar_record *r)
{
	struct sidecar_key key = r->key;

	key.device = key.device == 0 ? in->root_device : key.device;
	if (r->kind == SIDECAR_REMOVED)
		sidecar_index_remove(&in->sidecar, key.device, key.inode);
	return r->kind == SIDECAR_OWNER ? sidecar_index_set(&in->sidecar, &key, &r->owner) : 0;
}

static void take(void *context, const struct sidecar_record *r)
{
	struct indexing *x = context;
	int status = index_record(x->in, r);

	x->status = status < 0 ? status : x->status;
	if (is_device(r))
		atomic_fetch_or((_Atomic uint32_t *)&x->in->features, INSTANCE_DEVICE_NODES);
}

int sidecar_begin(struct supervisor *s)
{
	struct indexing x = {.in = s->in};
	int r;

	s->sidecar_dir = -1;
	if (s->o->location != NULL) {
		s->sidecar_dir = host_open(s->o->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
		if (s->sidecar_dir < 0)
			return s->sidecar_dir;
	}
	r = sidecar_open(s->sidecar_dir, true, NULL, &s->sidecar);
	if (r < 0)
		return r;
	s->sidecar_record = malloc(INSTANCE_PAYLOAD_SIZE);
	if (s->sidecar_record == NULL)
		return -ENOMEM;
	sidecar_each(s->sidecar, take, &x);
	if (x.status == 0)
		atomic_fetch_or((_Atomic uint32_t *)&s->in->features, INSTANCE_SIDECAR);
	return x.status;
}

/* What the guest has written is copied first: it may change it at any time. */
int sidecar_keep(struct supervisor *s, uint64_t area, uint64_t size)
{
	struct sidecar_record r;
	uint64_t device;
	int status;

	if ((s->in->features & INSTANCE_SIDECAR) == 0)
		return -EOPNOTSUPP;
	if (area >= INSTANCE_PAYLOADS || size < sizeof(device) || size > INSTANCE_PAYLOAD_SIZE)
		return -EINVAL;
	memcpy(s->sidecar_record, s->in->payloads[area].bytes, size);
	memcpy(&device, s->sidecar_record, sizeof(device));
	if (sidecar_decode(s->sidecar_record + sizeof(device), size - sizeof(device), &r) < 0)
		return -EINVAL;
	/* Attributes have no reader yet. */
	if (r.kind == SIDECAR_ATTRIBUTE)
		return -EOPNOTSUPP;
	r.key.device = device == s->in->root_device ? 0 : device;
	status = sidecar_put(s->sidecar, &r);
	if (status < 0)
		return status;
	status = index_record(s->in, &r);
	if (status < 0) {
		r.kind = SIDECAR_REMOVED;
		(void)!sidecar_put(s->sidecar, &r);
	}
	return status;
}

void sidecar_store(struct supervisor *s)
{
	if (s->sidecar == NULL)
		return;
	pthread_mutex_lock(&s->calls.lock);
	(void)!sidecar_sync(s->sidecar);
	pthread_mutex_unlock(&s->calls.lock);
}
