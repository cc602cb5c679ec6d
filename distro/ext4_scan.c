/* What moving a tree or a disk will take, and what of it could not be moved: before anything is written. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_acl.h"
#include "distro/ext4.h"
#include "distro/ext4_disk.h"
#include "distro/ext4_image.h"
#include "distro/ext4_walk.h"

#define BLOCK 4096
/* Of an image without files: tables, the journal's first block, the root directory. */
#define IMAGE_SPACE (UINT64_C(32) << 20)
#define INODE_SPACE 256
#define LINKS_MAX   65000
/* Names of attributes that take so much cannot be too many for a block, whose values may have inodes of their own. */
#define NAMES_FIT  1000
#define NAMES_MAX  (BLOCK - 64)
#define ENTRY_SIZE 16
/* Of all, which has to fit into memory, and of each file, whose reader is ahead of itself from there. */
#define READ_AHEAD      (UINT64_C(512) << 20)
#define READ_AHEAD_FILE (1 << 20)

struct scan {
	struct image image; /* only its work, path and attributes are used */
	struct disk disk;
	struct disk_attributes attributes;
	struct ext4_needs needs;
	uint8_t *visited;
};

static int no_memory(struct archive_work *w)
{
	return work_fail(w, -ENOMEM, "there is not enough memory");
}

static uint64_t blocks_of(uint64_t bytes)
{
	return (bytes + BLOCK - 1) / BLOCK * BLOCK;
}

/* --- a tree ------------------------------------------------------------------------------------------------------------------------ */

static int scan_tree(struct scan *s, int *dir, unsigned depth);

static int check_attributes(struct scan *s, int fd)
{
	struct archive_work *w = &s->image.work;
	ssize_t n = flistxattr(fd, NULL, 0);
	size_t used = 0;
	char *names;

	if (n <= NAMES_FIT)
		return 0;
	s->needs.space += BLOCK;
	names = malloc((size_t)n);
	if (names == NULL)
		return no_memory(w);
	n = flistxattr(fd, names, (size_t)n);
	for (ssize_t i = 0; i < n; i += (ssize_t)strlen(names + i) + 1)
		used += ENTRY_SIZE + strlen(names + i);
	free(names);
	return used <= NAMES_MAX ? 0
				 : work_fail(w, -E2BIG, "%s has more attributes than ext4 keeps",
					     show_name(s->image.path.text).text);
}

static int scan_file(struct scan *s, int dir, const char *name, const struct stat *st)
{
	int fd CLEANUP(host_close_at) = tree_open(dir, name, st, O_RDONLY | O_NONBLOCK);
	uint64_t used = (uint64_t)st->st_blocks * 512, size = (uint64_t)st->st_size;

	if (fd < 0)
		return work_fail_on(&s->image.work, fd, "open", s->image.path.text);
	if (st->st_size > (off_t)UINT32_MAX * BLOCK)
		return work_fail(&s->image.work, -EFBIG, "%s is larger than ext4 keeps",
				 show_name(s->image.path.text).text);
	/* What is compressed on the host, or in its inodes, takes more. */
	if (used < size && lseek(fd, 0, SEEK_HOLE) == st->st_size)
		used = size;
	used = used < size ? used : size;
	/* It is read soon: a disk that has all of it to do at once is faster. */
	if (s->needs.content < READ_AHEAD)
		(void)posix_fadvise(fd, 0, READ_AHEAD_FILE, POSIX_FADV_WILLNEED);
	/* Each of its names counts. */
	s->needs.content += used / st->st_nlink;
	s->needs.space += blocks_of(used) / st->st_nlink;
	return check_attributes(s, fd);
}

