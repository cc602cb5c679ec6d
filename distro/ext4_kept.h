/*
 * What an inode of ext4 has and a store has no other place for: flags (chattr) and a project. An attribute of ours keeps them,
 * which guests do not see; flags that the host's inode takes from its owner are the host's own. Private to distro/ext4*.c.
 */
#ifndef LX_DISTRO_EXT4_KEPT_H
#define LX_DISTRO_EXT4_KEPT_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "distro/archive_guest.h"

struct kept_inode {
	uint32_t flags, project;
};

/* Flags that say something of the file rather than of its form. */
extern const uint32_t kept_flags;

/* From the attribute's text, "" for none. */
struct kept_inode kept_inode_read(const char *text);
/* The text; "" if there is nothing to keep. */
void kept_inode_print(const struct kept_inode *k, char *ret, size_t size);
/* Adds those that the host's inode has. -errno where it has none at all. */
MUST_CHECK int kept_flags_of_host(int fd, uint32_t *flags);
/* Gives the host's inode what it takes of *flags, and removes that from them. */
void kept_flags_to_host(int fd, uint32_t *flags);
/* A directory that is to hand none down. */
void kept_clear_host(int fd);

#endif
