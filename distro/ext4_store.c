/*
 * From an ext4 image to a store of version 1: files, and beside them what they are to guests, as archive_unpack.c keeps it. Files
 * with several names get one in a directory of their own first, so that the others are found without remembering any.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "base/instance.h"
#include "distro/archive_acl.h"
#include "distro/archive_owner.h"
#include "distro/ext4.h"
#include "distro/ext4_disk.h"
#include "distro/ext4_flush.h"
#include "distro/ext4_walk.h"
#include "distro/range_copy.h"

/* What the host writes for an entry itself. */
#define ENTRY_COST 1024

struct store {
	struct archive_work work;
	struct disk disk;
	struct owners owners;
	struct disk_attributes attributes;
	int links;        /* the directory of files with several names: each is called as its inode is */
	uint8_t *visited; /* directories, a bit each */
	uint64_t written;
	struct flusher flusher;
	bool by_hand; /* copy_file_range is of no use here */
};

static int directory(struct store *s, int *dir, const struct disk_inode *inode, unsigned depth);

static int failed(struct store *s, const char *what)
{
	return work_fail_on(&s->work, -errno, what, s->disk.path.text);
}

/* --- inodes ----------------------------------------------------------------------------------------------------------------------- */

/* The inode as an archive's entry would say it. */
static int describe(struct store *s, const struct disk_inode *i, struct tar_entry *ret, struct override *ret_want)
{
	int r = disk_attributes(&s->disk, i, &s->attributes);

	*ret = (struct tar_entry){.name = s->disk.path.text,
				  .link = "",
				  .mode = i->mode,
				  .uid = i->uid,
				  .gid = i->gid,
				  .size = i->size,
				  .mtime = i->mtime,
				  .attributes = s->attributes.list,
				  .attribute_count = s->attributes.count};
	if (r < 0)
		return r;
	owner_plain(ret, ret_want);
	ret_want->rdev = i->rdev;
	return 0;
}

/* fd, or, with a name, what is in the directory fd. */
static int keep_rest(struct store *s, int fd, const char *name, const struct disk_inode *i)
{
	struct kept_inode kept = i->kept;
	char text[GUEST_INODE_MAX];

	if (name[0] == '\0')
		kept_flags_to_host(fd, &kept.flags);
	kept_inode_print(&kept, text, sizeof(text));
	if (text[0] != '\0')
		owner_put_inode(&s->owners, fd, name, text);
	if (s->owners.lost_attributes > 0 || s->owners.lost_owners > 0)
		return work_fail(&s->work, -ENOTSUP,
				 "owner or attributes of %s cannot be kept on the host's file system",
				 show_name(s->disk.path.text).text);
	return 0;
}

/* A second name for it, by which the others find it. */
static int remember(struct store *s, int dir, const char *name, const struct disk_inode *i)
{
	char number[16];

	if (i->links < 2)
		return 0;
	snprintf(number, sizeof(number), "%u", i->ino);
	return linkat(dir, name, s->links, number, 0) < 0 ? failed(s, "link") : 0;
}

/* True if it is one of a file with several that is there already: then this one has been made. */
static int link_known(struct store *s, int dir, const char *name, const struct disk_inode *i)
{
	char number[16];

	if (i->links < 2)
		return 0;
	snprintf(number, sizeof(number), "%u", i->ino);
	if (linkat(s->links, number, dir, name, 0) == 0)
		return 1;
	return errno == ENOENT ? 0 : failed(s, "link");
}

/* --- files ------------------------------------------------------------------------------------------------------------------------ */

struct writing {
	struct store *s;
	int fd;
};

static int count_written(struct store *s, size_t n)
{
	s->work.progress.content += n;
	flush_written(&s->flusher, n);
	/* Files that share blocks could be larger than any disk. */
	s->written += n;
	if (s->written > ext2fs_blocks_count(s->disk.fs->super) * s->disk.block_size)
		return disk_bad(&s->disk, "more content than the disk has room for");
	return work_tick(&s->work);
}

static int write_piece(void *context, uint64_t at, const void *bytes, size_t n)
{
	struct writing *w = context;
	int r = host_pwrite_full(w->fd, bytes, n, (off_t)at);

	return r < 0 ? work_fail_on(&w->s->work, r, "write", w->s->disk.path.text) : count_written(w->s, n);
}

static int write_range(void *context, uint64_t at, uint64_t where, uint64_t n)
{
	struct writing *w = context;
	int r = 0;

	while (r == 0 && n > 0) {
		size_t some = n < RANGE_MAX ? (size_t)n : RANGE_MAX;

		r = range_copy(w->s->disk.fd, (off_t)where, w->fd, (off_t)at, some, &w->s->by_hand);
		r = r < 0 ? work_fail_on(&w->s->work, r, "write", w->s->disk.path.text) : count_written(w->s, some);
		at += some;
		where += some;
		n -= some;
	}
	return r;
}

