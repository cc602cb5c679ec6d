/*
 * An image and a tree, compared in the guest's terms inode by inode: what was copied from one to the other is the same, whatever
 * has happened on the way to the disk and back.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_acl.h"
#include "distro/ext4.h"
#include "distro/ext4_disk.h"
#include "distro/ext4_linked.h"
#include "distro/ext4_walk.h"

struct compare {
	struct archive_work work;
	struct disk disk;
	struct disk_attributes disk_attributes;
	struct guest_attributes attributes;
	struct linked linked;
	bool no_flags;
	char *piece;
};

/* An inode on both sides. */
struct pair {
	const struct disk_inode *inode;
	const struct stat *st;
	const struct override *parent; /* of the directory that it is in, where it is neither file nor directory */
	int fd;
	const char *name; /* "": fd is it */
	struct override owner;
};

static int directory(struct compare *c, int *dir, const struct disk_inode *inode, unsigned depth);

static int differs(struct compare *c, const char *what)
{
	return work_fail(&c->work, -EIO, "the copy is not the same: %s differs in %s",
			 c->disk.path.length > 0 ? show_name(c->disk.path.text).text : "the root directory", what);
}

static int no_memory(struct compare *c)
{
	return work_fail(&c->work, -ENOMEM, "there is not enough memory");
}

/* --- attributes ------------------------------------------------------------------------------------------------------------------- */

/* A list that says no more than the mode is none. */
static bool same_list(const struct tar_attribute *disk, const char *text, bool access)
{
	struct acl a, b;
	bool extended = true;
	long n = text != NULL ? acl_from_text(text, &b, ACL_VALUE_MAX) : 0;

	if (disk != NULL && acl_parse(disk->value, disk->size, &a) < 0)
		return false;
	if (disk != NULL && access)
		(void)acl_permissions(&a, &extended);
	if (disk == NULL || !extended)
		return n == 0;
	return n > 0 && (size_t)n == acl_size(&a) && memcmp(&a, &b, (size_t)n) == 0;
}

static const struct tar_attribute *find(const struct tar_attribute *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(list[i].name, name) == 0)
			return &list[i];
	return NULL;
}

static bool same_values(const struct disk_attributes *d, const struct guest_attributes *g)
{
	size_t lists = 0;

	for (size_t i = 0; i < d->count; i++) {
		const struct tar_attribute *a = &d->list[i], *b;

		if (strcmp(a->name, ACL_ACCESS_ATTRIBUTE) == 0 || strcmp(a->name, ACL_DEFAULT_ATTRIBUTE) == 0) {
			lists++;
			continue;
		}
		b = find(g->list, g->count, a->name);
		if (b == NULL || b->size != a->size || memcmp(a->value, b->value, a->size) != 0)
			return false;
	}
	return d->count - lists == g->count;
}

static int compare_attributes(struct compare *c, const struct pair *p)
{
	struct disk_attributes *d = &c->disk_attributes;
	struct guest_attributes *g = &c->attributes;
	struct kept_inode kept;
	int r = disk_attributes(&c->disk, p->inode, d);

	if (r < 0)
		return r;
	r = guest_attributes_read(g, c->work.options->sidecar, p->fd, p->name, p->st, &p->owner);
	if (r < 0)
		return work_fail_on(&c->work, r, "read the attributes of", c->disk.path.text);
	if (!same_values(d, g))
		return differs(c, "its attributes");
	if (!same_list(find(d->list, d->count, ACL_ACCESS_ATTRIBUTE), g->acl_access, true) ||
	    !same_list(find(d->list, d->count, ACL_DEFAULT_ATTRIBUTE), g->acl_default, false))
		return differs(c, "its access control list");
	kept = kept_inode_read(g->inode);
	if (p->name[0] == '\0' && !c->no_flags)
		c->no_flags = kept_flags_of_host(p->fd, &kept.flags) < 0;
	if (kept.flags != p->inode->kept.flags || kept.project != p->inode->kept.project)
		return differs(c, "its flags");
	return 0;
}

/* --- inodes ----------------------------------------------------------------------------------------------------------------------- */

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

/* A link's is that of the last one who has read it, which may be us; and others may look at files while we do. */
static bool same_access(const struct compare *c, const struct pair *p)
{
	const int64_t since = c->work.options->read_since;

	return S_ISLNK(p->inode->mode) || same_time(&p->st->st_atim, &p->inode->atime) ||
	       (since != 0 && p->st->st_atim.tv_sec >= since);
}

