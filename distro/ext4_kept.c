#include "distro/ext4_kept.h"

#include <errno.h>
#include <ext2fs/ext2_fs.h>
#include <stdio.h>
#include <sys/ioctl.h>

#include "distro/ext4.h"

/* <linux/fs.h> and <ext2fs/ext2_fs.h> both have these. */
#define GETFLAGS _IOR('f', 1, long)
#define SETFLAGS _IOW('f', 2, long)

/* What an owner without privileges may set, and what is the same everywhere. */
#define HOST_FLAGS ((uint32_t)(EXT2_SYNC_FL | EXT2_NODUMP_FL | EXT2_NOATIME_FL | EXT2_DIRSYNC_FL))

const uint32_t kept_flags = HOST_FLAGS | EXT2_SECRM_FL | EXT2_UNRM_FL | EXT2_IMMUTABLE_FL | EXT2_APPEND_FL |
			    EXT3_JOURNAL_DATA_FL | EXT2_NOTAIL_FL | EXT2_TOPDIR_FL | EXT4_PROJINHERIT_FL;

struct kept_inode kept_inode_read(const char *text)
{
	struct kept_inode k = {0};

	/* Anything else is none of ours. */
	if (text[0] != '\0' && sscanf(text, "flags=%x project=%u", &k.flags, &k.project) != 2)
		return (struct kept_inode){0};
	k.flags &= kept_flags;
	return k;
}

void kept_inode_print(const struct kept_inode *k, char *ret, size_t size)
{
	ret[0] = '\0';
	if (k->flags != 0 || k->project != 0)
		(void)snprintf(ret, size, "flags=%x project=%u", k->flags, k->project);
}

int kept_flags_of_host(int fd, uint32_t *flags)
{
	int host = 0;

	if (ioctl(fd, GETFLAGS, &host) < 0)
		return -errno;
	*flags |= (uint32_t)host & HOST_FLAGS;
	return 0;
}

void kept_flags_to_host(int fd, uint32_t *flags)
{
	uint32_t wanted = *flags & HOST_FLAGS;
	int host = 0;

	if (wanted == 0 || ioctl(fd, GETFLAGS, &host) < 0)
		return;
	host |= (int)wanted;
	if (ioctl(fd, SETFLAGS, &host) == 0 && ioctl(fd, GETFLAGS, &host) == 0)
		*flags &= ~((uint32_t)host & wanted);
}

void kept_clear_host(int fd)
{
	int host = 0;

	if (ioctl(fd, GETFLAGS, &host) < 0 || ((uint32_t)host & HOST_FLAGS) == 0)
		return;
	host &= (int)~HOST_FLAGS;
	(void)ioctl(fd, SETFLAGS, &host);
}

void ext4_spread(int dir)
{
	int host = 0;

	if (ioctl(dir, GETFLAGS, &host) < 0)
		return;
	host |= EXT2_TOPDIR_FL;
	(void)ioctl(dir, SETFLAGS, &host);
}
