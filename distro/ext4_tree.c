/* From a tree to an ext4 image, in the guest's terms: the walk. archive_pack.c is the same for archives. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/ext4.h"
#include "distro/ext4_image.h"
#include "distro/ext4_walk.h"
#include "distro/range_copy.h"

#define BLOCK     4096
#define FAST_LINK 60 /* shorter ones are in the inode */
#define LINKS_MAX 65000

static int tree(struct image *m, int *fd, uint32_t ino, uint32_t parent, const struct stat *st, unsigned depth);

static int no_memory(struct image *m)
{
	return work_fail(&m->work, -ENOMEM, "there is not enough memory");
}

/* --- content ------------------------------------------------------------------------------------------------------------------ */

/* Blocks [from, to) of the file, which have data in them. What is behind its end in the last is not written, hence zero. */
static int copy_blocks(struct image *m, int fd, uint32_t from, uint32_t to, off_t size)
{
	while (from < to) {
		uint32_t n, wanted = to - from < RANGE_MAX / BLOCK ? to - from : RANGE_MAX / BLOCK;
		uint64_t physical;
		off_t at = (off_t)from * BLOCK;
		size_t bytes;
		int r = image_blocks(m, from, wanted, &physical, &n);

		if (r < 0)
			return r;
		bytes = size - at < (off_t)n * BLOCK ? (size_t)(size - at) : (size_t)n * BLOCK;
		r = range_copy(fd, at, m->fd, (off_t)(physical * BLOCK), bytes, &m->by_hand);
		if (r < 0)
			return work_fail_on(&m->work, r, "copy", m->path.text);
		flush_written(&m->flusher, bytes);
		m->work.progress.content += bytes;
		r = work_tick(&m->work);
		if (r < 0)
			return r;
		from += n;
	}
	return 0;
}

static int copy_content(struct image *m, int fd, off_t size)
{
	uint32_t done = 0; /* blocks before it are there, or holes */
	off_t at = 0;

	if (size > (off_t)UINT32_MAX * BLOCK)
		return work_fail(&m->work, -EFBIG, "%s is larger than ext4 keeps", show_name(m->path.text).text);
	while (at < size) {
		off_t from = lseek(fd, at, SEEK_DATA), to;
		uint32_t first, last;
		int r;

		if (from < 0 && errno == ENXIO)
			break;
		from = from < 0 ? at : from;
		to = lseek(fd, from, SEEK_HOLE);
		to = to < 0 || to > size ? size : to;
		if (from >= size)
			break;
		first = (uint32_t)(from / BLOCK) > done ? (uint32_t)(from / BLOCK) : done;
		last = (uint32_t)((to + BLOCK - 1) / BLOCK);
		r = copy_blocks(m, fd, first, last, size);
		if (r < 0)
			return r;
		done = last;
		at = to;
	}
	return 0;
}

/* --- entries ------------------------------------------------------------------------------------------------------------------ */

static int write_link(struct image *m, int dir, const char *name, uint32_t ino, struct ext2_inode_large *inode)
{
	char target[BLOCK + 1] = {0};
	ssize_t n = host_readlinkat(dir, name, target, BLOCK);
	uint64_t physical;
	uint32_t got;
	int r;

	if (n < 0)
		return work_fail_on(&m->work, (int)n, "read", m->path.text);
	inode->i_size = (uint32_t)n;
	if (n < FAST_LINK) {
		memcpy(inode->i_block, target, (size_t)n);
		return image_write_inode(m, ino, inode);
	}
	inode->i_flags |= EXT4_EXTENTS_FL;
	r = image_blocks(m, 0, 1, &physical, &got);
	if (r == 0)
		r = host_pwrite_full(m->fd, target, BLOCK, (off_t)(physical * BLOCK));
	return r < 0 ? r : image_write_inode(m, ino, inode);
}

/* A regular file, or a device's stand-in. */
static int add_file(struct image *m, int dir, const char *name, const struct stat *st, uint32_t ino, uint8_t *ret_type)
{
	int fd CLEANUP(host_close_at) = tree_open(dir, name, st, O_RDONLY | O_NONBLOCK);
	struct ext2_inode_large inode;
	struct override o;
	int r;

	if (fd < 0)
		return work_fail_on(&m->work, fd, "open", m->path.text);
	guest_owner(m->work.options->sidecar, fd, "", st, NULL, &o);
	*ret_type = inode_type(o.mode);
	r = inode_describe(m, st, &o, &inode);
	if (r == 0)
		r = inode_read_attributes(m, fd, "", st, &o, &inode);
	if (r == 0 && S_ISREG(o.mode)) {
		inode.i_size = (uint32_t)st->st_size;
		inode.i_size_high = (uint32_t)(st->st_size >> 32);
		inode.i_flags |= EXT4_EXTENTS_FL;
		r = copy_content(m, fd, st->st_size);
	}
	if (r == 0)
		r = image_write_inode(m, ino, &inode);
	return r < 0 ? r : inode_put_attributes(m, ino);
}

