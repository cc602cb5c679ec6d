/*
 * Mount namespaces: each has entries of its own in the instance's table (struct mount_entry), and a file in the runtime directory
 * that stands for it where Linux has one of nsfs. The first one, 0, has neither: it is the host's for all that can be seen of it.
 */
#ifndef LX_TRANSLATOR_SYSTEM_MOUNT_NS_H
#define LX_TRANSLATOR_SYSTEM_MOUNT_NS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "vfs/vfs.h"

/*
 * A new one with the mounts that ns sees: its number, and as the result its file, which the caller closes when somebody is in it.
 * -ENOSPC when the table is full of what others use.
 */
MUST_CHECK int mount_ns_make(const struct vfs_ns *ns, uint32_t *ret);

/* The namespace that an open file stands for; false if it stands for none that is there. */
MUST_CHECK bool mount_ns_of_file(const struct vfs_ns *ns, int fd, uint32_t *ret);

/* The host's path of the namespace's root directory. */
MUST_CHECK int mount_ns_root(struct instance *in, uint32_t number, char *buf, size_t size);

/* Ends those that no process is in and whose file nobody has open, and removes what only they showed. */
void mount_ns_collect(const struct vfs_ns *ns);

#endif
