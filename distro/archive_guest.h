/* What a file of a store is to guests: the reverse of archive_owner.h. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_GUEST_H
#define LX_DISTRO_ARCHIVE_GUEST_H

#include "base/override.h"
#include "distro/archive_tar.h"
#include "distro/sidecar.h"

/* Where a store keeps what an inode of ext4 has besides attributes (distro/ext4_kept.h), and how long that may be. */
#define GUEST_INODE_ATTRIBUTE OVERRIDE_KEPT_PREFIX "inode"
#define GUEST_INODE_MAX       48

/* Attributes in the guest's terms; buffers that are used again. */
struct guest_attributes {
	/*
	 * Nothing is left out: names that guests cannot use here, which a distribution of version 2 had, and what its inodes
	 * had besides attributes, in `inode`.
	 */
	bool exact;
	char inode[GUEST_INODE_MAX];
	struct tar_attribute *list;
	size_t count, room;
	char *names, *values;
	size_t names_room, values_room;
	char *acl_access, *acl_default;
	char *kept; /* names and values from the sidecar */
};

/*
 * name "": fd is open for reading on a regular file or directory; else name is something else in the directory fd, whose guest
 * owner is parent. st: its host stat. s may be NULL.
 */
void guest_owner(const struct sidecar *s, int fd, const char *name, const struct stat *st,
		 const struct override *parent, struct override *ret);
/* What the sidecar keeps of it; false: nothing. */
bool guest_kept(const struct sidecar *s, int fd, const char *name, dev_t device, struct override *ret);
/* name, st and s as in guest_owner(), which has said o. 0 or -errno. */
MUST_CHECK int guest_attributes_read(struct guest_attributes *a, const struct sidecar *s, int fd, const char *name,
				     const struct stat *st, const struct override *o);
void guest_attributes_done(struct guest_attributes *a);
/*
 * Opens what the host's mode closes to its owner (it came by other means than ours): as vfs does, marks it and gives it the
 * owner's access. -errno.
 */
MUST_CHECK int guest_open(int dir, const char *name, const struct stat *st, int flags);

#endif
