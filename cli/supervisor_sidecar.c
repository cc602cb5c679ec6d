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
	const struct sidecar *sidecar;
	int status;
};

static bool is_device(const struct sidecar_record *r)
{
	return r->kind == SIDECAR_OWNER && (S_ISCHR(r->owner.mode) || S_ISBLK(r->owner.mode));
}

/* The index says what the sidecar has of an inode. */
static int index_inode(struct instance *in, const struct sidecar *sidecar, const struct sidecar_key *kept)
{
	struct sidecar_key key = *kept;
	struct sidecar_owner o;

	key.device = key.device == 0 ? in->root_device : key.device;
	if (sidecar_entry_of(sidecar, kept, &o))
		return sidecar_index_set(&in->sidecar, &key, &o);
	sidecar_index_remove(&in->sidecar, key.device, key.inode);
	return 0;
}

static void take(void *context, const struct sidecar_record *r)
{
	struct indexing *x = context;
	int status = index_inode(x->in, x->sidecar, &r->key);

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
	x.sidecar = s->sidecar;
	sidecar_each(s->sidecar, take, &x);
	if (x.status == 0)
		atomic_fetch_or((_Atomic uint32_t *)&s->in->features, INSTANCE_SIDECAR);
	return x.status;
}

/* What the guest has written is copied first: it may change it at any time. */
static int take_record(struct supervisor *s, uint64_t area, uint64_t size, struct sidecar_record *ret)
{
	uint64_t device;

	if ((s->in->features & INSTANCE_SIDECAR) == 0)
		return -EOPNOTSUPP;
	if (area >= INSTANCE_PAYLOADS || size < sizeof(device) || size > INSTANCE_PAYLOAD_SIZE)
		return -EINVAL;
	memcpy(s->sidecar_record, s->in->payloads[area].bytes, size);
	memcpy(&device, s->sidecar_record, sizeof(device));
	if (sidecar_decode(s->sidecar_record + sizeof(device), size - sizeof(device), ret) < 0)
		return -EINVAL;
	ret->key.device = device == s->in->root_device ? 0 : device;
	return 0;
}

static const void *value_of(const struct supervisor *s, const struct sidecar_record *r, size_t *ret_size)
{
	char name[SIDECAR_NAME_MAX + 1];

	memcpy(name, r->name, r->name_length);
	name[r->name_length] = '\0';
	return sidecar_attribute_of(s->sidecar, &r->key, name, ret_size);
}

int sidecar_keep(struct supervisor *s, uint64_t area, uint64_t size)
{
	struct sidecar_record r;
	size_t unused;
	int status = take_record(s, area, size, &r);

	if (status < 0)
		return status;
	if (r.kind == SIDECAR_ATTRIBUTE && r.value == NULL && value_of(s, &r, &unused) == NULL)
		return -ENODATA;
	status = sidecar_put(s->sidecar, &r);
	if (status < 0)
		return status;
	status = index_inode(s->in, s->sidecar, &r.key);
	if (status < 0) {
		r.kind = SIDECAR_REMOVED;
		(void)!sidecar_put(s->sidecar, &r);
	}
	return status;
}

int sidecar_tell(struct supervisor *s, uint64_t area, uint64_t size)
{
	struct sidecar_record r;
	const void *value;
	int status = take_record(s, area, size, &r);
	char *to;

	if (status < 0)
		return status;
	to = (char *)s->in->payloads[area].bytes;
	if (r.kind == SIDECAR_REMOVED)
		return (int)sidecar_names_of(s->sidecar, &r.key, to, SIDECAR_VALUE_MAX);
	value = r.kind == SIDECAR_ATTRIBUTE ? value_of(s, &r, &size) : NULL;
	if (value == NULL)
		return -ENODATA;
	memcpy(to, value, size);
	return (int)size;
}

void sidecar_store(struct supervisor *s)
{
	if (s->sidecar == NULL)
		return;
	pthread_mutex_lock(&s->calls.lock);
	(void)!sidecar_sync(s->sidecar);
	pthread_mutex_unlock(&s->calls.lock);
}
