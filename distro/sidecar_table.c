#include "distro/sidecar_table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What a record takes in a file (base/sidecar.c): only a measure of when it is worth to be written anew. */
#define OWNER_BYTES     56
#define ATTRIBUTE_BYTES 44

static size_t place(const struct sidecar_table *t, uint64_t device, uint64_t inode)
{
	return (size_t)((inode ^ device << 40) * 0x9e3779b97f4a7c15ull >> 32) & (t->room - 1);
}

struct sidecar_node *sidecar_table_find(const struct sidecar_table *t, uint64_t device, uint64_t inode)
{
	struct sidecar_node *n = t->room > 0 ? t->heads[place(t, device, inode)] : NULL;

	while (n != NULL && (n->key.device != device || n->key.inode != inode))
		n = n->next;
	return n;
}

static int grow(struct sidecar_table *t)
{
	size_t room = t->room > 0 ? t->room * 2 : 256, old = t->room;
	struct sidecar_node **heads = calloc(room, sizeof(*heads)), **from = t->heads;

	if (heads == NULL)
		return -ENOMEM;
	t->heads = heads;
	t->room = room;
	for (size_t i = 0; i < old; i++)
		for (struct sidecar_node *n = from[i], *next; n != NULL; n = next) {
			size_t at = place(t, n->key.device, n->key.inode);

			next = n->next;
			n->next = heads[at];
			heads[at] = n;
		}
	free(from);
	return 0;
}

/* --- nodes --------------------------------------------------------------------------------------------------------------- */

static size_t value_bytes(const struct sidecar_value *v)
{
	return ATTRIBUTE_BYTES + v->name_length + v->size;
}

static void forget(struct sidecar_table *t, struct sidecar_node *n)
{
	if (n->owned)
		t->live -= OWNER_BYTES;
	n->owned = false;
	for (struct sidecar_value *v = n->values, *next; v != NULL; v = next) {
		next = v->next;
		t->live -= value_bytes(v);
		free(v);
	}
	n->values = NULL;
}

static void remove_node(struct sidecar_table *t, struct sidecar_node *n)
{
	struct sidecar_node **at = &t->heads[place(t, n->key.device, n->key.inode)];

	while (*at != n)
		at = &(*at)->next;
	*at = n->next;
	forget(t, n);
	free(n);
	t->count--;
}

static struct sidecar_node *add_node(struct sidecar_table *t, const struct sidecar_key *key)
{
	struct sidecar_node *n;
	size_t at;

	if (t->count >= t->room && grow(t) < 0)
		return NULL;
	n = calloc(1, sizeof(*n));
	if (n == NULL)
		return NULL;
	n->key = *key;
	at = place(t, key->device, key->inode);
	n->next = t->heads[at];
	t->heads[at] = n;
	t->count++;
	return n;
}

static bool is_called(const struct sidecar_value *v, const struct sidecar_record *r)
{
	return v->name_length == r->name_length && memcmp(v->bytes, r->name, r->name_length) == 0;
}

static int put_value(struct sidecar_table *t, struct sidecar_node *n, const struct sidecar_record *r)
{
	struct sidecar_value **at = &n->values, *old, *v = NULL;

	if (r->value != NULL) {
		v = malloc(sizeof(*v) + r->name_length + r->value_size);
		if (v == NULL)
			return -ENOMEM;
		v->name_length = r->name_length;
		v->size = r->value_size;
		memcpy(v->bytes, r->name, r->name_length);
		memcpy(v->bytes + r->name_length, r->value, r->value_size);
	}
	while (*at != NULL && !is_called(*at, r))
		at = &(*at)->next;
	old = *at;
	if (old != NULL) {
		*at = old->next;
		t->live -= value_bytes(old);
		free(old);
	}
	if (v != NULL) {
		v->next = n->values;
		n->values = v;
		t->live += value_bytes(v);
	}
	return 0;
}

/* --- records ------------------------------------------------------------------------------------------------------------- */

int sidecar_table_put(struct sidecar_table *t, const struct sidecar_record *r)
{
	struct sidecar_node *n = sidecar_table_find(t, r->key.device, r->key.inode);
	int status = 0;

	if (r->kind == SIDECAR_REMOVED || (r->kind == SIDECAR_ATTRIBUTE && r->value == NULL && n == NULL)) {
		if (n != NULL)
			remove_node(t, n);
		return 0;
	}
	if (n == NULL && t->count >= SIDECAR_INDEX_MAX)
		return -ENOSPC;
	if (n == NULL)
		n = add_node(t, &r->key);
	if (n == NULL)
		return -ENOMEM;
	/* What was kept of the one that had the number before is void. */
	if (!sidecar_same(&n->key, &r->key)) {
		forget(t, n);
		n->key = r->key;
	}
	if (r->kind == SIDECAR_OWNER) {
		t->live += n->owned ? 0 : OWNER_BYTES;
		n->owned = true;
		n->owner = r->owner;
	} else {
		status = put_value(t, n, r);
	}
	if (!n->owned && n->values == NULL)
		remove_node(t, n);
	return status;
}

void sidecar_node_tell(const struct sidecar_node *n, void (*each)(void *context, const struct sidecar_record *r),
		       void *context)
{
	struct sidecar_record r = {.kind = SIDECAR_OWNER, .key = n->key, .owner = n->owner};

	if (n->owned)
		each(context, &r);
	for (const struct sidecar_value *v = n->values; v != NULL; v = v->next) {
		r = (struct sidecar_record){.kind = SIDECAR_ATTRIBUTE, .key = n->key};
		r.name = v->bytes;
		r.name_length = v->name_length;
		r.value = v->bytes + v->name_length;
		r.value_size = v->size;
		each(context, &r);
	}
}

void sidecar_table_each(const struct sidecar_table *t, void (*each)(void *context, const struct sidecar_record *r),
			void *context)
{
	for (size_t i = 0; i < t->room; i++)
		for (const struct sidecar_node *n = t->heads[i]; n != NULL; n = n->next)
			sidecar_node_tell(n, each, context);
}

void sidecar_table_done(struct sidecar_table *t)
{
	for (size_t i = 0; i < t->room; i++)
		for (struct sidecar_node *n = t->heads[i], *next; n != NULL; n = next) {
			next = n->next;
			forget(t, n);
			free(n);
		}
	free(t->heads);
	*t = (struct sidecar_table){0};
}