static int scan_entry(struct scan *s, int *dir, const char *name, unsigned depth)
{
	struct ext2_inode_large inode;
	struct override o = {0};
	struct stat st;
	int fd, r;

	if (fstatat(*dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return work_fail_on(&s->image.work, -errno, "look at", s->image.path.text);
	s->needs.entries++;
	s->image.work.progress.entries++;
	s->needs.space += INODE_SPACE + strlen(name) + 16;
	o.mode = st.st_mode;
	r = inode_describe(&s->image, &st, &o, &inode);
	if (r < 0)
		return r;
	if (S_ISDIR(st.st_mode)) {
		fd = tree_open(*dir, name, &st, O_RDONLY | O_DIRECTORY);
		if (fd < 0)
			return work_fail_on(&s->image.work, fd, "open", s->image.path.text);
		tree_down(dir, depth);
		r = scan_tree(s, &fd, depth + 1);
		if (r == 0 && tree_up(dir, fd, depth) < 0)
			r = work_fail_on(&s->image.work, -errno, "open what is above", s->image.path.text);
		close(fd);
		return r;
	}
	if (st.st_nlink > LINKS_MAX)
		return work_fail(&s->image.work, -EMLINK, "%s has more names than ext4 allows",
				 show_name(s->image.path.text).text);
	if (S_ISREG(st.st_mode))
		return scan_file(s, *dir, name, &st);
	s->needs.space += S_ISLNK(st.st_mode) ? BLOCK : 0;
	return 0;
}

static int scan_tree(struct scan *s, int *dir, unsigned depth)
{
	size_t length = s->image.path.length;
	struct names n = {0};
	int r;

	if (depth > WALK_DEPTH_MAX)
		return work_fail(&s->image.work, -ELOOP, "%s is deeper than %u directories",
				 show_name(s->image.path.text).text, WALK_DEPTH_MAX);
	s->needs.space += (uint64_t)2 * BLOCK;
	r = tree_names(*dir, &n);
	if (r < 0)
		r = work_fail_on(&s->image.work, r, "read", s->image.path.text);
	if (r == 0)
		r = check_attributes(s, *dir);
	for (size_t i = 0; r == 0 && i < n.count; i++) {
		if (tree_path_add(&s->image.path, names_text(&n, &n.list[i])) < 0)
			r = no_memory(&s->image.work);
		else
			r = scan_entry(s, dir, names_text(&n, &n.list[i]), depth);
		if (r == 0)
			r = work_tick(&s->image.work);
		tree_path_cut(&s->image.path, length);
	}
	names_done(&n);
	return r;
}

int ext4_scan_tree(int dir, const struct archive_options *o, struct ext4_needs *ret, struct message *message)
{
	struct scan s = {.needs.space = IMAGE_SPACE};
	int fd CLEANUP(host_close_at) = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	work_begin(&s.image.work, o, message);
	if (fd < 0)
		r = work_fail(&s.image.work, -errno, "cannot look at the root directory: %s", strerror(errno));
	if (r == 0 && tree_path_add(&s.image.path, "") < 0)
		r = no_memory(&s.image.work);
	if (r == 0)
		r = scan_tree(&s, &fd, 0);
	tree_path_done(&s.image.path);
	if (r == 0)
		*ret = s.needs;
	return r;
}

/* --- a disk ------------------------------------------------------------------------------------------------------------------------- */

static int scan_directory(struct scan *s, const struct disk_inode *i, unsigned depth);

static bool is_kept(const char *name)
{
	return strncmp(name, "user.", 5) == 0 || strncmp(name, "trusted.", 8) == 0 ||
	       strncmp(name, "security.", 9) == 0 || strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0 ||
	       strcmp(name, ACL_DEFAULT_ATTRIBUTE) == 0;
}

static int scan_inode(struct scan *s, const struct disk_inode *i)
{
	int r = disk_attributes(&s->disk, i, &s->attributes);

	if (r < 0)
		return r;
	for (size_t k = 0; k < s->attributes.count; k++) {
		if (!is_kept(s->attributes.list[k].name))
			return work_fail(s->disk.work, -ENOTSUP, "%s has an attribute that version 1 cannot keep: %s",
					 show_name(s->disk.path.text).text, show_name(s->attributes.list[k].name).text);
		s->needs.space += ENTRY_SIZE + s->attributes.list[k].size;
	}
	s->needs.space += INODE_SPACE + (s->attributes.count > 0 ? BLOCK : 0);
	return 0;
}

static void scan_content(struct scan *s, const struct disk_inode *i)
{
	uint64_t used = ext2fs_inode_i_blocks(s->disk.fs, (struct ext2_inode *)(uintptr_t)&i->raw) * 512;

	if (used > i->size || (i->raw.i_flags & EXT4_INLINE_DATA_FL) != 0)
		used = i->size;
	s->needs.content += used;
	s->needs.space += blocks_of(used);
}

static int scan_disk_entry(struct scan *s, uint32_t ino, const char *name, unsigned depth)
{
	uint8_t bit = (uint8_t)(1 << (ino & 7));
	struct disk_inode i;
	int r = disk_inode(&s->disk, ino, &i);

	if (r < 0 || ext4_is_own(&s->disk, name, &i, depth))
		return r;
	s->needs.entries++;
	s->disk.work->progress.entries++;
	if ((s->visited[ino >> 3] & bit) != 0)
		return S_ISDIR(i.mode) ? disk_bad(&s->disk, "a second place for a directory in it") : 0;
	s->visited[ino >> 3] |= bit;
	r = scan_inode(s, &i);
	if (r < 0)
		return r;
	if (S_ISDIR(i.mode))
		return scan_directory(s, &i, depth + 1);
	if (S_ISLNK(i.mode))
		s->needs.space += BLOCK;
	if (S_ISREG(i.mode))
		scan_content(s, &i);
	return 0;
}

static int scan_directory(struct scan *s, const struct disk_inode *i, unsigned depth)
{
	size_t length = s->disk.path.length;
	struct names n = {0};
	int r;

	if (depth > WALK_DEPTH_MAX)
		return work_fail(s->disk.work, -ELOOP, "%s is deeper than %u directories",
				 show_name(s->disk.path.text).text, WALK_DEPTH_MAX);
	s->needs.space += blocks_of(i->size);
	r = disk_names(&s->disk, i, &n);
	for (size_t k = 0; r == 0 && k < n.count; k++) {
		const char *name = names_text(&n, &n.list[k]);

		if (depth == 0 && (strcmp(name, "etc") == 0 || strcmp(name, "bin") == 0))
			s->needs.is_system = true;
		if (tree_path_add(&s->disk.path, name) < 0)
			r = no_memory(s->disk.work);
		if (r == 0)
			r = scan_disk_entry(s, n.list[k].ino, name, depth);
		if (r == 0)
			r = work_tick(s->disk.work);
		tree_path_cut(&s->disk.path, length);
	}
	names_done(&n);
	return r;
}

int ext4_scan_disk(const char *path, const struct archive_options *o, struct ext4_needs *ret, struct message *message)
{
	struct scan s = {0};
	struct disk_inode root;
	int r;

	work_begin(&s.image.work, o, message);
	r = disk_open(&s.disk, path, &s.image.work);
	if (r == 0) {
		s.visited = calloc(1, (size_t)s.disk.fs->super->s_inodes_count / 8 + 1);
		r = s.visited == NULL ? no_memory(&s.image.work) : 0;
	}
	if (r == 0)
		r = disk_inode(&s.disk, EXT2_ROOT_INO, &root);
	if (r == 0 && !S_ISDIR(root.mode))
		r = disk_bad(&s.disk, "no directory");
	if (r == 0)
		r = scan_inode(&s, &root);
	if (r == 0) {
		s.visited[EXT2_ROOT_INO >> 3] |= 1 << (EXT2_ROOT_INO & 7);
		r = scan_directory(&s, &root, 0);
	}
	disk_attributes_done(&s.attributes);
	free(s.visited);
	disk_close(&s.disk);
	if (r == 0)
		*ret = s.needs;
	return r;
}
