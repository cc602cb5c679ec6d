/*
 * Disks of version 2: a tree as an ext4 image, without root and without mounting anything. Public; links libext2fs, so only
 * lxrun-archive uses it.
 */
#ifndef LX_DISTRO_EXT4_H
#define LX_DISTRO_EXT4_H

#include "distro/archive.h"

/* How large a disk may become; it takes what is written to it. */
#define EXT4_SIZE_DEFAULT (UINT64_C(1) << 40)

/*
 * Writes the tree at dir, in the guest's terms as archive_pack() does (owners, modes, devices, attributes, times, hard links,
 * holes), into a new image at path, which must not be there. On failure the image is removed; until it is complete it says of
 * itself that it is not clean. It has been synced when this returns.
 */
MUST_CHECK int ext4_write_tree(int dir, const char *path, uint64_t size, const struct archive_options *o,
			       struct message *message);

#endif
