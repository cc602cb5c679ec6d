/*
 * What walks have found, in the instance's shared memory: which object a path led to, which paths led to nothing, which owner an
 * attribute said. vfs/seen.c writes and reads it, and says why it may be believed.
 *
 * An entry is a few words that everybody writes without a lock. Its first one is the sum of the others and of the key that it
 * was made for, so one that is half of one writer's and half of another's is one of nobody's.
 */
#ifndef LX_BASE_SEEN_H
#define LX_BASE_SEEN_H

#include <stdint.h>

/* Powers of two. One entry for each name of a large source tree; what is not used of it is never touched. */
#define SEEN_PATHS  65536u
#define SEEN_OWNERS 8192u
#define SEEN_LINKS  1024u
/* Longer texts of links are not remembered. */
#define SEEN_TEXT_MAX 112u

struct seen_path {
	_Atomic uint64_t check; /* key ^ object */
	_Atomic uint64_t object;
};

struct seen_owner {
	_Atomic uint64_t check; /* key ^ ids ^ rest */
	_Atomic uint64_t ids;   /* uid, gid << 32 */
	_Atomic uint64_t rest;  /* mode with its type, access control lists << 32 */
	uint64_t unused;
};

struct seen_link {
	_Atomic uint64_t check; /* key ^ a hash of the text */
	_Atomic uint64_t length;
	char text[SEEN_TEXT_MAX];
};

struct seen_table {
	struct seen_path paths[SEEN_PATHS];
	struct seen_owner owners[SEEN_OWNERS];
	struct seen_link links[SEEN_LINKS];
};

#endif
