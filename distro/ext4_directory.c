/*
 * Directories of an image, written at once: what fits into a block as it comes, what does not sorted by hash with an index in
 * front (htree), as the kernel would have made it. Adding names one by one, which libext2fs offers, is quadratic and makes none.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "distro/ext4_image.h"

#define BLOCK        4096
#define USABLE       (BLOCK - sizeof(struct ext2_dir_entry_tail))
#define FILL         (BLOCK * 7 / 8) /* leaves room for names to come */
#define DOT_SIZE     12
#define SUBDIRS_MAX  64998 /* more are counted as "many": 1 */
#define ROOT_ENTRIES ((BLOCK - 2 * DOT_SIZE - sizeof(struct ext2_dx_root_info) - sizeof(struct ext2_dx_tail)) / 8)
#define NODE_ENTRIES ((BLOCK - 8 - sizeof(struct ext2_dx_tail)) / 8)

/* The directory that is being written. */
struct directory {
	struct image *m;
	uint32_t ino, parent;
	const struct names *names;
	struct ext2_dx_entry *leaves; /* where each begins: its hash, and the index of its first name in `block` */
	size_t leaf_count, leaf_room;
	size_t nodes;
	size_t extent, block; /* how far it is written: of the extents, and in that one */
	char bytes[BLOCK];
};

static size_t size_of(const struct name *e)
{
	return EXT2_DIR_REC_LEN(e->length);
}

/* --- blocks --------------------------------------------------------------------------------------------------------------------- */

static struct ext2_dir_entry *entry_at(struct directory *d, size_t at)
{
	return (struct ext2_dir_entry *)(void *)(d->bytes + at);
}

static void put_entry(struct directory *d, size_t at, size_t size, uint32_t ino, uint8_t type, const char *name,
		      size_t length)
{
	struct ext2_dir_entry *e = entry_at(d, at);

	e->inode = ino;
	e->rec_len = (uint16_t)size;
	e->name_len = (uint16_t)(length | (size_t)type << 8);
	memcpy(e->name, name, length);
}

/* The next of its blocks, in order. */
static int write_block(struct directory *d)
{
	const struct image_extent *x = &d->m->extents[d->extent];
	errcode_t e = ext2fs_write_dir_block4(d->m->fs, x->physical + d->block, d->bytes, 0, d->ino);

	if (++d->block == x->length) {
		d->extent++;
		d->block = 0;
	}
	return e != 0 ? image_fail(d->m, e, "a directory") : 0;
}

/* Names [from, to) behind the first `used` bytes, the last of which gets what is left. */
static int write_names(struct directory *d, size_t from, size_t to, size_t used, size_t last)
{
	for (size_t i = from; i < to; i++) {
		const struct name *e = &d->names->list[i];

		put_entry(d, used, size_of(e), e->ino, e->type, names_text(d->names, e), e->length);
		last = used;
		used += size_of(e);
	}
	entry_at(d, last)->rec_len = (uint16_t)(USABLE - last);
	ext2fs_initialize_dirent_tail(d->m->fs, EXT2_DIRENT_TAIL(d->bytes, BLOCK));
	return write_block(d);
}

static void put_dots(struct directory *d, size_t second)
{
	memset(d->bytes, 0, BLOCK);
	put_entry(d, 0, DOT_SIZE, d->ino, EXT2_FT_DIR, ".", 1);
	put_entry(d, DOT_SIZE, second, d->parent, EXT2_FT_DIR, "..", 2);
}

static int write_single(struct directory *d)
{
	put_dots(d, DOT_SIZE);
	return write_names(d, 0, d->names->count, (size_t)2 * DOT_SIZE, DOT_SIZE);
}

/* --- the index ------------------------------------------------------------------------------------------------------------------- */

/* An index block's entries: `count` blocks from `block` on, which begin at hash(i * step). */
static void put_index(struct directory *d, size_t at, size_t limit, size_t count, size_t block, size_t first,
		      size_t step)
{
	struct ext2_dx_entry *e = (struct ext2_dx_entry *)(void *)(d->bytes + at);
	struct ext2_dx_countlimit *c = (struct ext2_dx_countlimit *)(void *)e;

	for (size_t i = 0; i < count; i++) {
		e[i].hash = d->leaves[first + i * step].hash;
		e[i].block = (uint32_t)(block + i);
	}
	c->limit = (uint16_t)limit;
	c->count = (uint16_t)count;
}

static int write_root(struct directory *d)
{
	struct ext2_dx_root_info info = {.hash_version = d->m->fs->super->s_def_hash_version,
					 .info_length = sizeof(info),
					 .indirect_levels = d->nodes > 0};

	put_dots(d, BLOCK - DOT_SIZE);
	memcpy(d->bytes + (size_t)2 * DOT_SIZE, &info, sizeof(info));
	if (d->nodes > 0)
		put_index(d, 2 * DOT_SIZE + sizeof(info), ROOT_ENTRIES, d->nodes, 1, 0, NODE_ENTRIES);
	else
		put_index(d, 2 * DOT_SIZE + sizeof(info), ROOT_ENTRIES, d->leaf_count, 1, 0, 1);
	return write_block(d);
}

static int write_nodes(struct directory *d)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->nodes; i++) {
		size_t first = i * NODE_ENTRIES, left = d->leaf_count - first;

		memset(d->bytes, 0, BLOCK);
		entry_at(d, 0)->rec_len = BLOCK;
		put_index(d, 8, NODE_ENTRIES, left < NODE_ENTRIES ? left : NODE_ENTRIES, 1 + d->nodes + first, first,
			  1);
		r = write_block(d);
	}
	return r;
}