/* A link, FIFO or socket; or a device, where the host has one. */
static int add_other(struct image *m, int dir, const char *name, const struct stat *st, const struct override *parent,
		     uint32_t ino)
{
	struct ext2_inode_large inode;
	struct override o;
	int r;

	guest_owner(m->work.options->sidecar, dir, name, st, parent, &o);
	r = inode_describe(m, st, &o, &inode);
	if (r == 0)
		r = inode_read_attributes(m, dir, name, st, &o, &inode);
	if (r < 0)
		return r;
	r = S_ISLNK(st->st_mode) ? write_link(m, dir, name, ino, &inode) : image_write_inode(m, ino, &inode);
	return r < 0 ? r : inode_put_attributes(m, ino);
}

/* Another name for an inode that is there. */
static int add_name(struct image *m, uint32_t ino, uint8_t *ret_type)
{
	struct ext2_inode_large inode;
	errcode_t e = ext2fs_read_inode_full(m->fs, ino, (struct ext2_inode *)&inode, sizeof(inode));

	if (e == 0 && inode.i_links_count >= LINKS_MAX)
		return work_fail(&m->work, -EMLINK, "%s has more names than ext4 allows", show_name(m->path.text).text);
	inode.i_links_count++;
	*ret_type = inode_type(inode.i_mode);
	if (e == 0)
		e = ext2fs_write_inode_full(m->fs, ino, (struct ext2_inode *)&inode, sizeof(inode));
	return e != 0 ? image_fail(m, e, "a hard link") : 0;
}

/* Far down, this directory is closed meanwhile. */
static int add_subdirectory(struct image *m, int *dir, const char *name, const struct stat *st, uint32_t ino,
			    uint32_t parent, unsigned depth)
{
	int fd CLEANUP(host_close_at) = tree_open(*dir, name, st, O_RDONLY | O_DIRECTORY);
	int r;

	if (fd < 0)
		return work_fail_on(&m->work, fd, "open", m->path.text);
	tree_down(dir, depth);
	r = tree(m, &fd, ino, parent, st, depth + 1);
	if (r == 0 && tree_up(dir, fd, depth) < 0)
		r = work_fail_on(&m->work, -errno, "open what is above", m->path.text);
	return r;
}

/* The number of an inode that has been met under another name, or a new one. */
static int find_inode(struct image *m, const struct stat *st, uint32_t parent, uint32_t *ret, bool *ret_known)
{
	const char *known;
	char text[16];
	int r = image_inode(m, parent, st->st_mode, ret);

	if (r < 0 || st->st_nlink < 2 || S_ISDIR(st->st_mode))
		return r;
	snprintf(text, sizeof(text), "%u", *ret);
	known = links_find(&m->links, st, text, &r);
	if (r < 0)
		return no_memory(m);
	if (known == NULL)
		return 0;
	ext2fs_inode_alloc_stats2(m->fs, *ret, -1, 0);
	*ret = (uint32_t)strtoul(known, NULL, 10);
	*ret_known = true;
	return 0;
}

