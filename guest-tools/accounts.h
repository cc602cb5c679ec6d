/*
 * /etc/passwd and /etc/group, read by ourselves: a static program cannot load the C library's name services, and the
 * users that services run as are in these files.
 */
#ifndef LX_GUEST_TOOLS_ACCOUNTS_H
#define LX_GUEST_TOOLS_ACCOUNTS_H

#include <sys/types.h>

#include "guest-tools/pool.h"

struct account {
	const char *name, *home, *shell;
	uid_t uid;
	gid_t gid;
};

/* By name or number. -ENOENT: there is none. */
MUST_CHECK int account_find(struct pool *p, const char *name, struct account *ret);
MUST_CHECK int group_find(struct pool *p, const char *name, gid_t *ret);
/* Adds the groups that the user is a member of, its own first. Returns how many there are then; no more than room. */
size_t account_groups(struct pool *p, const struct account *a, gid_t *groups, size_t room);

#endif
