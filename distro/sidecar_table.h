/* What is in force of a sidecar's records: private to distro/sidecar*.c. */
#ifndef LX_DISTRO_SIDECAR_TABLE_H
#define LX_DISTRO_SIDECAR_TABLE_H

#include "base/sidecar.h"

struct sidecar_value {
	struct sidecar_value *next;
	uint32_t name_length, size;
	char bytes[]; /* the name, the value */
};

struct sidecar_node {
	struct sidecar_node *next;
	struct sidecar_key key;
	bool owned;
	struct sidecar_owner owner;
	struct sidecar_value *values;
};

struct sidecar_table {
	struct sidecar_node **heads;
	size_t room, count;
	size_t live; /* bytes that the records of it take in a file */
};

struct sidecar_node *sidecar_table_find(const struct sidecar_table *t, uint64_t device, uint64_t inode);
/* -ENOMEM and -ENOSPC change nothing. */
MUST_CHECK int sidecar_table_put(struct sidecar_table *t, const struct sidecar_record *r);
void sidecar_table_each(const struct sidecar_table *t, void (*each)(void *context, const struct sidecar_record *r),
			void *context);
void sidecar_node_tell(const struct sidecar_node *n, void (*each)(void *context, const struct sidecar_record *r),
		       void *context);
void sidecar_table_done(struct sidecar_table *t);

#endif
