/*
 * Whose pseudo-terminals are, in the instance's shared memory. To the host all belong to one user, and devpts keeps no attributes.
 *
 * Plain data, no pointers, no lock: by the pty's number, changed field by field, the mark last. Numbers come back as soon as a
 * terminal is gone, and other programs of the host have some, too: what is kept counts for the inode that it was kept of.
 */
#ifndef LX_BASE_TERMINAL_H
#define LX_BASE_TERMINAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/attr.h"

#define TERMINALS 4096 /* kernel.pty.max, unless somebody has raised it: of those above nothing is kept */

struct terminal_owner {
	uint32_t uid, gid;
	uint32_t mode; /* 07777 */
};

struct terminal_table {
	struct {
		_Atomic uint32_t mark; /* of the inode; 0 for none */
		struct terminal_owner owner;
	} entries[TERMINALS];
};

/* st is a pseudo-terminal's: the other end of what /dev/ptmx opens (Documentation/admin-guide/devices.txt: major 136 and on). */
bool terminal_is(const struct stat *st);
/* st: the host's, of a terminal. False: nothing is kept of it. */
bool terminal_find(const struct terminal_table *t, const struct stat *st, struct terminal_owner *ret);
/* False: its number is too high. */
bool terminal_set(struct terminal_table *t, const struct stat *st, const struct terminal_owner *owner);

#endif
