/* From a tree to an ext4 image, in the guest's terms: the walk. archive_pack.c is the same for archives. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_acl.h"
#include "distro/ext4.h"
#include "distro/ext4_image.h"

#define BLOCK       4096
#define COPY_BLOCKS 256u
#define FAST_LINK   60 /* shorter ones are in the inode */

struct list {
	struct image_entry *entries;
	size_t count, room;
};

static int tree(struct image *m, int fd, uint32_t ino, uint32_t parent, const struct stat *st);

/* --- inodes ------------------------------------------------------------------------------------------------------------------- */

/* Seconds beyond 2038 and nanoseconds, as ext4 keeps them in the second half of an inode. */
static uint32_t extra_of(const struct timespec *t)
{
	return (uint32_t)t->tv_nsec << 2 | ((uint32_t)((t->tv_sec - (int32_t)t->tv_sec) >> 32) & 3);
}

static void describe(const struct stat *st, const struct override *o, struct ext2_inode_large *ret)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*ret = (struct ext2_inode_large){.i_mode = (uint16_t)o->mode, .i_links_count = 1};
	ret->i_uid = (uint16_t)o->uid;
	ret->osd2.linux2.l_i_uid_high = (uint16_t)(o->uid >> 16);
	ret->i_gid = (uint16_t)o->gid;
	ret->osd2.linux2.l_i_gid_high = (uint16_t)(o->gid >> 16);
	ret->i_mtime = (uint32_t)st->st_mtim.tv_sec;
	ret->i_mtime_extra = extra_of(&st->st_mtim);
	ret->i_atime = (uint32_t)st->st_atim.tv_sec;
	ret->i_atime_extra = extra_of(&st->st_atim);
	ret->i_ctime = ret->i_crtime = (uint32_t)now.tv_sec;
	ret->i_ctime_extra = ret->i_crtime_extra = extra_of(&now);
}

static int put_attribute(struct image *m, struct ext2_xattr_handle *h, const char *name, const void *value, size_t size)
{
	errcode_t e = ext2fs_xattr_set(h, name, value, size);

	if (e == EXT2_ET_EA_NO_SPACE)
		return work_fail(&m->work, -ENOSPC, "the attributes of %s are larger than ext4 keeps",
				 show_name(m->name).text);
	return e != 0 ? image_fail(m, e, "an attribute") : 0;
}

static int put_acl(struct image *m, struct ext2_xattr_handle *h, const char *name, const char *text)
{
	struct acl a;
	long n = text != NULL ? acl_from_text(text, &a, ACL_VALUE_MAX) : 0;

	return n > 0 ? put_attribute(m, h, name, &a, (size_t)n) : 0;
}

/* The inode has been written. fd and name as guest_owner() takes them. */
static int put_attributes(struct image *m, uint32_t ino, int fd, const char *name, const struct stat *st,
			  const struct override *o)
{
	struct guest_attributes *a = &m->attributes;
	int r = guest_attributes_read(a, m->work.options->sidecar, fd, name, st, o);
	struct ext2_xattr_handle *h;
	errcode_t e;

	if (r < 0)
		return work_fail_on(&m->work, r, "read the attributes of", m->name);
	if (a->count == 0 && a->acl_access == NULL && a->acl_default == NULL)
		return 0;
	e = ext2fs_xattrs_open(m->fs, ino, &h);
	if (e == 0)
		e = ext2fs_xattrs_read(h);
	if (e != 0)
		return image_fail(m, e, "an attribute");
	r = put_acl(m, h, ACL_ACCESS_ATTRIBUTE, a->acl_access);
	if (r == 0)
		r = put_acl(m, h, ACL_DEFAULT_ATTRIBUTE, a->acl_default);
	for (size_t i = 0; r == 0 && i < a->count; i++)
		r = put_attribute(m, h, a->list[i].name, a->list[i].value, a->list[i].size);
	(void)ext2fs_xattrs_close(&h);
	return r;
}

/* --- content ------------------------------------------------------------------------------------------------------------------ */

