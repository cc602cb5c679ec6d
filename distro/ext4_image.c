/* An ext4 file system, by libext2fs, block for block where that is faster (pitfalls in README.md). */
#include "distro/ext4_image.h"

#include <errno.h>
#include <et/com_err.h>
#include <ext2fs/ext3_extents.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "distro/ext4.h"

#define BLOCK          4096
#define BLOCK_BITS     12
#define JOURNAL_BLOCKS 16384
#define JOURNAL_SMALL  4096                /* of disks of less than */
#define SMALL          (UINT64_C(1) << 19) /* blocks */
#define FIRST_FREE_INO 11
/* Bytes for each inode: of a disk of up to 64 GB, and of larger ones, as mke2fs has them. */
#define INODE_RATIO       16384
#define INODE_RATIO_LARGE 65536
#define INODES_MANY       (UINT64_C(1) << 22)
#define EXTENT_MAX        32768u
#define EXTENTS_INSIDE    4

int image_fail(struct image *m, errcode_t e, const char *what)
{
	return work_fail(&m->work, e == EXT2_ET_BLOCK_ALLOC_FAIL || e == ENOSPC ? -ENOSPC : -EIO,
			 "cannot make the disk: %s: %s", what, error_message(e));
}

/* --- the file system ---------------------------------------------------------------------------------------------------------- */

static void set_features(struct ext2_super_block *s)
{
	s->s_rev_level = EXT2_DYNAMIC_REV;
	s->s_log_block_size = BLOCK_BITS - 10;
	s->s_feature_compat =
		EXT2_FEATURE_COMPAT_EXT_ATTR | EXT2_FEATURE_COMPAT_RESIZE_INODE | EXT2_FEATURE_COMPAT_DIR_INDEX;
	s->s_feature_incompat = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
				EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG;
	s->s_feature_ro_compat = EXT2_FEATURE_RO_COMPAT_SPARSE_SUPER | EXT2_FEATURE_RO_COMPAT_LARGE_FILE |
				 EXT4_FEATURE_RO_COMPAT_HUGE_FILE | EXT4_FEATURE_RO_COMPAT_DIR_NLINK |
				 EXT4_FEATURE_RO_COMPAT_EXTRA_ISIZE | EXT4_FEATURE_RO_COMPAT_METADATA_CSUM;
	s->s_desc_size = 64;
	s->s_log_groups_per_flex = 4;
	s->s_inode_size = 256;
}

static void set_identity(struct ext2_super_block *s)
{
	(void)!getrandom(s->s_uuid, sizeof(s->s_uuid), 0);
	(void)!getrandom(s->s_hash_seed, sizeof(s->s_hash_seed), 0);
	s->s_uuid[6] = (s->s_uuid[6] & 0x0f) | 0x40;
	s->s_uuid[8] = (s->s_uuid[8] & 0x3f) | 0x80;
	s->s_def_hash_version = EXT2_HASH_HALF_MD4;
	s->s_flags |= EXT2_FLAGS_SIGNED_HASH;
	s->s_checksum_type = EXT2_CRC32C_CHKSUM;
	s->s_min_extra_isize = s->s_want_extra_isize = 32;
	s->s_max_mnt_count = -1;
	s->s_errors = EXT2_ERRORS_RO;
}

/* Nothing of a sparse file has to be zeroed by the guest's kernel, which would write gigabytes. */
static void mark_zeroed(ext2_filsys fs)
{
	for (dgrp_t g = 0; g < fs->group_desc_count; g++) {
		ext2fs_bg_flags_set(fs, g, EXT2_BG_INODE_ZEROED);
		ext2fs_group_desc_csum_set(fs, g);
	}
}

