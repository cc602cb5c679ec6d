/* Names of a directory's entries, close together, and the path that a walk is at. Private to distro/ext4*.c. */
#ifndef LX_DISTRO_EXT4_NAMES_H
#define LX_DISTRO_EXT4_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct name {
	uint32_t ino;
	uint32_t at;   /* in names.bytes */
	uint32_t hash; /* of ext4's index */
	uint32_t minor;
	uint8_t type; /* EXT2_FT_* */
	uint8_t length;
};

struct names {
	struct name *list;
	size_t count, room;
	char *bytes;
	size_t used, bytes_room;
};

/* A name of at most 255 bytes; -ENOMEM. */
MUST_CHECK int names_add(struct names *n, const char *name, size_t length, struct name **ret);
static inline const char *names_text(const struct names *n, const struct name *e)
{
	return n->bytes + e->at;
}
void names_done(struct names *n);

/* A path that components are added to and taken from. */
struct tree_path {
	char *text; /* never NULL after tree_path_add() */
	size_t length, room;
};

/* Adds a component, behind a slash if there are others; -ENOMEM. To go back: tree_path_cut(p, the length before). */
MUST_CHECK int tree_path_add(struct tree_path *p, const char *name);
void tree_path_cut(struct tree_path *p, size_t length);
void tree_path_done(struct tree_path *p);

#endif