/* Blocks [from, to) of the file, which have data in them. */
static int copy_blocks(struct image *m, int fd, uint32_t from, uint32_t to)
{
	static char bytes[COPY_BLOCKS * BLOCK];

	while (from < to) {
		uint32_t n, wanted = to - from < COPY_BLOCKS ? to - from : COPY_BLOCKS;
		uint64_t physical;
		ssize_t got;
		int r = image_blocks(m, from, wanted, &physical, &n);

		if (r < 0)
			return r;
		got = host_pread_full(fd, bytes, (size_t)n * BLOCK, (off_t)from * BLOCK);
		if (got < 0)
			return work_fail_on(&m->work, (int)got, "read", m->name);
		memset(bytes + got, 0, (size_t)n * BLOCK - (size_t)got);
		r = host_pwrite_full(m->fd, bytes, (size_t)n * BLOCK, (off_t)(physical * BLOCK));
		if (r < 0)
			return work_fail(&m->work, r, "cannot write the disk: %s", strerror(-r));
		m->work.progress.content += (uint64_t)got;
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
		return work_fail(&m->work, -EFBIG, "%s is larger than ext4 keeps", show_name(m->name).text);
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
		r = copy_blocks(m, fd, first, last);
		if (r < 0)
			return r;
		done = last;
		at = to;
	}
	return 0;
}

/* --- entries ------------------------------------------------------------------------------------------------------------------ */

static uint8_t type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFDIR:
		return EXT2_FT_DIR;
	case S_IFLNK:
		return EXT2_FT_SYMLINK;
	case S_IFIFO:
		return EXT2_FT_FIFO;
	case S_IFSOCK:
		return EXT2_FT_SOCK;
	case S_IFCHR:
		return EXT2_FT_CHRDEV;
	case S_IFBLK:
		return EXT2_FT_BLKDEV;
	default:
		return EXT2_FT_REG_FILE;
	}
}

static void put_device(struct ext2_inode_large *inode, dev_t rdev)
{
	unsigned a = major(rdev), b = minor(rdev);

	if (a < 256 && b < 256)
		inode->i_block[0] = a << 8 | b;
	else
		inode->i_block[1] = (b & 0xff) | a << 8 | (b & ~0xffu) << 12;
}

