#include "distro/archive_links.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

struct link {
	struct link *next;
	dev_t dev;
	ino_t ino;
	char name[];
};

static size_t slot_of(dev_t dev, ino_t ino, size_t room)
{
	uint64_t h = ((uint64_t)ino ^ (uint64_t)dev << 40) * 0x9e3779b97f4a7c15ull;

	return (size_t)(h >> 20) & (room - 1);
}

static int grow(struct links *l)
{
	size_t room = l->room == 0 ? 256 : l->room * 2;
	struct link **slots = calloc(room, sizeof(struct link *));

	if (slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < l->room; i++) {
		struct link *next;

		for (struct link *k = l->slots[i]; k != NULL; k = next) {
			size_t at = slot_of(k->dev, k->ino, room);

			next = k->next;
			k->next = slots[at];
			slots[at] = k;
		}
	}
	free(l->slots);
	l->slots = slots;
	l->room = room;
	return 0;
}

const char *links_find(struct links *l, const struct stat *st, const char *name, int *error)
{
	struct link *k;
	size_t at;

	if (st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return NULL;
	if (l->count >= l->room && grow(l) < 0) {
		*error = -ENOMEM;
		return NULL;
	}
	at = slot_of(st->st_dev, st->st_ino, l->room);
	for (k = l->slots[at]; k != NULL; k = k->next)
		if (k->dev == st->st_dev && k->ino == st->st_ino)
			return k->name;
	k = malloc(sizeof(*k) + strlen(name) + 1);
	if (k == NULL) {
		*error = -ENOMEM;
		return NULL;
	}
	k->dev = st->st_dev;
	k->ino = st->st_ino;
	strcpy(k->name, name);
	k->next = l->slots[at];
	l->slots[at] = k;
	l->count++;
	return NULL;
}

void links_done(struct links *l)
{
	for (size_t i = 0; i < l->room; i++) {
		struct link *next;

		for (struct link *k = l->slots[i]; k != NULL; k = next) {
			next = k->next;
			free(k);
		}
	}
	free(l->slots);
	*l = (struct links){0};
}
