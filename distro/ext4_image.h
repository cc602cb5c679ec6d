/* An image that is being made. Private to distro/ext4*.c. */
#ifndef LX_DISTRO_EXT4_IMAGE_H
#define LX_DISTRO_EXT4_IMAGE_H

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "distro/archive_guest.h"
#include "distro/archive_links.h"
#include "distro/archive_work.h"
#include "distro/ext4_flush.h"
#include "distro/ext4_names.h"

struct image_extent {
	uint64_t physical;
	uint32_t logical, length;
};

struct image {
	struct archive_work work;
	ext2_filsys fs;
	int fd; /* the same file, for data; the caller's */
	blk64_t goal;
	struct links links;
	struct guest_attributes attributes;
	struct image_extent *extents; /* of the inode that is being made */
	size_t extent_count, extent_room;
	struct tree_path path; /* of the entry, for people */
	struct flusher flusher;
	bool by_hand;  /* copy_file_range is of no use here */
	bool no_flags; /* nor is FS_IOC_GETFLAGS */
};

/* The file system's own parts: everything but files. The root directory and lost+found are still to be written. */
MUST_CHECK int image_make(struct image *m, uint64_t size);
MUST_CHECK int image_finish(struct image *m);

/* The libext2fs error as a sentence about what was being done. */
int image_fail(struct image *m, errcode_t e, const char *what);

/* Blocks for a piece of the inode that is being made, at logical block `at`: *ret_n of the `n` wanted, at *ret. */
MUST_CHECK int image_blocks(struct image *m, uint32_t at, uint32_t n, uint64_t *ret, uint32_t *ret_n);
/* A new inode's number. */
MUST_CHECK int image_inode(struct image *m, uint32_t parent, mode_t mode, uint32_t *ret);
/* Writes the inode with the extents that image_blocks() has collected, and forgets them. */
MUST_CHECK int image_write_inode(struct image *m, uint32_t ino, struct ext2_inode_large *inode);

/* --- ext4_inode.c: what an inode says of itself ------------------------------------------------------------------------------- */

/* o: the guest's owner and mode. */
MUST_CHECK int inode_describe(struct image *m, const struct stat *st, const struct override *o,
			      struct ext2_inode_large *ret);
void inode_put_device(struct ext2_inode_large *inode, dev_t rdev);
uint8_t inode_type(mode_t mode); /* EXT2_FT_* */
/*
 * Reads its attributes into m->attributes, and takes from them what belongs into the inode: flags and project. fd and name as
 * guest_owner() takes them.
 */
MUST_CHECK int inode_read_attributes(struct image *m, int fd, const char *name, const struct stat *st,
				     const struct override *o, struct ext2_inode_large *inode);
/* Writes those: the inode has been written. */
MUST_CHECK int inode_put_attributes(struct image *m, uint32_t ino);

/* --- ext4_directory.c ----------------------------------------------------------------------------------------------------------- */

/* The entries, whose order changes, as the directory's blocks, with an index if they need more than one; and its inode. */
MUST_CHECK int image_write_directory(struct image *m, uint32_t ino, uint32_t parent, struct ext2_inode_large *inode,
				     struct names *entries);

#endif