static int compare_inode(struct compare *c, struct pair *p)
{
	const struct disk_inode *i = p->inode;
	const struct override *o = &p->owner;

	guest_owner(c->work.options->sidecar, p->fd, p->name, p->st, p->parent, &p->owner);
	if (o->mode != i->mode)
		return differs(c, "its type or mode");
	if (o->uid != i->uid || o->gid != i->gid)
		return differs(c, "its owner");
	if ((S_ISCHR(i->mode) || S_ISBLK(i->mode)) && o->rdev != i->rdev)
		return differs(c, "its device number");
	if ((S_ISREG(i->mode) || S_ISLNK(i->mode)) && (uint64_t)p->st->st_size != i->size)
		return differs(c, "its size");
	if (!same_time(&p->st->st_mtim, &i->mtime) || !same_access(c, p))
		return differs(c, "its times");
	return compare_attributes(c, p);
}

static int compare_links(struct compare *c, const struct stat *st, const struct disk_inode *i)
{
	int r = linked_add(&c->linked, st->st_ino, st->st_nlink, i->ino, i->links);

	return r == -ENOMEM ? no_memory(c) : r < 0 ? differs(c, "its hard links") : 0;
}

/* --- content ---------------------------------------------------------------------------------------------------------------------- */

struct reading {
	struct compare *c;
	int fd;
	uint64_t done; /* the same up to there */
};

/* The file from r->done to `to` has nothing but zeros: where the disk has a hole. */
static int compare_hole(struct reading *r, uint64_t to)
{
	while (r->done < to) {
		off_t from = lseek(r->fd, (off_t)r->done, SEEK_DATA);
		size_t n;
		ssize_t got;

		if (from < 0 && errno == ENXIO)
			break;
		if (from > (off_t)r->done)
			r->done = (uint64_t)from;
		if (r->done >= to)
			break;
		n = to - r->done < DISK_PIECE ? (size_t)(to - r->done) : DISK_PIECE;
		got = host_pread_full(r->fd, r->c->piece, n, (off_t)r->done);
		if (got < 0)
			return work_fail_on(&r->c->work, (int)got, "read", r->c->disk.path.text);
		if ((size_t)got != n || r->c->piece[0] != 0 || memcmp(r->c->piece, r->c->piece + 1, n - 1) != 0)
			return differs(r->c, "its content");
		r->done += n;
	}
	r->done = to;
	return 0;
}

static int compare_piece(void *context, uint64_t at, const void *bytes, size_t n)
{
	struct reading *r = context;
	int status = compare_hole(r, at);
	ssize_t got;

	if (status < 0)
		return status;
	got = host_pread_full(r->fd, r->c->piece, n, (off_t)at);
	if (got < 0)
		return work_fail_on(&r->c->work, (int)got, "read", r->c->disk.path.text);
	if ((size_t)got != n || memcmp(bytes, r->c->piece, n) != 0)
		return differs(r->c, "its content");
	r->done = at + n;
	r->c->work.progress.content += n;
	return work_tick(&r->c->work);
}

static int compare_content(struct compare *c, int fd, const struct disk_inode *i)
{
	struct reading r = {.c = c, .fd = fd};
	int status = disk_content(&c->disk, i, compare_piece, NULL, &r);

	return status == 0 ? compare_hole(&r, i->size) : status;
}

static int compare_target(struct compare *c, int dir, const char *name, const struct disk_inode *i)
{
	char a[DISK_LINK_MAX + 1], b[DISK_LINK_MAX + 2];
	int r = disk_link(&c->disk, i, a);
	ssize_t n;

	if (r < 0)
		return r;
	n = host_readlinkat(dir, name, b, sizeof(b));
	if (n < 0)
		return work_fail_on(&c->work, (int)n, "read", c->disk.path.text);
	return (size_t)n == i->size && memcmp(a, b, (size_t)n) == 0 ? 0 : differs(c, "its target");
}

/* --- entries ------------------------------------------------------------------------------------------------------------------------ */

static int compare_file(struct compare *c, int dir, const char *name, const struct disk_inode *i, const struct stat *st)
{
	int fd CLEANUP(host_close_at) = tree_open(dir, name, st, O_RDONLY | O_NONBLOCK);
	struct pair p = {.inode = i, .st = st, .fd = fd, .name = ""};
	int r;

	if (fd < 0)
		return work_fail_on(&c->work, fd, "open", c->disk.path.text);
	r = compare_inode(c, &p);
	return r == 0 && S_ISREG(i->mode) ? compare_content(c, fd, i) : r;
}

static int compare_other(struct compare *c, int dir, const char *name, const struct disk_inode *i,
			 const struct stat *st, const struct override *parent)
{
	struct pair p = {.inode = i, .st = st, .parent = parent, .fd = dir, .name = name};
	int r = compare_inode(c, &p);

	return r == 0 && S_ISLNK(i->mode) ? compare_target(c, dir, name, i) : r;
}

