#include "cli/missed.h"

#include <stdatomic.h>

#include "distro/distro.h"

static bool add_known(struct instance *in, struct missed_calls *m)
{
	bool more = false;

	for (uint32_t nr = 0; nr < INSTANCE_CALLS; nr++)
		if ((atomic_load(&in->missed_calls[nr / 64]) >> nr % 64 & 1) != 0)
			more |= missed_calls_add(m, nr);
	return more;
}

static bool add_unknown(struct instance *in, struct missed_calls *m)
{
	bool more = false;

	for (size_t i = 0; i < ARRAY_SIZE(in->unknown_calls); i++) {
		uint64_t call = atomic_load(&in->unknown_calls[i]);

		if (call != 0)
			more |= missed_calls_add(m, (uint32_t)call);
	}
	return more;
}

int missed_store(struct instance *in, const char *location)
{
	/* What this process knows to be kept: mostly nothing is new, and then no file is looked at. */
	static struct missed_calls kept;
	struct missed_calls m;
	bool more = add_known(in, &kept);

	more |= add_unknown(in, &kept);
	if (!more || location == NULL)
		return 0;
	missed_calls_read(location, &m);
	more = false;
	for (size_t i = 0; i < kept.count; i++)
		more |= missed_calls_add(&m, kept.nr[i]);
	return more ? missed_calls_write(location, &m) : 0;
}