static int write_link(struct image *m, int dir, const char *name, uint32_t ino, struct ext2_inode_large *inode)
{
	char target[BLOCK] = {0};
	ssize_t n = host_readlinkat(dir, name, target, sizeof(target));
	uint64_t physical;
	uint32_t got;
	int r;

	if (n < 0)
		return work_fail_on(&m->work, (int)n, "read", m->name);
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
	int fd CLEANUP(host_close_at) = guest_open(dir, name, st, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct ext2_inode_large inode;
	struct override o;
	int r = 0;

	if (fd < 0)
		return work_fail_on(&m->work, fd, "open", m->name);
	guest_owner(m->work.options->sidecar, fd, "", st, NULL, &o);
	describe(st, &o, &inode);
	*ret_type = type_of(o.mode);
	if (S_ISREG(o.mode)) {
		inode.i_size = (uint32_t)st->st_size;
		inode.i_size_high = (uint32_t)(st->st_size >> 32);
		inode.i_flags |= EXT4_EXTENTS_FL;
		r = copy_content(m, fd, st->st_size);
	} else if (S_ISCHR(o.mode) || S_ISBLK(o.mode)) {
		put_device(&inode, o.rdev);
	}
	if (r == 0)
		r = image_write_inode(m, ino, &inode);
	return r < 0 ? r : put_attributes(m, ino, fd, "", st, &o);
}

/* A link, FIFO or socket; or a device, where the host has one. */
static int add_other(struct image *m, int dir, const char *name, const struct stat *st, const struct override *parent,
		     uint32_t ino)
{
	struct ext2_inode_large inode;
	struct override o;
	int r;

	guest_owner(m->work.options->sidecar, dir, name, st, parent, &o);
	describe(st, &o, &inode);
	if (S_ISLNK(st->st_mode)) {
		r = write_link(m, dir, name, ino, &inode);
	} else {
		if (S_ISCHR(o.mode) || S_ISBLK(o.mode))
			put_device(&inode, o.rdev);
		r = image_write_inode(m, ino, &inode);
	}
	return r < 0 ? r : put_attributes(m, ino, dir, name, st, &o);
}

/* Another name for an inode that is there. */
static int add_name(struct image *m, uint32_t ino, uint8_t *ret_type)
{
	struct ext2_inode_large inode;
	errcode_t e = ext2fs_read_inode_full(m->fs, ino, (struct ext2_inode *)&inode, sizeof(inode));

	if (e == 0 && inode.i_links_count >= 65000)
		return work_fail(&m->work, -EMLINK, "%s has more names than ext4 allows", show_name(m->name).text);
	inode.i_links_count++;
	*ret_type = type_of(inode.i_mode);
	if (e == 0)
		e = ext2fs_write_inode_full(m->fs, ino, (struct ext2_inode *)&inode, sizeof(inode));
	return e != 0 ? image_fail(m, e, "a hard link") : 0;
}

static int add_subdirectory(struct image *m, int dir, const char *name, const struct stat *st, uint32_t ino,
			    uint32_t parent)
{
	int fd CLEANUP(host_close_at) = guest_open(dir, name, st, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return work_fail_on(&m->work, fd, "open", m->name);
	return tree(m, take_fd(&fd), ino, parent, st);
}

static int add_entry(struct image *m, int dir, uint32_t parent, const struct override *owner, struct image_entry *e)
{
	char text[16];
	const char *known;
	struct stat st;
	int r = 0;

	if (fstatat(dir, e->name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return work_fail_on(&m->work, -errno, "look at", m->name);
	m->work.progress.entries++;
	if (st.st_nlink > 1 && !S_ISDIR(st.st_mode)) {
		r = image_inode(m, parent, st.st_mode, &e->ino);
		snprintf(text, sizeof(text), "%u", e->ino);
		known = r == 0 ? links_find(&m->links, &st, text, &r) : NULL;
		if (r < 0)
			return work_fail(&m->work, r, "there is not enough memory");
		if (known != NULL) {
			ext2fs_inode_alloc_stats2(m->fs, e->ino, -1, 0);
			e->ino = (uint32_t)strtoul(known, NULL, 10);
			return add_name(m, e->ino, &e->type);
		}
	} else {
		r = image_inode(m, parent, st.st_mode, &e->ino);
	}
	e->type = type_of(st.st_mode);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode))
		return add_subdirectory(m, dir, e->name, &st, e->ino, parent);
	return S_ISREG(st.st_mode) ? add_file(m, dir, e->name, &st, e->ino, &e->type)
				   : add_other(m, dir, e->name, &st, owner, e->ino);
}

/* --- directories --------------------------------------------------------------------------------------------------------------- */

static struct image_entry *list_add(struct list *l, const char *name)
{
	if (l->count == l->room) {
		size_t room = l->room * 2 + 32;
		struct image_entry *more = realloc(l->entries, room * sizeof(*more));

		if (more == NULL)
			return NULL;
		l->entries = more;
		l->room = room;
	}
	l->entries[l->count] = (struct image_entry){0};
	(void)snprintf(l->entries[l->count].name, sizeof(l->entries[0].name), "%s", name);
	return &l->entries[l->count++];
}

/* Consumes fd. */
static int read_names(struct image *m, int fd, bool is_root, struct list *l)
{
	DIR *d = fdopendir(fd);
	struct dirent *e;

	if (d == NULL) {
		close(fd);
		return work_fail(&m->work, -ENOMEM, "there is not enough memory");
	}
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0 ||
		    (is_root && strcmp(e->d_name, "lost+found") == 0))
			continue;
		if (list_add(l, e->d_name) == NULL)
			break;
	}
	closedir(d);
	return e != NULL ? work_fail(&m->work, -ENOMEM, "there is not enough memory") : 0;
}

