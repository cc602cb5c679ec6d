/*
 * Listings. A directory that holds mount points lists them all, with their types, exactly once; one of /proc leaves out
 * what is not the guest's.
 *
 * A mount point need not exist in the directory below. The names that are missing come right behind the first entry of
 * the listing, in the call that begins at offset 0, and carry that entry's d_off: so they come once, a rewinddir() shows
 * them again, and a seekdir() to any entry's position goes on where it should. (At the end of the stream there would be
 * no offset that says "already shown": what a directory's last offset is, is every file system's own affair.)
 */
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>

#include "base/str.h"
#include "vfs/internal.h"

/*
 * struct linux_dirent64 and linux_dirent: inode, offset, length, then type and name, or name and, at the end, type. The
 * guest's buffer need not be aligned.
 */
struct __attribute__((packed, may_alias)) record {
	uint64_t ino;
	int64_t off;
	uint16_t length;
	char rest[];
};
#define RECORD_HEAD 18

static char *record_name(struct record *r, bool old)
{
	return (char *)r + RECORD_HEAD + (old ? 0 : 1);
}

static void record_set_type(struct record *r, bool old, unsigned char type)
{
	*((unsigned char *)r + (old ? r->length - 1 : RECORD_HEAD)) = type;
}

static size_t record_length(size_t name)
{
	return (RECORD_HEAD + 1 + name + 1 + 7) & ~(size_t)7;
}

/* --- which directories ---------------------------------------------------------------------------------------------------- */

static void split_point(const char *point, char *parent, const char **name)
{
	const char *slash = strrchr(point, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - point);

	memcpy(parent, point, n);
	parent[n] = '\0';
	*name = slash == NULL ? point : slash + 1;
}

/* The mount point of entry i, copied; false behind the last. */
static bool get_point(struct instance *in, uint32_t i, char *point, char *source, uint32_t *flags, uint32_t *ns)
{
	unsigned tries = 0;
	uint32_t generation;
	bool there;

	do {
		generation = mount_read_begin(in);
		there = i < in->mount_count && i < INSTANCE_MOUNTS;
		if (there) {
			memcpy(point, in->mounts[i].point, strlen(in->mounts[i].point) + 1);
			memcpy(source, in->mounts[i].source, strlen(in->mounts[i].source) + 1);
			*flags = in->mounts[i].flags;
			*ns = in->mounts[i].ns;
		}
	} while (mount_read_again(in, generation, &tries));
	return there;
}

struct point {
	char path[sizeof(((struct mount_entry *)0)->point)];
	char parent[sizeof(((struct mount_entry *)0)->point)];
	char source[MOUNT_SOURCE_MAX];
	const char *name;
	uint32_t flags, ns;
};

static bool next_point(struct instance *in, uint32_t *i, struct point *p)
{
	if (!get_point(in, (*i)++, p->path, p->source, &p->flags, &p->ns))
		return false;
	split_point(p->path, p->parent, &p->name);
	return true;
}

static bool is_dot(const struct record *r, bool old)
{
	const char *name = (const char *)r + RECORD_HEAD + (old ? 0 : 1);

	return name[0] == '.' && name[1] == '\0';
}

