#include "distro/ext4_disk.h"

#include <errno.h>
#include <et/com_err.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/host.h"

#define NAME_MAX_BYTES 255

int disk_bad(struct disk *d, const char *what)
{
	return work_fail(d->work, -EBADMSG, "the disk is damaged: %s has %s",
			 d->path.length > 0 ? show_name(d->path.text).text : "its root directory", what);
}

static int no_memory(struct disk *d)
{
	return work_fail(d->work, -ENOMEM, "there is not enough memory");
}

/* --- the file system ---------------------------------------------------------------------------------------------------------- */

static int check_features(struct disk *d)
{
	const struct ext2_super_block *s = d->fs->super;
	const uint32_t known = EXT2_FEATURE_INCOMPAT_FILETYPE | EXT3_FEATURE_INCOMPAT_EXTENTS |
			       EXT4_FEATURE_INCOMPAT_64BIT | EXT4_FEATURE_INCOMPAT_FLEX_BG |
			       EXT4_FEATURE_INCOMPAT_EA_INODE | EXT4_FEATURE_INCOMPAT_LARGEDIR |
			       EXT4_FEATURE_INCOMPAT_INLINE_DATA | EXT2_FEATURE_INCOMPAT_META_BG |
			       EXT4_FEATURE_INCOMPAT_CSUM_SEED | EXT4_FEATURE_INCOMPAT_MMP;

	if (ext2fs_has_feature_journal_needs_recovery(d->fs->super))
		return work_fail(d->work, -EBUSY, "the disk was not closed: its journal is still to be replayed");
	if ((s->s_feature_incompat & ~known) != 0)
		return work_fail(d->work, -EPROTONOSUPPORT,
				 "the disk has features that lxrun cannot read (encryption, case folding or others)");
	return 0;
}

int disk_open(struct disk *d, const char *path, struct archive_work *w)
{
	errcode_t e;

	*d = (struct disk){.work = w, .fd = -1};
	(void)initialize_ext2_error_table();
	d->piece = malloc(DISK_PIECE);
	if (d->piece == NULL || tree_path_add(&d->path, "") < 0)
		return no_memory(d);
	d->fd = open(path, O_RDONLY | O_CLOEXEC);
	if (d->fd < 0)
		return work_fail(w, -errno, "cannot open the disk '%.300s': %s", path, strerror(errno));
	e = ext2fs_open(path, EXT2_FLAG_64BITS, 0, 0, unix_io_manager, &d->fs);
	if (e != 0)
		return work_fail(w, -EINVAL, "'%.300s' is no ext4 disk: %s", path, error_message(e));
	d->block_size = d->fs->blocksize;
	return check_features(d);
}

void disk_close(struct disk *d)
{
	if (d->fs != NULL)
		ext2fs_free(d->fs);
	if (d->fd >= 0)
		close(d->fd);
	free(d->piece);
	tree_path_done(&d->path);
	*d = (struct disk){.fd = -1};
}

/* --- inodes -------------------------------------------------------------------------------------------------------------------- */

static struct timespec time_of(const struct disk_inode *i, uint32_t seconds, uint32_t extra, size_t end)
{
	struct timespec t = {.tv_sec = (int32_t)seconds};

	if (end > EXT2_GOOD_OLD_INODE_SIZE + (size_t)i->raw.i_extra_isize)
		return t;
	t.tv_sec += (int64_t)(extra & 3) << 32;
	t.tv_nsec = extra >> 2;
	if (t.tv_nsec >= 1000000000)
		t.tv_nsec = 999999999;
	return t;
}

#define END_OF(field) (offsetof(struct ext2_inode_large, field) + sizeof(((struct ext2_inode_large *)0)->field))

static dev_t device_of(const struct ext2_inode_large *raw)
{
	uint32_t a = raw->i_block[0], b = raw->i_block[1];

	if (a != 0)
		return makedev(a >> 8 & 0xff, a & 0xff);
	return makedev(b >> 8 & 0xfff, (b & 0xff) | (b >> 12 & 0xfff00));
}