static errcode_t fill(ext2_filsys fs)
{
	struct ext2fs_journal_params journal = {
		.num_journal_blocks = ext2fs_blocks_count(fs->super) < SMALL ? JOURNAL_SMALL : JOURNAL_BLOCKS};
	errcode_t e = ext2fs_allocate_tables(fs);

	if (e != 0)
		return e;
	mark_zeroed(fs);
	for (ext2_ino_t i = 1; i < FIRST_FREE_INO; i++)
		ext2fs_inode_alloc_stats2(fs, i, 1, i == EXT2_ROOT_INO);
	e = ext2fs_update_bb_inode(fs, NULL);
	if (e == 0)
		e = ext2fs_create_resize_inode(fs);
	if (e == 0)
		e = ext2fs_add_journal_inode3(fs, &journal, ~UINT64_C(0), EXT2_MKJOURNAL_LAZYINIT);
	return e;
}

uint64_t ext4_inodes(uint64_t size)
{
	uint64_t n = size / INODE_RATIO;

	/* Each of them is looked at whenever the disk is checked, and has its place in the tables. */
	if (n > INODES_MANY)
		n = size / INODE_RATIO_LARGE > INODES_MANY ? size / INODE_RATIO_LARGE : INODES_MANY;
	return n < UINT32_MAX ? n : UINT32_MAX;
}

int image_make(struct image *m, uint64_t size)
{
	struct ext2_super_block s = {0};
	char path[32];
	errcode_t e;

	if (ftruncate(m->fd, (off_t)size) < 0)
		return work_fail(&m->work, -errno, "cannot make the disk: %s", strerror(errno));
	/* It need not have another name. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", m->fd);
	(void)initialize_ext2_error_table();
	set_features(&s);
	ext2fs_blocks_count_set(&s, size >> BLOCK_BITS);
	s.s_inodes_count = (uint32_t)ext4_inodes(size);
	e = ext2fs_initialize(path, EXT2_FLAG_64BITS | EXT2_FLAG_RW | EXT2_FLAG_EXCLUSIVE, &s, unix_io_manager, &m->fs);
	if (e != 0)
		return image_fail(m, e, "its superblock");
	set_identity(m->fs->super);
	ext2fs_init_csum_seed(m->fs);
	e = fill(m->fs);
	if (e != 0)
		return image_fail(m, e, "its tables");
	/* Killed from here on, it is not clean. What is on the disk itself does not matter yet. */
	m->fs->super->s_state &= (uint16_t)~EXT2_VALID_FS;
	e = ext2fs_flush2(m->fs, EXT2_FLAG_FLUSH_NO_SYNC);
	return e != 0 ? image_fail(m, e, "its tables") : 0;
}

int image_finish(struct image *m)
{
	errcode_t e;

	m->fs->super->s_state |= EXT2_VALID_FS;
	ext2fs_mark_super_dirty(m->fs);
	e = ext2fs_flush2(m->fs, EXT2_FLAG_FLUSH_NO_SYNC);
	if (e == 0)
		e = io_channel_flush(m->fs->io);
	if (e != 0)
		return image_fail(m, e, "its last blocks");
	(void)sync_file_range(m->fd, 0, 0, SYNC_FILE_RANGE_WRITE);
	return 0;
}

/* --- blocks and inodes ------------------------------------------------------------------------------------------------------- */

static int add_extent(struct image *m, uint64_t physical, uint32_t at, uint32_t n)
{
	struct image_extent *last = m->extent_count > 0 ? &m->extents[m->extent_count - 1] : NULL;

	if (last != NULL && last->logical + last->length == at && last->physical + last->length == physical &&
	    last->length + n <= EXTENT_MAX) {
		last->length += n;
		return 0;
	}
	if (m->extent_count == m->extent_room) {
		size_t room = m->extent_room * 2 + 16;
		struct image_extent *more = realloc(m->extents, room * sizeof(*more));

		if (more == NULL)
			return work_fail(&m->work, -ENOMEM, "there is not enough memory");
		m->extents = more;
		m->extent_room = room;
	}
	m->extents[m->extent_count++] = (struct image_extent){physical, at, n};
	return 0;
}