static int append_name(struct image *m, const char *name)
{
	size_t n = strlen(name);

	if (m->length + n + 2 > m->room) {
		size_t room = (m->length + n) * 2 + 256;
		char *more = realloc(m->name, room);

		if (more == NULL)
			return work_fail(&m->work, -ENOMEM, "there is not enough memory");
		m->name = more;
		m->room = room;
	}
	if (m->length > 0)
		m->name[m->length++] = '/';
	memcpy(m->name + m->length, name, n + 1);
	m->length += n;
	return 0;
}

/* fsck's own: the first inode that is free. */
static int add_lost_and_found(struct image *m, struct list *l)
{
	struct override o = {.mode = S_IFDIR | 0700};
	struct image_entry *e = list_add(l, "lost+found");
	struct ext2_inode_large inode;
	struct stat st = {0};
	int r;

	if (e == NULL)
		return work_fail(&m->work, -ENOMEM, "there is not enough memory");
	e->type = EXT2_FT_DIR;
	describe(&st, &o, &inode);
	r = image_inode(m, EXT2_ROOT_INO, S_IFDIR, &e->ino);
	return r < 0 ? r : image_write_directory(m, e->ino, EXT2_ROOT_INO, &inode, NULL, 0);
}

static int add_entries(struct image *m, int fd, uint32_t ino, const struct override *o, struct list *l, size_t from)
{
	size_t length = m->length;
	int r = 0;

	for (size_t i = from; r == 0 && i < l->count; i++) {
		r = append_name(m, l->entries[i].name);
		if (r == 0)
			r = add_entry(m, fd, ino, o, &l->entries[i]);
		if (r == 0)
			r = work_tick(&m->work);
		m->length = length;
	}
	return r;
}

/* A directory and what is below it. Consumes fd. */
static int tree(struct image *m, int fd, uint32_t ino, uint32_t parent, const struct stat *st)
{
	bool is_root = ino == EXT2_ROOT_INO;
	int own UNUSED CLEANUP(host_close_at) = fd;
	struct ext2_inode_large inode;
	struct list l = {0};
	struct override o;
	int r;

	guest_owner(m->work.options->sidecar, fd, "", st, NULL, &o);
	describe(st, &o, &inode);
	r = is_root ? add_lost_and_found(m, &l) : 0;
	if (r == 0)
		r = read_names(m, fcntl(fd, F_DUPFD_CLOEXEC, 3), is_root, &l);
	if (r == 0)
		r = add_entries(m, fd, ino, &o, &l, is_root ? 1 : 0);
	if (r == 0)
		r = image_write_directory(m, ino, parent, &inode, l.entries, l.count);
	if (r == 0)
		r = put_attributes(m, ino, fd, "", st, &o);
	free(l.entries);
	return r;
}

int ext4_write_tree(int dir, const char *path, uint64_t size, const struct archive_options *o, struct message *message)
{
	struct image m = {.fd = -1};
	struct stat st;
	int r;

	work_begin(&m.work, o, message);
	r = image_make(&m, path, size);
	if (r == 0 && fstat(dir, &st) < 0)
		r = work_fail(&m.work, -errno, "cannot look at the root directory: %s", strerror(errno));
	if (r == 0)
		r = append_name(&m, "");
	if (r == 0)
		r = tree(&m, fcntl(dir, F_DUPFD_CLOEXEC, 3), EXT2_ROOT_INO, EXT2_ROOT_INO, &st);
	if (r == 0)
		r = image_finish(&m);
	if (r == 0)
		r = work_end(&m.work);
	if (m.fs != NULL)
		ext2fs_free(m.fs);
	if (m.fd >= 0)
		close(m.fd);
	if (r < 0 && r != -EEXIST)
		(void)unlink(path);
	links_done(&m.links);
	guest_attributes_done(&m.attributes);
	free(m.extents);
	free(m.name);
	return r;
}