static int compare_subdirectory(struct compare *c, int *dir, const char *name, const struct disk_inode *i,
				const struct stat *st, unsigned depth)
{
	int fd CLEANUP(host_close_at) = tree_open(*dir, name, st, O_RDONLY | O_DIRECTORY);
	int r;

	if (fd < 0)
		return work_fail_on(&c->work, fd, "open", c->disk.path.text);
	tree_down(dir, depth);
	r = directory(c, &fd, i, depth + 1);
	if (r == 0 && tree_up(dir, fd, depth) < 0)
		r = work_fail_on(&c->work, -errno, "open what is above", c->disk.path.text);
	return r;
}

static int compare_entry(struct compare *c, int *dir, const struct override *owner, uint32_t ino, const char *name,
			 unsigned depth, size_t *count)
{
	struct disk_inode i;
	struct stat st;
	int r = disk_inode(&c->disk, ino, &i);

	if (r < 0 || ext4_is_own(&c->disk, name, &i, depth))
		return r;
	++*count;
	c->work.progress.entries++;
	if (fstatat(*dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? differs(c, "being there") : work_fail_on(&c->work, -errno, "look at", name);
	if (S_ISDIR(st.st_mode) != S_ISDIR(i.mode))
		return differs(c, "its type or mode");
	if (S_ISDIR(st.st_mode))
		return compare_subdirectory(c, dir, name, &i, &st, depth);
	r = compare_links(c, &st, &i);
	if (r < 0)
		return r;
	return S_ISREG(st.st_mode) ? compare_file(c, *dir, name, &i, &st)
				   : compare_other(c, *dir, name, &i, &st, owner);
}

static int compare_entries(struct compare *c, int *dir, const struct override *owner, const struct names *n,
			   unsigned depth)
{
	size_t length = c->disk.path.length, there = 0, count = 0;
	struct names host = {0};
	int r = 0;

	for (size_t k = 0; r == 0 && k < n->count; k++) {
		if (tree_path_add(&c->disk.path, names_text(n, &n->list[k])) < 0)
			return no_memory(c);
		r = compare_entry(c, dir, owner, n->list[k].ino, names_text(n, &n->list[k]), depth, &count);
		if (r == 0)
			r = work_tick(&c->work);
		if (r == 0)
			tree_path_cut(&c->disk.path, length);
	}
	/* All of the disk's names are there: if there are as many, there are no others. */
	if (r == 0)
		r = tree_names(*dir, &host);
	there = host.count;
	names_done(&host);
	if (r < 0)
		return work_fail_on(&c->work, r, "read", c->disk.path.text);
	return there == count ? 0 : differs(c, "what is in it");
}

static int directory(struct compare *c, int *dir, const struct disk_inode *inode, unsigned depth)
{
	struct names n = {0};
	struct stat st;
	struct pair p = {.inode = inode, .st = &st, .fd = *dir, .name = ""};
	int r;

	if (depth > WALK_DEPTH_MAX)
		return work_fail(&c->work, -ELOOP, "%s is deeper than %u directories",
				 show_name(c->disk.path.text).text, WALK_DEPTH_MAX);
	if (fstat(*dir, &st) < 0)
		return work_fail_on(&c->work, -errno, "look at", c->disk.path.text);
	r = compare_inode(c, &p);
	if (r == 0)
		r = disk_names(&c->disk, inode, &n);
	if (r == 0)
		r = compare_entries(c, dir, &p.owner, &n, depth);
	names_done(&n);
	return r;
}

int ext4_compare(const char *path, int dir, const struct archive_options *o, struct message *message)
{
	struct compare c = {.attributes = {.exact = true}};
	int fd CLEANUP(host_close_at) = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOATIME);
	struct disk_inode root;
	int r;

	if (fd < 0)
		fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	work_begin(&c.work, o, message);
	r = disk_open(&c.disk, path, &c.work);
	c.piece = malloc(DISK_PIECE);
	if (r == 0 && c.piece == NULL)
		r = no_memory(&c);
	if (r == 0)
		r = disk_inode(&c.disk, EXT2_ROOT_INO, &root);
	if (r == 0)
		r = directory(&c, &fd, &root, 0);
	if (r == 0 && !linked_complete(&c.linked))
		r = work_fail(&c.work, -EIO, "the copy is not the same: files differ in their hard links");
	if (r == 0)
		r = work_end(&c.work);
	linked_done(&c.linked);
	disk_attributes_done(&c.disk_attributes);
	guest_attributes_done(&c.attributes);
	free(c.piece);
	disk_close(&c.disk);
	return r;
}