/* Its listing begins with "." and the inode that stat(2) says. */
static bool tells(const char *host, const struct stat *st)
{
	int fd CLEANUP(host_close_at) = host_open(host, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	char buf[RECORD_HEAD + 1 + NAME_MAX + 1 + 7] __attribute__((aligned(8)));
	const struct record *r = (const struct record *)(const void *)buf;

	return fd >= 0 && host_call(SYS_getdents64, fd, buf, sizeof(buf)) > 0 && is_dot(r, false) &&
	       r->ino == st->st_ino;
}

/* The identities of all directories that hold mount points, for the table's present generation. */
__attribute__((noinline)) static void find_parents(const struct vfs_ns *ns, uint32_t generation)
{
	struct instance *in = ns->in;
	struct vfs_ns whole = *ns;
	struct mount_parents *all = &in->mount_parents;
	uint32_t free = 0, n = 0;
	char host[PATH_MAX];
	struct point p;
	struct stat st;
	bool tell = true;

	if (!atomic_compare_exchange_strong(&all->lock, &free, 1))
		return;
	atomic_store(&all->generation, generation | 1);
	whole.root_path = "";
	for (uint32_t i = 0; n < INSTANCE_MOUNTS && next_point(in, &i, &p);) {
		whole.mount_ns = p.ns;
		if (vfs_host_path(&whole, p.parent[0] == '\0' ? "/" : p.parent, host, sizeof(host)) < 0 ||
		    host_fstatat(AT_FDCWD, host, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		tell = tell && tells(host, &st);
		all->device[n] = st.st_dev;
		all->inode[n++] = st.st_ino;
	}
	all->count = n;
	all->tell = tell;
	atomic_store(&all->generation, generation);
	atomic_store(&all->lock, 0);
}

/* The identities are those of this moment, if that can be. */
static bool parents_are_known(const struct vfs_ns *ns)
{
	const struct mount_parents *all = &ns->in->mount_parents;
	uint32_t generation = mount_read_begin(ns->in);

	if (atomic_load(&all->generation) != generation)
		find_parents(ns, generation);
	return atomic_load(&all->generation) == generation;
}

/* Some directory that holds a mount point has this inode number. */
static bool is_inode_of_parent(const struct vfs_ns *ns, uint64_t inode)
{
	const struct mount_parents *all = &ns->in->mount_parents;

	for (uint32_t i = 0; i < all->count && i < INSTANCE_MOUNTS; i++)
		if (all->inode[i] == inode)
			return true;
	return false;
}

/* False only if the directory holds no mount point. */
static bool may_hold_mounts(const struct vfs_ns *ns, int fd)
{
	struct mount_parents *all = &ns->in->mount_parents;
	uint32_t generation = mount_read_begin(ns->in);
	bool found = false;
	struct stat st;

	if (host_fstat(fd, &st) < 0)
		return false;
	if (!parents_are_known(ns))
		return true;
	for (uint32_t i = 0; i < all->count && i < INSTANCE_MOUNTS && !found; i++)
		found = all->inode[i] == st.st_ino && all->device[i] == st.st_dev;
	return found || atomic_load(&all->generation) != generation;
}

/* --- a listing that is looked at ------------------------------------------------------------------------------------------ */

struct listing {
	const struct vfs_ns *ns;
	int fd;
	bool old;
	bool view;           /* a directory of /proc */
	const char *rest;    /* its path below /proc */
	char path[PATH_MAX]; /* guest path in the instance, "" for the root */
};

static unsigned char type_of(const struct point *p)
{
	struct stat st;

	if ((p->flags & MOUNT_FILE) == 0)
		return DT_DIR;
	return host_fstatat(AT_FDCWD, p->source, &st, 0) == 0 ? (unsigned char)IFTODT(st.st_mode) : DT_UNKNOWN;
}

static bool is_in(const struct listing *l, const struct point *p)
{
	return p->ns == l->ns->mount_ns && p->path[0] != '\0' && str_eq(p->parent, l->path);
}

/* A mount point in this directory that the host's directory lacks, and that no earlier mount of the same point brings. */
static bool is_missing(const struct listing *l, const struct point *p, uint32_t index)
{
	struct stat st;
	struct point other;

	if (!is_in(l, p) || host_fstatat(l->fd, p->name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return false;
	for (uint32_t i = 0; i < index && next_point(l->ns->in, &i, &other);)
		if (other.ns == p->ns && str_eq(other.path, p->path))
			return false;
	return true;
}

/* Writes the missing names, at most `room` bytes, or counts their bytes if to is NULL. */
static size_t missing(const struct listing *l, char *to, size_t room, int64_t off)
{
	size_t size = 0;
	struct point p;

	for (uint32_t i = 0, next = 0; next_point(l->ns->in, &next, &p); i = next) {
		size_t n = strlen(p.name), length = record_length(n);
		struct record *r;

		if (!is_missing(l, &p, i))
			continue;
		if (to != NULL && size + length > room)
			break;
		if (to != NULL) {
			r = (struct record *)(void *)(to + size);
			memset(r, 0, length);
			r->ino = 1;
			r->off = off;
			r->length = (uint16_t)length;
			memcpy(record_name(r, l->old), p.name, n);
			record_set_type(r, l->old, type_of(&p));
		}
		size += length;
	}
	return size;
}

/* Mount points that the host's directory has show what is mounted there. */
static void fix_types(const struct listing *l, char *buf, size_t size)
{
	struct point p;

	for (uint32_t i = 0; next_point(l->ns->in, &i, &p);) {
		if (!is_in(l, &p))
			continue;
		for (size_t at = 0; at < size;) {
			struct record *r = (struct record *)(void *)(buf + at);

			if (str_eq(record_name(r, l->old), p.name))
				record_set_type(r, l->old, type_of(&p));
			at += r->length;
		}
	}
}

static size_t hide(const struct listing *l, char *buf, size_t size)
{
	size_t to = 0;

	for (size_t at = 0, length; at < size; at += length) {
		struct record *r = (struct record *)(void *)(buf + at);

		char *name = record_name(r, l->old);
		const char *shown = procfs_listed(l->ns, l->rest, name);

		length = r->length;
		if (procfs_hides(l->ns, l->rest, shown))
			continue;
		if (shown != name)
			memcpy(name, shown, strlen(shown) + 1);
		memmove(buf + to, buf + at, length);
		to += length;
	}
	return to;
}

static ssize_t list(struct listing *l, char *buf, size_t size)
{
	long nr = l->old ? SYS_getdents : SYS_getdents64;
	bool first = host_call(SYS_lseek, l->fd, 0, SEEK_CUR) == 0;
	size_t extra = first ? missing(l, NULL, 0, 0) : 0, head, wrote;
	ssize_t n;

	if (extra >= size)
		return -EINVAL;
	do {
		n = host_call(nr, l->fd, buf, size - extra);
		if (n <= 0)
			return n;
		fix_types(l, buf, (size_t)n);
		if (l->view)
			n = (ssize_t)hide(l, buf, (size_t)n);
	} while (n == 0);
	if (extra == 0)
		return n;
	head = ((struct record *)(void *)buf)->length;
	memmove(buf + head + extra, buf + head, (size_t)n - head);
	wrote = missing(l, buf + head, extra, ((struct record *)(void *)buf)->off);
	/* The table changed meanwhile. */
	if (wrote < extra)
		memmove(buf + head + wrote, buf + head + extra, (size_t)n - head);
	return n + (ssize_t)wrote;
}

/* Where the directory is; false if that cannot be said. */
static bool locate(struct listing *l)
{
	struct vfs_ns whole = *l->ns;
	char host[PATH_MAX];
	struct mount m;
	ssize_t n;

	n = fd_host_path(l->fd, host);
	if (n >= 0)
		n = instance_path(&whole, host, l->path, sizeof(l->path));
	if (n < 0)
		return false;
	whole.root_path = "";
	mount_find(&whole, l->path, &m);
	l->view = m.kind == MOUNT_PROC;
	l->rest = l->path + m.point + (l->path[m.point] == '/');
	if (n == 1)
		l->path[0] = '\0';
	return true;
}

__attribute__((noinline)) static ssize_t getdents_looked_at(const struct vfs_ns *ns, int fd, void *buf, size_t size,
							    bool old)
{
	struct listing l;

	l.ns = ns;
	l.fd = fd;
	l.old = old;
	if (!locate(&l))
		return host_call(old ? SYS_getdents : SYS_getdents64, fd, buf, size);
	return list(&l, buf, size);
}

/* n bytes of a listing that began earlier have been read. */
__attribute__((noinline)) static ssize_t look_at_rest(const struct vfs_ns *ns, int fd, void *buf, ssize_t n, bool old)
{
	struct listing l = {.ns = ns, .fd = fd, .old = old};

	if (locate(&l))
		fix_types(&l, buf, (size_t)n);
	return n;
}

/*
 * What the listing says of its directory by itself costs nothing. A listing that does not begin with "." is the rest of one: then,
 * and where listings do not tell, the descriptor is looked at.
 */
ssize_t vfs_getdents(const struct vfs_ns *ns, int fd, void *buf, size_t size, bool old)
{
	const struct record *first = buf;
	bool tells = parents_are_known(ns) && ns->in->mount_parents.tell != 0;
	ssize_t n;

	if (fd >= 0 && (dir_is_view(ns, fd) || (!tells && may_hold_mounts(ns, fd))))
		return getdents_looked_at(ns, fd, buf, size, old);
	n = host_call(old ? SYS_getdents : SYS_getdents64, fd, buf, size);
	if (n <= 0 || !tells)
		return n;
	if (!is_dot(first, old))
		return may_hold_mounts(ns, fd) ? look_at_rest(ns, fd, buf, n, old) : n;
	if (!is_inode_of_parent(ns, first->ino) || host_call(SYS_lseek, fd, 0, SEEK_SET) < 0)
		return n;
	return getdents_looked_at(ns, fd, buf, size, old);
}