static int write_content(struct store *s, int fd, const struct disk_inode *i)
{
	struct writing w = {.s = s, .fd = fd};

	/* Its size first: what is not written is a hole. */
	if (i->size > 0 && ftruncate(fd, (off_t)i->size) < 0)
		return failed(s, "write");
	return disk_content(&s->disk, i, write_piece, write_range, &w);
}

static int make_file(struct store *s, int dir, const char *name, const struct disk_inode *i)
{
	int fd CLEANUP(host_close_at) = -1;
	struct override want;
	struct tar_entry e;
	int r = describe(s, i, &e, &want);

	if (r < 0)
		return r;
	fd = openat(dir, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC,
		    owner_mode_to_make(&s->owners, &want));
	if (fd < 0)
		return failed(s, "make");
	if (S_ISREG(i->mode))
		r = write_content(s, fd, i);
	else
		s->owners.devices = true;
	if (r == 0)
		r = owner_apply(&s->owners, fd, true, &e, &want);
	if (r == 0)
		r = remember(s, dir, name, i);
	if (r == 0)
		r = keep_rest(s, fd, "", i);
	if (r == 0 && futimens(fd, (struct timespec[]){i->atime, i->mtime}) < 0)
		r = failed(s, "set the time of");
	if (r < 0)
		return r;
	/* Some file systems say only now that there was no space. */
	return close(take_fd(&fd)) < 0 && errno != EINTR ? failed(s, "write") : 0;
}

/* --- what has no content ---------------------------------------------------------------------------------------------------------- */

static int make_link_node(struct store *s, int dir, const char *name, const struct disk_inode *i)
{
	char target[DISK_LINK_MAX + 1];
	int r = disk_link(&s->disk, i, target);

	if (r < 0)
		return r;
	return symlinkat(target, dir, name) < 0 ? failed(s, "make") : 0;
}

static int make_other(struct store *s, int dir, const char *name, const struct disk_inode *i)
{
	struct override want;
	struct tar_entry e;
	mode_t mode;
	int r = describe(s, i, &e, &want);

	if (r < 0)
		return r;
	mode = override_host_mode(want.mode, false);
	if (S_ISLNK(i->mode))
		r = make_link_node(s, dir, name, i);
	else if (mknodat(dir, name, (want.mode & S_IFMT) | mode, 0) < 0 || fchmodat(dir, name, mode, 0) < 0)
		r = failed(s, "make");
	if (r == 0)
		r = owner_apply_special(&s->owners, dir, name, &e, &want);
	if (r < 0)
		return r;
	owner_special_attributes(&s->owners, dir, name, &e);
	r = keep_rest(s, dir, name, i);
	if (r == 0)
		r = remember(s, dir, name, i);
	if (r == 0 && utimensat(dir, name, (struct timespec[]){i->atime, i->mtime}, AT_SYMLINK_NOFOLLOW) < 0)
		r = failed(s, "set the time of");
	return r;
}

/* --- directories ------------------------------------------------------------------------------------------------------------------- */

/* A directory is in one place only: a disk that says otherwise would never end. */
static int visit(struct store *s, uint32_t ino)
{
	uint8_t bit = (uint8_t)(1 << (ino & 7));

	if ((s->visited[ino >> 3] & bit) != 0)
		return disk_bad(&s->disk, "a second place for a directory in it");
	s->visited[ino >> 3] |= bit;
	return 0;
}

/* The one that we have made ourselves: empty, nobody's, of no time. */
static bool is_own_lost_and_found(const struct disk_inode *i)
{
	return S_ISDIR(i->mode) && i->mode == (S_IFDIR | 0700) && i->uid == 0 && i->gid == 0 && i->links == 2 &&
	       i->mtime.tv_sec == 0 && i->mtime.tv_nsec == 0;
}

bool ext4_is_own(struct disk *d, const char *name, const struct disk_inode *i, unsigned depth)
{
	struct names n = {0};
	bool empty;

	if (depth > 0 || strcmp(name, WALK_LOST_AND_FOUND) != 0 || !is_own_lost_and_found(i))
		return false;
	empty = disk_names(d, i, &n) == 0 && n.count == 0;
	names_done(&n);
	return empty;
}

