/* An image that is being made. Private to distro/ext4*.c. */
#ifndef LX_DISTRO_EXT4_IMAGE_H
#define LX_DISTRO_EXT4_IMAGE_H

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "distro/archive_guest.h"
#include "distro/archive_links.h"
#include "distro/archive_work.h"

struct image_extent {
	uint64_t physical;
	uint32_t logical, length;
};

struct image {
	struct archive_work work;
	ext2_filsys fs;
	int fd; /* the same file, for data */
	blk64_t goal;
	struct links links;
	struct guest_attributes attributes;
	struct image_extent *extents; /* of the inode that is being made */
	size_t extent_count, extent_room;
	char *name; /* of the entry, for people */
	size_t length, room;
};

/* What is in a directory, in order. */
struct image_entry {
	uint32_t ino;
	uint8_t type; /* EXT2_FT_* */
	char name[256];
};

/* The file system's own parts: everything but files. The root directory and lost+found are still to be written. */
MUST_CHECK int image_make(struct image *m, const char *path, uint64_t size);
MUST_CHECK int image_finish(struct image *m);

/* The libext2fs error as a sentence about what was being done. */
int image_fail(struct image *m, errcode_t e, const char *what);

/* Blocks for a piece of the inode that is being made, at logical block `at`: *ret_n of the `n` wanted, at *ret. */
MUST_CHECK int image_blocks(struct image *m, uint32_t at, uint32_t n, uint64_t *ret, uint32_t *ret_n);
/* A new inode's number. */
MUST_CHECK int image_inode(struct image *m, uint32_t parent, mode_t mode, uint32_t *ret);
/* Writes the inode with the extents that image_blocks() has collected, and forgets them. */
MUST_CHECK int image_write_inode(struct image *m, uint32_t ino, struct ext2_inode_large *inode);
/* The entries as the directory's blocks, and its inode. */
MUST_CHECK int image_write_directory(struct image *m, uint32_t ino, uint32_t parent, struct ext2_inode_large *inode,
				     const struct image_entry *entries, size_t count);

#endif
