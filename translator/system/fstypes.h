/* The file systems that a guest can mount, by name. */
#ifndef LX_TRANSLATOR_SYSTEM_FSTYPES_H
#define LX_TRANSLATOR_SYSTEM_FSTYPES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "vfs/vfs.h"

struct fstype_request {
	const struct vfs_ns *ns;
	const char *type;
	const char *device;  /* mount(2)'s source; may be NULL */
	const char *point;   /* the instance's guest path, "" for its root */
	uint64_t flags;      /* MS_* */
	const char *options; /* the text behind data, "" for none */
};

/*
 * A new mount. directory: the mount point is one. -ENODEV for a type that there is not, -EINVAL for an option that it
 * does not know, -ENOTDIR, -EBUSY for the root, -EPERM for types that the host alone can mount.
 */
MUST_CHECK int fstype_mount(const struct fstype_request *request, bool directory);

#endif
