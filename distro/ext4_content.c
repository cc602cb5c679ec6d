/* The content of files and links of a disk: extents, the older maps of blocks, and what is in the inode itself. */
#include <errno.h>
#include <et/com_err.h>
#include <string.h>

#include "base/host.h"
#include "distro/ext4_disk.h"

struct content {
	struct disk *d;
	const struct disk_inode *inode;
	disk_piece each;
	disk_range range; /* or NULL */
	void *context;
	uint64_t done; /* everything before it has been told of */
	uint64_t from, to,
		start; /* blocks that are one behind the other and have not been told of: where, to where, which */
	uint64_t steps, most;
	uint64_t told; /* blocks */
	int status;
};

/* Blocks [logical, logical + n), from block `physical` on. */
static int tell(struct content *c, uint64_t logical, uint64_t physical, uint64_t n)
{
	const struct disk *d = c->d;
	uint64_t at = logical * d->block_size, end = (logical + n) * d->block_size;
	uint64_t blocks = ext2fs_blocks_count(d->fs->super);
	int r = 0;

	if (physical < d->fs->super->s_first_data_block || physical >= blocks || n > blocks - physical)
		return disk_bad(c->d, "blocks that the disk does not have");
	c->told += n;
	if (at < c->done || c->told > blocks)
		return disk_bad(c->d, "blocks that are in it twice");
	c->done = end;
	end = end < c->inode->size ? end : c->inode->size;
	if (c->range != NULL && at < end)
		return c->range(c->context, at, physical * d->block_size, end - at);
	while (r == 0 && at < end) {
		size_t some = end - at < DISK_PIECE ? (size_t)(end - at) : DISK_PIECE;
		uint64_t from = physical * d->block_size + (at - logical * d->block_size);
		ssize_t got = host_pread_full(d->fd, d->piece, some, (off_t)from);

		if (got < 0)
			return work_fail(d->work, (int)got, "cannot read the disk: %s", strerror((int)-got));
		/* The file is shorter than the file system. */
		memset(d->piece + got, 0, some - (size_t)got);
		r = c->each(c->context, at, d->piece, some);
		at += some;
	}
	return r;
}

/* --- extents ------------------------------------------------------------------------------------------------------------------- */

static int each_extent(struct content *c)
{
	struct ext2_inode_large raw = c->inode->raw;
	struct ext2fs_extent x;
	ext2_extent_handle_t h;
	errcode_t e = ext2fs_extent_open2(c->d->fs, c->inode->ino, (struct ext2_inode *)&raw, &h);
	int r = 0;

	if (e != 0)
		return disk_bad(c->d, error_message(e));
	for (int how = EXT2_EXTENT_ROOT; r == 0; how = EXT2_EXTENT_NEXT) {
		e = ext2fs_extent_get(h, how, &x);
		if (e != 0)
			break;
		if (c->steps++ > c->most)
			r = disk_bad(c->d, "more extents than there are blocks");
		else if ((x.e_flags & EXT2_EXTENT_FLAGS_LEAF) != 0 &&
			 (x.e_flags & (EXT2_EXTENT_FLAGS_SECOND_VISIT | EXT2_EXTENT_FLAGS_UNINIT)) == 0)
			r = tell(c, x.e_lblk, x.e_pblk, x.e_len);
	}
	ext2fs_extent_free(h);
	if (r == 0 && e != EXT2_ET_EXTENT_NO_NEXT && e != EXT2_ET_NO_CURRENT_NODE && e != 0)
		return disk_bad(c->d, error_message(e));
	return r;
}

/* --- maps of blocks -------------------------------------------------------------------------------------------------------------- */

static int flush(struct content *c)
{
	uint64_t from = c->from, n = c->to - c->from;

	c->from = c->to = 0;
	return n > 0 ? tell(c, from, c->start, n) : 0;
}

static int take_block(ext2_filsys fs, blk64_t *block, e2_blkcnt_t logical, blk64_t ref, int offset, void *context)
{
	struct content *c = context;

	(void)fs;
	(void)ref;
	(void)offset;
	if (c->steps++ > c->most)
		c->status = disk_bad(c->d, "more blocks than the disk has");
	else if (logical >= 0 && (uint64_t)logical == c->to && *block == c->start + (c->to - c->from) &&
		 c->to > c->from)
		c->to++;
	else if (logical >= 0) {
		c->status = flush(c);
		c->from = (uint64_t)logical;
		c->to = c->from + 1;
		c->start = *block;
	}
	return c->status != 0 ? BLOCK_ABORT : 0;
}

static int each_block(struct content *c)
{
	errcode_t e = ext2fs_block_iterate3(c->d->fs, c->inode->ino, BLOCK_FLAG_DATA_ONLY | BLOCK_FLAG_READ_ONLY, NULL,
					    take_block, c);

	if (c->status != 0)
		return c->status;
	return e != 0 ? disk_bad(c->d, error_message(e)) : flush(c);
}

/* --- in the inode ---------------------------------------------------------------------------------------------------------------- */

/* At *ret_n bytes of d->piece. */
static int read_inline(struct disk *d, const struct disk_inode *inode, size_t *ret_n)
{
	struct ext2_inode_large raw = inode->raw;
	size_t size = 0;
	errcode_t e = ext2fs_inline_data_size(d->fs, inode->ino, &size);

	if (e == 0 && (size > DISK_PIECE || size < inode->size))
		return disk_bad(d, "a wrong size");
	if (e == 0)
		e = ext2fs_inline_data_get(d->fs, inode->ino, (struct ext2_inode *)&raw, d->piece, &size);
	if (e != 0)
		return disk_bad(d, error_message(e));
	*ret_n = (size_t)inode->size;
	return 0;
}

int disk_content(struct disk *d, const struct disk_inode *inode, disk_piece each, disk_range range, void *context)
{
	struct content c = {.d = d, .inode = inode, .each = each, .range = range, .context = context};
	size_t n = 0;
	int r;

	if ((inode->raw.i_flags & EXT4_INLINE_DATA_FL) != 0) {
		r = read_inline(d, inode, &n);
		return r == 0 && n > 0 ? each(context, 0, d->piece, n) : r;
	}
	/* Two visits of each node, and blocks that lead to blocks. */
	c.most = 4 * (ext2fs_blocks_count(d->fs->super) + 16);
	return (inode->raw.i_flags & EXT4_EXTENTS_FL) != 0 ? each_extent(&c) : each_block(&c);
}

/* --- links ------------------------------------------------------------------------------------------------------------------------ */

struct target {
	char *text;
	size_t room;
};

static int take_target(void *context, uint64_t at, const void *bytes, size_t n)
{
	struct target *t = context;

	if (at + n > t->room)
		return -EBADMSG;
	memcpy(t->text + at, bytes, n);
	return 0;
}

int disk_link(struct disk *d, const struct disk_inode *inode, char ret[DISK_LINK_MAX + 1])
{
	struct target t = {.text = ret, .room = DISK_LINK_MAX};
	int r = 0;

	memset(ret, 0, DISK_LINK_MAX + 1);
	if (inode->size == 0 || inode->size > DISK_LINK_MAX)
		return disk_bad(d, "an impossible target");
	if (ext2fs_is_fast_symlink((struct ext2_inode *)(uintptr_t)&inode->raw) != 0 &&
	    (inode->raw.i_flags & EXT4_INLINE_DATA_FL) == 0)
		memcpy(ret, inode->raw.i_block, (size_t)inode->size);
	else
		r = disk_content(d, inode, take_target, NULL, &t);
	if (r == 0 && strlen(ret) != inode->size)
		r = disk_bad(d, "an impossible target");
	return r;
}
