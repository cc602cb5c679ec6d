/*
 * An ext4 file system that is read, block for block where libext2fs cannot be trusted with it. Nothing in it is believed: what
 * leads out of it, or in circles, is an error. Private to distro/ext4*.c.
 */
#ifndef LX_DISTRO_EXT4_DISK_H
#define LX_DISTRO_EXT4_DISK_H

#include <ext2fs/ext2_fs.h>
#include <ext2fs/ext2fs.h>

#include "distro/archive_tar.h"
#include "distro/ext4_kept.h"
#include "distro/ext4_names.h"

#define DISK_LINK_MAX 4095

struct disk {
	struct archive_work *work;
	ext2_filsys fs;
	int fd; /* the same file, for data */
	uint32_t block_size;
	struct tree_path path; /* of the entry, for people */
	char *piece;           /* DISK_PIECE bytes */
};

/* Two of them fit into the cache of a processor. */
#define DISK_PIECE ((size_t)128 << 10)

/* What an inode is to guests. */
struct disk_inode {
	uint32_t ino;
	struct ext2_inode_large raw;
	mode_t mode; /* with its type */
	uint32_t uid, gid, links;
	uint64_t size;
	dev_t rdev;
	struct timespec atime, mtime;
	struct kept_inode kept;
};

/* Opens it for reading; a journal that is still to be replayed is an error. */
MUST_CHECK int disk_open(struct disk *d, const char *path, struct archive_work *w);
void disk_close(struct disk *d);

/* With a sentence about d->path; gives error back. */
int disk_bad(struct disk *d, const char *what);

MUST_CHECK int disk_inode(struct disk *d, uint32_t ino, struct disk_inode *ret);
/* All names in a directory but "." and "..". */
MUST_CHECK int disk_names(struct disk *d, const struct disk_inode *inode, struct names *ret);
MUST_CHECK int disk_link(struct disk *d, const struct disk_inode *inode, char ret[DISK_LINK_MAX + 1]);

/* Attributes of an inode, access control lists as listxattr(2) has them; buffers that are used again. */
struct disk_attributes {
	struct tar_attribute *list;
	size_t count, room;
};
MUST_CHECK int disk_attributes(struct disk *d, const struct disk_inode *inode, struct disk_attributes *ret);
void disk_attributes_clear(struct disk_attributes *a);
void disk_attributes_done(struct disk_attributes *a);

/*
 * Calls `each` for the pieces of a file's content in order, at most DISK_PIECE bytes each and none behind its end; what no piece
 * covers is a hole. A result other than 0 ends it, and is the result.
 */
typedef int (*disk_piece)(void *context, uint64_t at, const void *bytes, size_t n);
/* For who does not need the bytes: where in d->fd they are. Small files may have none of their own. */
typedef int (*disk_range)(void *context, uint64_t at, uint64_t where, uint64_t n);
/* range: NULL, or instead of `each` for all that is in blocks. */
MUST_CHECK int disk_content(struct disk *d, const struct disk_inode *inode, disk_piece each, disk_range range,
			    void *context);

/* The lost+found that we have made for a tree that had none, and that nobody has used (ext4_store.c). depth: of what it is in. */
bool ext4_is_own(struct disk *d, const char *name, const struct disk_inode *i, unsigned depth);

#endif