int image_blocks(struct image *m, uint32_t at, uint32_t n, uint64_t *ret, uint32_t *ret_n)
{
	blk64_t physical, length;
	errcode_t e;

	n = n < EXTENT_MAX ? n : EXTENT_MAX;
	e = ext2fs_new_range(m->fs, 0, m->goal, n, NULL, &physical, &length);
	if (e != 0)
		return image_fail(m, e, "no free blocks");
	if (length > n)
		length = n;
	ext2fs_block_alloc_stats_range(m->fs, physical, (blk_t)length, 1);
	m->goal = physical + length;
	if (m->goal >= ext2fs_blocks_count(m->fs->super))
		m->goal = m->fs->super->s_first_data_block;
	*ret = physical;
	*ret_n = (uint32_t)length;
	return add_extent(m, physical, at, (uint32_t)length);
}

int image_inode(struct image *m, uint32_t parent, mode_t mode, uint32_t *ret)
{
	ext2_ino_t ino;
	errcode_t e = ext2fs_new_inode(m->fs, parent, (int)mode, NULL, &ino);

	if (e != 0)
		return image_fail(m, e, "no free inodes");
	ext2fs_inode_alloc_stats2(m->fs, ino, 1, S_ISDIR(mode));
	*ret = ino;
	return 0;
}

/* The tree's root in the inode itself. */
static void put_extents_inside(const struct image *m, struct ext2_inode_large *inode)
{
	struct ext3_extent_header header = {
		.eh_magic = EXT3_EXT_MAGIC, .eh_entries = (uint16_t)m->extent_count, .eh_max = EXTENTS_INSIDE};
	char *to = (char *)inode->i_block;

	memcpy(to, &header, sizeof(header));
	for (size_t i = 0; i < m->extent_count; i++) {
		const struct image_extent *x = &m->extents[i];
		struct ext3_extent e = {.ee_block = x->logical,
					/* EXTENT_MAX itself is stored as it is; above it would mean unwritten. */
					.ee_len = (uint16_t)x->length,
					.ee_start_hi = (uint16_t)(x->physical >> 32),
					.ee_start = (uint32_t)x->physical};

		memcpy(to + sizeof(header) + i * sizeof(e), &e, sizeof(e));
	}
}

/* A tree of more than the inode has room for; the inode has been written with an empty one. */
static errcode_t insert_extents(struct image *m, uint32_t ino, struct ext2_inode_large *inode)
{
	ext2_extent_handle_t h;
	errcode_t e = ext2fs_extent_open2(m->fs, ino, (struct ext2_inode *)inode, &h);

	for (size_t i = 0; e == 0 && i < m->extent_count; i++) {
		const struct image_extent *x = &m->extents[i];
		struct ext2fs_extent one = {.e_pblk = x->physical, .e_lblk = x->logical, .e_len = x->length};

		e = ext2fs_extent_insert(h, i > 0 ? EXT2_EXTENT_INSERT_AFTER : 0, &one);
	}
	ext2fs_extent_free(h);
	return e;
}

int image_write_inode(struct image *m, uint32_t ino, struct ext2_inode_large *inode)
{
	uint64_t blocks = 0;
	errcode_t e;

	for (size_t i = 0; i < m->extent_count; i++)
		blocks += m->extents[i].length;
	ext2fs_iblk_set(m->fs, (struct ext2_inode *)inode, blocks);
	inode->i_extra_isize = 32;
	if ((inode->i_flags & EXT4_EXTENTS_FL) != 0 && m->extent_count <= EXTENTS_INSIDE)
		put_extents_inside(m, inode);
	e = ext2fs_write_inode_full(m->fs, ino, (struct ext2_inode *)inode, sizeof(*inode));
	if (e == 0 && m->extent_count > EXTENTS_INSIDE) {
		e = insert_extents(m, ino, inode);
		if (e == 0)
			e = ext2fs_write_inode_full(m->fs, ino, (struct ext2_inode *)inode, sizeof(*inode));
	}
	m->extent_count = 0;
	return e != 0 ? image_fail(m, e, "an inode") : 0;
}
