/* What a file of a store says of itself, as an inode of an image: owner, times, device, flags, attributes. */
#include <errno.h>
#include <linux/fs.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sysmacros.h>
#include <time.h>

#include "distro/archive_acl.h"
#include "distro/ext4_image.h"
#include "distro/ext4_kept.h"

/* Seconds that 34 bits, of which the lowest 32 are signed, can say. */
#define SECONDS_MIN (-(INT64_C(1) << 31))
#define SECONDS_MAX ((INT64_C(1) << 34) - (INT64_C(1) << 31) - 1)
#define MAJOR_MAX   0xfffu
#define MINOR_MAX   0xfffffu

/* Seconds beyond 2038 and nanoseconds, as ext4 keeps them in the second half of an inode. */
static uint32_t extra_of(const struct timespec *t)
{
	return (uint32_t)t->tv_nsec << 2 | ((uint32_t)((t->tv_sec - (int32_t)t->tv_sec) >> 32) & 3);
}

static bool fits(const struct timespec *t)
{
	return t->tv_sec >= SECONDS_MIN && t->tv_sec <= SECONDS_MAX;
}

int inode_describe(struct image *m, const struct stat *st, const struct override *o, struct ext2_inode_large *ret)
{
	struct timespec now;

	if (!fits(&st->st_mtim) || !fits(&st->st_atim))
		return work_fail(&m->work, -ERANGE, "the time of %s is none that ext4 keeps",
				 show_name(m->path.text).text);
	if ((S_ISCHR(o->mode) || S_ISBLK(o->mode)) && (major(o->rdev) > MAJOR_MAX || minor(o->rdev) > MINOR_MAX))
		return work_fail(&m->work, -ERANGE, "the device number of %s is none that ext4 keeps",
				 show_name(m->path.text).text);
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
	if (S_ISCHR(o->mode) || S_ISBLK(o->mode))
		inode_put_device(ret, o->rdev);
	return 0;
}

void inode_put_device(struct ext2_inode_large *inode, dev_t rdev)
{
	unsigned a = major(rdev), b = minor(rdev);

	if (a < 256 && b < 256)
		inode->i_block[0] = a << 8 | b;
	else
		inode->i_block[1] = (b & 0xff) | a << 8 | (b & ~0xffu) << 12;
}

uint8_t inode_type(mode_t mode)
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

/* --- flags and attributes ------------------------------------------------------------------------------------------------------- */

int inode_read_attributes(struct image *m, int fd, const char *name, const struct stat *st, const struct override *o,
			  struct ext2_inode_large *inode)
{
	struct guest_attributes *a = &m->attributes;
	struct kept_inode kept;
	int r;

	a->exact = true;
	r = guest_attributes_read(a, m->work.options->sidecar, fd, name, st, o);
	if (r < 0)
		return work_fail_on(&m->work, r, "read the attributes of", m->path.text);
	kept = kept_inode_read(a->inode);
	if (name[0] == '\0' && !m->no_flags)
		m->no_flags = kept_flags_of_host(fd, &kept.flags) < 0;
	inode->i_flags |= kept.flags;
	inode->i_projid = kept.project;
	if (kept.project != 0)
		ext2fs_set_feature_project(m->fs->super);
	return 0;
}

static int put_attribute(struct image *m, struct ext2_xattr_handle *h, const char *name, const void *value, size_t size)
{
	errcode_t e = ext2fs_xattr_set(h, name, value, size);

	/* Values that find no room with the inode can have inodes of their own. */
	if (e == EXT2_ET_EA_NO_SPACE && !ext2fs_has_feature_ea_inode(m->fs->super)) {
		ext2fs_set_feature_ea_inode(m->fs->super);
		e = ext2fs_xattr_set(h, name, value, size);
	}
	if (e == EXT2_ET_EA_NO_SPACE)
		return work_fail(&m->work, -ENOSPC, "the attributes of %s are larger than ext4 keeps",
				 show_name(m->path.text).text);
	return e != 0 ? image_fail(m, e, "an attribute") : 0;
}

static int put_acl(struct image *m, struct ext2_xattr_handle *h, const char *name, const char *text)
{
	struct acl a;
	long n = text != NULL ? acl_from_text(text, &a, ACL_VALUE_MAX) : 0;

	return n > 0 ? put_attribute(m, h, name, &a, (size_t)n) : 0;
}

int inode_put_attributes(struct image *m, uint32_t ino)
{
	struct guest_attributes *a = &m->attributes;
	struct ext2_xattr_handle *h;
	errcode_t e;
	int r;

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