static int write_leaves(struct directory *d)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->leaf_count; i++) {
		size_t end = i + 1 < d->leaf_count ? d->leaves[i + 1].block : d->names->count;

		memset(d->bytes, 0, BLOCK);
		r = write_names(d, d->leaves[i].block, end, 0, 0);
	}
	return r;
}

static int by_hash(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->hash != y->hash)
		return x->hash < y->hash ? -1 : 1;
	return x->minor < y->minor ? -1 : x->minor > y->minor;
}

static errcode_t hash_names(struct image *m, struct names *n)
{
	const struct ext2_super_block *s = m->fs->super;
	errcode_t e = 0;

	for (size_t i = 0; e == 0 && i < n->count; i++)
		e = ext2fs_dirhash2(s->s_def_hash_version, names_text(n, &n->list[i]), n->list[i].length, NULL, 0,
				    s->s_hash_seed, &n->list[i].hash, &n->list[i].minor);
	return e;
}

static int add_leaf(struct directory *d, size_t first)
{
	uint32_t hash = d->names->list[first].hash;

	if (d->leaf_count == d->leaf_room) {
		size_t room = d->leaf_room * 2 + 16;
		struct ext2_dx_entry *more = realloc(d->leaves, room * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		d->leaves = more;
		d->leaf_room = room;
	}
	/* The lowest bit says that names of this hash are in the block before as well. */
	if (first > 0 && d->names->list[first - 1].hash == hash)
		hash |= 1;
	d->leaves[d->leaf_count++] = (struct ext2_dx_entry){.hash = hash, .block = (uint32_t)first};
	return 0;
}

/* Which names are in which leaf: how many blocks that makes with the index. */
static int plan(struct directory *d, size_t *ret)
{
	size_t used = BLOCK;
	int r = 0;

	for (size_t i = 0; r == 0 && i < d->names->count; i++) {
		size_t size = size_of(&d->names->list[i]);

		if (used + size > FILL) {
			r = add_leaf(d, i);
			used = 0;
		}
		used += size;
	}
	d->nodes = d->leaf_count > ROOT_ENTRIES ? (d->leaf_count + NODE_ENTRIES - 1) / NODE_ENTRIES : 0;
	*ret = 1 + d->nodes + d->leaf_count;
	return d->nodes > ROOT_ENTRIES ? -EFBIG : r;
}

/* --- all of it ------------------------------------------------------------------------------------------------------------------- */

static int allocate(struct image *m, size_t blocks)
{
	size_t done = 0;

	while (done < blocks) {
		uint64_t physical;
		uint32_t n;
		int r = image_blocks(m, (uint32_t)done, (uint32_t)(blocks - done), &physical, &n);

		if (r < 0)
			return r;
		done += n;
	}
	return 0;
}

static void count_links(const struct names *n, struct ext2_inode_large *inode)
{
	size_t subdirectories = 0;

	for (size_t i = 0; i < n->count; i++)
		subdirectories += n->list[i].type == EXT2_FT_DIR;
	inode->i_links_count = subdirectories > SUBDIRS_MAX ? 1 : (uint16_t)(subdirectories + 2);
}

static bool fits_into_one(const struct names *n)
{
	size_t used = (size_t)2 * DOT_SIZE;

	for (size_t i = 0; i < n->count && used <= USABLE; i++)
		used += size_of(&n->list[i]);
	return used <= USABLE;
}

static int write_all(struct directory *d, bool single)
{
	int r;

	if (single)
		return write_single(d);
	r = write_root(d);
	if (r == 0)
		r = write_nodes(d);
	return r == 0 ? write_leaves(d) : r;
}

int image_write_directory(struct image *m, uint32_t ino, uint32_t parent, struct ext2_inode_large *inode,
			  struct names *entries)
{
	struct directory d = {.m = m, .ino = ino, .parent = parent, .names = entries};
	bool single = fits_into_one(entries);
	size_t blocks = 1, extents;
	errcode_t e;
	int r = 0;

	if (!single) {
		e = hash_names(m, entries);
		if (e != 0)
			return image_fail(m, e, "a directory's index");
		qsort(entries->list, entries->count, sizeof(entries->list[0]), by_hash);
		r = plan(&d, &blocks);
		if (r < 0)
			r = work_fail(&m->work, r,
				      r == -EFBIG ? "the directory %s has more names than ext4 keeps"
						  : "there is not enough memory for the directory %s",
				      show_name(m->path.text).text);
		inode->i_flags |= EXT2_INDEX_FL;
	}
	count_links(entries, inode);
	inode->i_size = (uint32_t)(blocks * BLOCK);
	inode->i_size_high = (uint32_t)((uint64_t)blocks * BLOCK >> 32);
	inode->i_flags |= EXT4_EXTENTS_FL;
	if (r == 0)
		r = allocate(m, blocks);
	/* The inode first: checksums of blocks have its number and generation in them. Its extents are needed once more. */
	extents = m->extent_count;
	if (r == 0)
		r = image_write_inode(m, ino, inode);
	m->extent_count = extents;
	if (r == 0)
		r = write_all(&d, single);
	m->extent_count = 0;
	free(d.leaves);
	return r;
}
