/* A user of the distribution: read from its own /etc/passwd and /etc/group, never the host's. */
#ifndef LX_CLI_USER_H
#define LX_CLI_USER_H

#include <stdint.h>

#include "base/attr.h"
#include "base/creds.h"

struct user {
	uint32_t uid, gid;
	char name[256];
	char home[1024];
	char shell[1024];
	uint32_t group_count;
	uint32_t groups[CREDS_GROUPS_MAX];
};

/*
 * Finds a user by name or number below the root directory root_fd. NULL means root, who exists even where there is no
 * passwd file. A number without an entry is that uid with gid 0, home "/". -ENOENT: no such user.
 */
MUST_CHECK int user_find(int root_fd, const char *who, struct user *ret);

#endif