static int make_directory(struct store *s, int *dir, const char *name, const struct disk_inode *i, unsigned depth)
{
	int fd CLEANUP(host_close_at) = -1;
	int r = visit(s, i->ino);

	if (r < 0)
		return r;
	if (mkdirat(*dir, name, 0700) < 0)
		return failed(s, "make");
	fd = openat(*dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return failed(s, "open");
	tree_down(dir, depth);
	r = directory(s, &fd, i, depth + 1);
	if (r == 0 && tree_up(dir, fd, depth) < 0)
		r = failed(s, "open what is above");
	return r;
}

static int make_entry(struct store *s, int *dir, uint32_t ino, const char *name, unsigned depth)
{
	struct disk_inode i;
	int r = disk_inode(&s->disk, ino, &i);

	if (r < 0 || ext4_is_own(&s->disk, name, &i, depth))
		return r;
	s->work.progress.entries++;
	flush_written(&s->flusher, ENTRY_COST);
	if (S_ISDIR(i.mode))
		return make_directory(s, dir, name, &i, depth);
	r = link_known(s, *dir, name, &i);
	if (r != 0)
		return r < 0 ? r : 0;
	return S_ISREG(i.mode) || S_ISCHR(i.mode) || S_ISBLK(i.mode) ? make_file(s, *dir, name, &i)
								     : make_other(s, *dir, name, &i);
}

static int make_entries(struct store *s, int *dir, const struct names *n, unsigned depth)
{
	size_t length = s->disk.path.length;
	int r = 0;

	for (size_t k = 0; r == 0 && k < n->count; k++) {
		const char *name = names_text(n, &n->list[k]);

		if (tree_path_add(&s->disk.path, name) < 0)
			return work_fail(&s->work, -ENOMEM, "there is not enough memory");
		r = make_entry(s, dir, n->list[k].ino, name, depth);
		if (r == 0)
			r = work_tick(&s->work);
		/* Who failed deep down is named. */
		if (r == 0)
			tree_path_cut(&s->disk.path, length);
	}
	return r;
}

/* Whose it is first, which links in it are told by; flags, which would be handed down, and times when all is in it. */
static int directory(struct store *s, int *dir, const struct disk_inode *inode, unsigned depth)
{
	struct names n = {0};
	struct override want;
	struct tar_entry e;
	int r;

	if (depth > WALK_DEPTH_MAX)
		return work_fail(&s->work, -ELOOP, "%s is deeper than %u directories",
				 show_name(s->disk.path.text).text, WALK_DEPTH_MAX);
	r = describe(s, inode, &e, &want);
	if (r == 0)
		r = owner_apply(&s->owners, *dir, false, &e, &want);
	if (r == 0)
		r = disk_names(&s->disk, inode, &n);
	if (r == 0)
		r = make_entries(s, dir, &n, depth);
	names_done(&n);
	if (r == 0)
		r = keep_rest(s, *dir, "", inode);
	if (r == 0 && depth == 0 && s->owners.devices && !s->owners.no_attributes &&
	    fsetxattr(*dir, INSTANCE_DEVICES_ATTRIBUTE, "", 0, 0) < 0)
		r = failed(s, "note device nodes on");
	if (r == 0 && futimens(*dir, (struct timespec[]){inode->atime, inode->mtime}) < 0)
		r = failed(s, "set the time of");
	return r;
}

/* --- all of it -------------------------------------------------------------------------------------------------------------------- */

static int begin(struct store *s, int dir, int links)
{
	const struct archive_options *o = s->work.options;
	struct stat st;
	mode_t mask = umask(0);

	(void)umask(mask);
	if (fstat(dir, &st) < 0)
		return failed(s, "look at");
	s->owners = (struct owners){.work = &s->work, .umask = mask, .sidecar = o->sidecar, .device = st.st_dev};
	s->owners.exact = true;
	s->links = links;
	s->visited = calloc(1, (size_t)s->disk.fs->super->s_inodes_count / 8 + 1);
	if (s->visited == NULL)
		return work_fail(&s->work, -ENOMEM, "there is not enough memory");
	/* What the place where it is made would hand down. */
	(void)fremovexattr(dir, ACL_DEFAULT_ATTRIBUTE);
	kept_clear_host(dir);
	return visit(s, EXT2_ROOT_INO);
}

int ext4_read_tree(const char *path, int dir, int links, const struct archive_options *o, struct message *message)
{
	struct store s = {.links = -1};
	int fd CLEANUP(host_close_at) = fcntl(dir, F_DUPFD_CLOEXEC, 3);
	struct disk_inode root;
	int r;

	work_begin(&s.work, o, message);
	r = disk_open(&s.disk, path, &s.work);
	if (r == 0)
		r = begin(&s, dir, links);
	if (r == 0)
		r = disk_inode(&s.disk, EXT2_ROOT_INO, &root);
	if (r == 0 && !S_ISDIR(root.mode))
		r = disk_bad(&s.disk, "no directory");
	flush_begin(&s.flusher, dir, true);
	if (r == 0)
		r = directory(&s, &fd, &root, 0);
	flush_end(&s.flusher);
	if (r == 0)
		r = work_end(&s.work);
	disk_attributes_done(&s.attributes);
	free(s.visited);
	disk_close(&s.disk);
	return r;
}
