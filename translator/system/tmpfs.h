/*
 * The directories behind the guest's tmpfs mounts: below the instance's runtime directory, one for each mount, gone with
 * it or with the instance.
 */
#ifndef LX_TRANSLATOR_SYSTEM_TMPFS_H
#define LX_TRANSLATOR_SYSTEM_TMPFS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "vfs/vfs.h"

struct tmpfs_options {
	uint32_t mode;
	uint32_t uid, gid;
};

/* A new, empty directory with this owner and mode. Its host path goes to ret (size bytes). */
MUST_CHECK int tmpfs_make(const struct vfs_ns *ns, const struct tmpfs_options *how, char *ret, size_t size);
/* Removes such a directory with all that is in it, as far as that is possible. */
void tmpfs_remove(const struct vfs_ns *ns, const char *path);

#endif