static bool is_type(mode_t mode)
{
	return S_ISREG(mode) || S_ISDIR(mode) || S_ISLNK(mode) || S_ISFIFO(mode) || S_ISSOCK(mode) || S_ISCHR(mode) ||
	       S_ISBLK(mode);
}

static int check_inode(struct disk *d, const struct disk_inode *i)
{
	if (!is_type(i->mode) || i->links == 0)
		return disk_bad(d, "no inode that is in use");
	if ((i->raw.i_flags & (EXT4_ENCRYPT_FL | EXT4_VERITY_FL | EXT4_CASEFOLD_FL)) != 0)
		return work_fail(d->work, -EPROTONOSUPPORT, "%s is encrypted, verified or case-folded",
				 show_name(d->path.text).text);
	if (S_ISREG(i->mode) && i->size > (uint64_t)INT64_MAX)
		return disk_bad(d, "an impossible size");
	return 0;
}

int disk_inode(struct disk *d, uint32_t ino, struct disk_inode *ret)
{
	struct ext2_inode_large *raw = &ret->raw;
	errcode_t e;

	*ret = (struct disk_inode){.ino = ino};
	if (ino == 0 || ino > d->fs->super->s_inodes_count ||
	    (ino < EXT2_FIRST_INODE(d->fs->super) && ino != EXT2_ROOT_INO))
		return disk_bad(d, "no inode");
	e = ext2fs_read_inode_full(d->fs, ino, (struct ext2_inode *)raw, sizeof(*raw));
	if (e != 0)
		return disk_bad(d, error_message(e));
	if (d->fs->super->s_inode_size <= EXT2_GOOD_OLD_INODE_SIZE || raw->i_extra_isize > 128)
		raw->i_extra_isize = 0;
	ret->mode = raw->i_mode;
	ret->uid = raw->i_uid | (uint32_t)raw->osd2.linux2.l_i_uid_high << 16;
	ret->gid = raw->i_gid | (uint32_t)raw->osd2.linux2.l_i_gid_high << 16;
	ret->links = raw->i_links_count;
	ret->size = EXT2_I_SIZE(raw);
	ret->atime = time_of(ret, raw->i_atime, raw->i_atime_extra, END_OF(i_atime_extra));
	ret->mtime = time_of(ret, raw->i_mtime, raw->i_mtime_extra, END_OF(i_mtime_extra));
	ret->kept.flags = raw->i_flags & kept_flags;
	if (ext2fs_has_feature_project(d->fs->super) &&
	    END_OF(i_projid) <= EXT2_GOOD_OLD_INODE_SIZE + (size_t)raw->i_extra_isize)
		ret->kept.project = raw->i_projid;
	if (S_ISCHR(ret->mode) || S_ISBLK(ret->mode))
		ret->rdev = device_of(raw);
	return check_inode(d, ret);
}

/* --- directories --------------------------------------------------------------------------------------------------------------- */

struct listing {
	struct disk *d;
	struct names *names;
	uint64_t steps, most;
	int status;
};

static int take_name(ext2_ino_t dir, int entry, struct ext2_dir_entry *e, int offset, int block_size, char *buf,
		     void *context)
{
	struct listing *l = context;
	size_t n = (size_t)ext2fs_dirent_name_len(e);
	struct name *name;

	(void)dir;
	(void)entry;
	(void)offset;
	(void)block_size;
	(void)buf;
	if (l->steps++ > l->most)
		l->status = disk_bad(l->d, "more entries than there is room for");
	else if (e->inode == 0 || (n == 1 && e->name[0] == '.') || (n == 2 && e->name[0] == '.' && e->name[1] == '.'))
		return 0;
	else if (n == 0 || n > NAME_MAX_BYTES || memchr(e->name, '/', n) != NULL || memchr(e->name, '\0', n) != NULL)
		l->status = disk_bad(l->d, "an impossible name in it");
	else if (names_add(l->names, e->name, n, &name) < 0)
		l->status = no_memory(l->d);
	else
		name->ino = e->inode;
	return l->status < 0 ? DIRENT_ABORT : 0;
}