static int add_entry(struct image *m, int *dir, uint32_t parent, const struct override *owner, struct name *e,
		     const char *name, unsigned depth)
{
	bool known = false;
	struct stat st;
	int r;

	if (fstatat(*dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return work_fail_on(&m->work, -errno, "look at", m->path.text);
	m->work.progress.entries++;
	r = find_inode(m, &st, parent, &e->ino, &known);
	if (r < 0)
		return r;
	if (known)
		return add_name(m, e->ino, &e->type);
	e->type = inode_type(st.st_mode);
	if (S_ISDIR(st.st_mode))
		return add_subdirectory(m, dir, name, &st, e->ino, parent, depth);
	return S_ISREG(st.st_mode) ? add_file(m, *dir, name, &st, e->ino, &e->type)
				   : add_other(m, *dir, name, &st, owner, e->ino);
}

/* --- directories --------------------------------------------------------------------------------------------------------------- */

/* fsck's own, where the tree has none. */
static int add_lost_and_found(struct image *m, struct names *l)
{
	struct override o = {.mode = S_IFDIR | 0700};
	struct ext2_inode_large inode;
	struct names none = {0};
	struct stat st = {0};
	struct name *e;
	int r;

	for (size_t i = 0; i < l->count; i++)
		if (strcmp(names_text(l, &l->list[i]), WALK_LOST_AND_FOUND) == 0)
			return 0;
	if (names_add(l, WALK_LOST_AND_FOUND, strlen(WALK_LOST_AND_FOUND), &e) < 0)
		return no_memory(m);
	e->type = EXT2_FT_DIR;
	r = inode_describe(m, &st, &o, &inode);
	if (r == 0)
		r = image_inode(m, EXT2_ROOT_INO, S_IFDIR, &e->ino);
	return r < 0 ? r : image_write_directory(m, e->ino, EXT2_ROOT_INO, &inode, &none);
}

static int add_entries(struct image *m, int *fd, uint32_t ino, const struct override *o, struct names *l,
		       unsigned depth)
{
	size_t length = m->path.length;
	int r = 0;

	for (size_t i = 0; r == 0 && i < l->count; i++) {
		const char *name = names_text(l, &l->list[i]);

		if (tree_path_add(&m->path, name) < 0)
			return no_memory(m);
		/* Made already: fsck's own. */
		if (l->list[i].ino == 0)
			r = add_entry(m, fd, ino, o, &l->list[i], name, depth);
		if (r == 0)
			r = work_tick(&m->work);
		if (r == 0)
			tree_path_cut(&m->path, length);
	}
	return r;
}

/* A directory and what is below it. */
static int tree(struct image *m, int *fd, uint32_t ino, uint32_t parent, const struct stat *st, unsigned depth)
{
	struct ext2_inode_large inode;
	struct names l = {0};
	struct override o;
	int r = 0;

	if (depth > WALK_DEPTH_MAX)
		return work_fail(&m->work, -ELOOP, "%s is deeper than %u directories", show_name(m->path.text).text,
				 WALK_DEPTH_MAX);
	guest_owner(m->work.options->sidecar, *fd, "", st, NULL, &o);
	r = tree_names(*fd, &l);
	if (r < 0)
		r = work_fail_on(&m->work, r, "read", m->path.text);
	if (r == 0 && ino == EXT2_ROOT_INO)
		r = add_lost_and_found(m, &l);
	if (r == 0)
		r = add_entries(m, fd, ino, &o, &l, depth);
	if (r == 0)
		r = inode_describe(m, st, &o, &inode);
	if (r == 0)
		r = inode_read_attributes(m, *fd, "", st, &o, &inode);
	if (r == 0)
		r = image_write_directory(m, ino, parent, &inode, &l);
	if (r == 0)
		r = inode_put_attributes(m, ino);
	names_done(&l);
	return r;
}

int ext4_write_file(int dir, int file, uint64_t size, const struct archive_options *o, struct message *message)
{
	int fd CLEANUP(host_close_at) = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	struct image m = {.fd = file};
	struct stat st;
	int r;

	work_begin(&m.work, o, message);
	flush_begin(&m.flusher, file, false);
	r = image_make(&m, size);
	if (r == 0 && fstat(dir, &st) < 0)
		r = work_fail(&m.work, -errno, "cannot look at the root directory: %s", strerror(errno));
	if (r == 0 && tree_path_add(&m.path, "") < 0)
		r = no_memory(&m);
	if (r == 0)
		r = tree(&m, &fd, EXT2_ROOT_INO, EXT2_ROOT_INO, &st, 0);
	flush_end(&m.flusher);
	if (r == 0)
		r = image_finish(&m);
	if (r == 0)
		r = work_end(&m.work);
	if (m.fs != NULL)
		ext2fs_free(m.fs);
	links_done(&m.links);
	guest_attributes_done(&m.attributes);
	free(m.extents);
	tree_path_done(&m.path);
	return r;
}

int ext4_write_tree(int dir, const char *path, uint64_t size, const struct archive_options *o, struct message *message)
{
	int fd CLEANUP(host_close_at) = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0) {
		r = -errno;
		message_set(message, "cannot make the disk '%.300s': %s", path, strerror(errno));
		return r;
	}
	r = ext4_write_file(dir, fd, size, o, message);
	if (r < 0)
		(void)unlink(path);
	return r;
}

int ext4_sync(const char *path, struct message *message)
{
	int fd CLEANUP(host_close_at) = open(path, O_RDONLY | O_CLOEXEC);
	int r = 0;

	if (fd < 0 || fsync(fd) < 0) {
		r = -errno;
		message_set(message, "cannot write the disk '%.300s': %s", path, strerror(errno));
	}
	return r;
}
