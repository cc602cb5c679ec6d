/* Files with several names on two sides: each of one side is one of the other, with as many names. Private to distro/ext4*.c. */
#ifndef LX_DISTRO_EXT4_LINKED_H
#define LX_DISTRO_EXT4_LINKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"

struct linked_inode {
	uint64_t host; /* 0: unused */
	uint32_t disk, links, seen;
};

struct linked {
	struct linked_inode *list;
	size_t room, count;
};

/*
 * A name of the host's inode and the disk's. The host's may have others that are nobody's business. -EINVAL if that cannot be;
 * -ENOMEM.
 */
MUST_CHECK int linked_add(struct linked *l, uint64_t host, uint64_t host_links, uint32_t disk, uint32_t disk_links);
/* All names of all of them have been added. */
bool linked_complete(const struct linked *l);
void linked_done(struct linked *l);

#endif