int disk_names(struct disk *d, const struct disk_inode *inode, struct names *ret)
{
	struct listing l = {.d = d, .names = ret};
	errcode_t e;

	/* An entry has 12 bytes at least, and a block is nobody else's. */
	l.most = ext2fs_blocks_count(d->fs->super) * d->block_size / 12;
	if (l.most > inode->size / 12 + 1)
		l.most = inode->size / 12 + 1;
	e = ext2fs_dir_iterate2(d->fs, inode->ino, 0, NULL, take_name, &l);
	if (l.status < 0)
		return l.status;
	return e != 0 ? disk_bad(d, error_message(e)) : 0;
}

/* --- attributes ------------------------------------------------------------------------------------------------------------------ */

void disk_attributes_clear(struct disk_attributes *a)
{
	for (size_t i = 0; i < a->count; i++) {
		free((void *)(uintptr_t)a->list[i].name);
		free((void *)(uintptr_t)a->list[i].value);
	}
	a->count = 0;
}

void disk_attributes_done(struct disk_attributes *a)
{
	disk_attributes_clear(a);
	free(a->list);
	*a = (struct disk_attributes){0};
}

/* Lists of libext2fs have names only that are sure to be right; values come in the kernel's form when they are asked for. */
static int take_attribute(char *name, char *value, size_t size, void *context)
{
	struct disk_attributes *a = context;

	(void)value;
	(void)size;
	/* What is there for inline data is content. */
	if (strcmp(name, "system.data") == 0)
		return 0;
	if (a->count == a->room) {
		size_t room = a->room * 2 + 8;
		struct tar_attribute *more = realloc(a->list, room * sizeof(*more));

		if (more == NULL)
			return XATTR_ABORT;
		a->list = more;
		a->room = room;
	}
	a->list[a->count] = (struct tar_attribute){.name = strdup(name)};
	if (a->list[a->count].name == NULL)
		return XATTR_ABORT;
	a->count++;
	return 0;
}

static int read_values(struct disk *d, struct ext2_xattr_handle *h, struct disk_attributes *a)
{
	for (size_t i = 0; i < a->count; i++) {
		void *value = NULL;
		size_t size = 0;
		errcode_t e = ext2fs_xattr_get(h, a->list[i].name, &value, &size);

		if (e != 0)
			return disk_bad(d, "an attribute that cannot be read");
		a->list[i].value = value;
		a->list[i].size = size;
	}
	return 0;
}

int disk_attributes(struct disk *d, const struct disk_inode *inode, struct disk_attributes *ret)
{
	struct ext2_xattr_handle *h;
	size_t count = 0;
	errcode_t e;
	int r = 0;

	disk_attributes_clear(ret);
	/* Most have none: neither a block of them nor any in the inode. */
	if (inode->raw.i_file_acl == 0 && inode->raw.osd2.linux2.l_i_file_acl_high == 0 &&
	    inode->raw.i_extra_isize == 0)
		return 0;
	e = ext2fs_xattrs_open(d->fs, inode->ino, &h);
	if (e != 0)
		return disk_bad(d, error_message(e));
	e = ext2fs_xattrs_read(h);
	if (e == 0)
		e = ext2fs_xattrs_iterate(h, take_attribute, ret);
	if (e == 0)
		e = ext2fs_xattrs_count(h, &count);
	if (e != 0)
		r = disk_bad(d, error_message(e));
	else if (count > ret->count + 1)
		r = no_memory(d);
	else
		r = read_values(d, h, ret);
	(void)ext2fs_xattrs_close(&h);
	return r;
}
