/* A tree once more, as the host has it: contents by reference where the file system can, attributes, hard links, times. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/fs.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_guest.h"
#include "distro/archive_links.h"
#include "distro/archive_place.h"

#define PIECE ((size_t)1 << 20)

struct copy {
	struct archive_work work;
	struct links links;
	struct places places; /* of the copy, to find the other names of a file in */
	dev_t device;
	bool by_reference;
	bool no_range; /* copy_file_range is of no use here */
	char *names, *value, *buffer;
	char *path; /* of what is being copied, from the root */
	size_t length, room;
};

static int copy_directory(struct copy *c, int from, int to);

static int failed(struct copy *c, const char *what)
{
	return work_fail_on(&c->work, -errno, what, c->path);
}

/* --- attributes ------------------------------------------------------------------------------------------------------------ */

static int copy_attributes(struct copy *c, int from, int to)
{
	ssize_t n = flistxattr(from, c->names, XATTR_LIST_MAX);

	if (n < 0 && errno != EOPNOTSUPP)
		return failed(c, "read the attributes of");
	for (const char *name = c->names; name < c->names + n; name += strlen(name) + 1) {
		ssize_t size;

		/* The others are the host's own, such as a security module's label. */
		if (strncmp(name, "user.", 5) != 0 && strncmp(name, "system.posix_acl_", 17) != 0)
			continue;
		size = fgetxattr(from, name, c->value, XATTR_SIZE_MAX);
		if (size < 0 && errno == ENODATA)
			continue;
		if (size < 0 || fsetxattr(to, name, c->value, (size_t)size, 0) < 0)
			return failed(c, "copy the attributes of");
	}
	return 0;
}

struct kept_copy {
	struct sidecar *to;
	struct sidecar_key key;
	int status;
};

static void put_copy(void *context, const struct sidecar_record *r)
{
	struct kept_copy *k = context;
	struct sidecar_record copy = *r;

	copy.key = k->key;
	if (k->status == 0)
		k->status = sidecar_put(k->to, &copy);
}

/* What the sidecar keeps of an inode, for its copy. */
static int copy_kept(struct copy *c, int from, const char *from_name, int to, const char *to_name)
{
	const struct archive_options *o = c->work.options;
	struct kept_copy k = {.to = o->copy_sidecar};
	struct sidecar_key key;
	struct stat st;

	if (o->copy_sidecar == NULL || o->sidecar == NULL || sidecar_count(o->sidecar) == 0)
		return 0;
	if (sidecar_key_of(from, from_name, c->device, &key) < 0)
		return 0;
	if (fstatat(to, to_name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW) < 0)
		return failed(c, "look at the copy of");
	k.status = sidecar_key_of(to, to_name, st.st_dev, &k.key);
	if (k.status == 0)
		sidecar_each_of(o->sidecar, &key, put_copy, &k);
	return k.status < 0 ? work_fail_on(&c->work, k.status, "keep the owner of", c->path) : 0;
}

/* Mode and time come last. A default ACL of the directory has given what is made in it one of its own. */
static int finish(struct copy *c, int from, int to, const struct stat *st)
{
	int r;

	(void)fremovexattr(to, "system.posix_acl_access");
	r = copy_attributes(c, from, to);
	if (r < 0)
		return r;
	r = copy_kept(c, from, "", to, "");
	if (r < 0)
		return r;
	if (fchmod(to, st->st_mode & 01777) < 0)
		return failed(c, "set the mode of");
	return futimens(to, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, st->st_mtim}) < 0
		       ? failed(c, "set the time of")
		       : 0;
}

/* --- files ----------------------------------------------------------------------------------------------------------------- */

static int copy_piece(struct copy *c, int from, int to, off_t at, off_t end)
{
	while (at < end) {
		size_t n = end - at < (off_t)PIECE ? (size_t)(end - at) : PIECE;
		off_t in = at, out = at;
		ssize_t r = -1;
		int tick = work_tick(&c->work);

		if (tick < 0)
			return tick;
		if (!c->no_range) {
			r = copy_file_range(from, &in, to, &out, n, 0);
			if (r < 0 && (errno == EXDEV || errno == EINVAL || errno == EOPNOTSUPP || errno == ENOSYS))
				c->no_range = true;
		}
		if (c->no_range) {
			r = pread(from, c->buffer, n, at);
			if (r > 0)
				r = pwrite(to, c->buffer, (size_t)r, at);
		}
		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return failed(c, "copy");
		if (r == 0)
			break;
		at += r;
		c->work.progress.content += (uint64_t)r;
	}
	return 0;
}

static int copy_content(struct copy *c, int from, int to, const struct stat *st)
{
	off_t at = 0;

	if (c->by_reference && st->st_size > 0) {
		if (ioctl(to, FICLONE, from) == 0) {
			c->work.progress.content += (uint64_t)st->st_size;
			return 0;
		}
		c->by_reference = false;
	}
	while (at < st->st_size) {
		off_t data = lseek(from, at, SEEK_DATA), end;
		int r;

		if (data < 0 && errno == ENXIO)
			break;
		data = data < 0 ? at : data;
		end = lseek(from, data, SEEK_HOLE);
		end = end < 0 || end > st->st_size ? st->st_size : end;
		r = copy_piece(c, from, to, data, end);
		if (r < 0)
			return r;
		at = end;
	}
	return ftruncate(to, st->st_size) < 0 ? failed(c, "write") : 0;
}

static int copy_file(struct copy *c, int from_dir, int to_dir, const char *name, const struct stat *st)
{
	int from CLEANUP(host_close_at) =
		guest_open(from_dir, name, st, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int to CLEANUP(host_close_at) = -1;
	struct stat now;
	int r;

	if (from < 0)
		return from == -ENOENT ? 0 : work_fail_on(&c->work, from, "open", c->path);
	to = openat(to_dir, name, O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (to < 0 || fstat(from, &now) < 0)
		return failed(c, "make");
	r = copy_content(c, from, to, &now);
	return r < 0 ? r : finish(c, from, to, &now);
}

static int copy_other(struct copy *c, int from_dir, int to_dir, const char *name, const struct stat *st)
{
	char target[PATH_MAX];
	int r;

	if (S_ISLNK(st->st_mode)) {
		ssize_t n = host_readlinkat(from_dir, name, target, sizeof(target));

		if (n < 0)
			return work_fail_on(&c->work, (int)n, "read", c->path);
		if (symlinkat(target, to_dir, name) < 0)
			return failed(c, "make");
	} else if (S_ISFIFO(st->st_mode)) {
		if (mkfifoat(to_dir, name, 0600) < 0 || fchmodat(to_dir, name, st->st_mode & 0777, 0) < 0)
			return failed(c, "make");
	} else {
		/* Nobody listens to a socket any more. */
		return 0;
	}
	r = copy_kept(c, from_dir, name, to_dir, name);
	if (r < 0)
		return r;
	return utimensat(to_dir, name, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, st->st_mtim}, AT_SYMLINK_NOFOLLOW) <
			       0
		       ? failed(c, "set the time of")
		       : 0;
}

static int link_known(struct copy *c, const char *known, int to_dir, const char *name)
{
	struct place_dir *d;
	const char *last;
	int r = places_parent(&c->places, known, false, &d, &last);

	if (r < 0)
		return work_fail_on(&c->work, r, "link", c->path);
	return linkat(d->fd, last, to_dir, name, 0) < 0 ? failed(c, "link") : 0;
}

static int copy_subdirectory(struct copy *c, int from_dir, int to_dir, const char *name, const struct stat *st)
{
	int from CLEANUP(host_close_at) =
		guest_open(from_dir, name, st, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int to CLEANUP(host_close_at) = -1;
	struct stat now;
	int r;

	if (from < 0)
		return from == -ENOENT ? 0 : work_fail_on(&c->work, from, "open", c->path);
	if (fstat(from, &now) < 0 || mkdirat(to_dir, name, 0700) < 0)
		return failed(c, "make");
	to = openat(to_dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (to < 0)
		return failed(c, "open");
	r = now.st_dev == c->device ? copy_directory(c, from, to) : 0;
	if (r == 0)
		(void)fremovexattr(to, "system.posix_acl_default");
	return r < 0 ? r : finish(c, from, to, &now);
}

/* --- the tree ---------------------------------------------------------------------------------------------------------------- */

static int append(struct copy *c, const char *name)
{
	size_t n = strlen(name);

	if (c->length + n + 2 > c->room) {
		char *more = realloc(c->path, (c->length + n) * 2 + 256);

		if (more == NULL)
			return work_fail(&c->work, -ENOMEM, "there is not enough memory");
		c->path = more;
		c->room = (c->length + n) * 2 + 256;
	}
	if (c->length > 0)
		c->path[c->length++] = '/';
	memcpy(c->path + c->length, name, n + 1);
	c->length += n;
	return 0;
}

static int copy_entry(struct copy *c, int from, int to, const char *name)
{
	const char *known;
	struct stat st;
	int r = 0;

	if (fstatat(from, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : failed(c, "look at");
	c->work.progress.entries++;
	if (S_ISDIR(st.st_mode))
		return copy_subdirectory(c, from, to, name, &st);
	known = links_find(&c->links, &st, c->path, &r);
	if (r < 0)
		return work_fail(&c->work, r, "there is not enough memory");
	if (known != NULL)
		return S_ISSOCK(st.st_mode) ? 0 : link_known(c, known, to, name);
	return S_ISREG(st.st_mode) ? copy_file(c, from, to, name, &st) : copy_other(c, from, to, name, &st);
}

static int copy_directory(struct copy *c, int from, int to)
{
	int again = openat(from, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again >= 0 ? fdopendir(again) : NULL;
	size_t length = c->length;
	struct dirent *e;
	int r = 0;

	if (d == NULL) {
		r = failed(c, "open");
		if (again >= 0)
			close(again);
		return r;
	}
	for (errno = 0; r == 0 && (e = readdir(d)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		r = append(c, e->d_name);
		if (r == 0)
			r = copy_entry(c, from, to, e->d_name);
		if (r == 0)
			r = work_tick(&c->work);
		c->length = length;
		c->path[length] = '\0';
	}
	if (r == 0 && errno != 0)
		r = failed(c, "read");
	closedir(d);
	return r;
}

int archive_copy(int from, int to, const struct archive_options *o, struct message *message)
{
	struct copy c = {.by_reference = true};
	struct stat st;
	int r;

	work_begin(&c.work, o, message);
	c.names = malloc(XATTR_LIST_MAX);
	c.value = malloc(XATTR_SIZE_MAX);
	c.buffer = malloc(PIECE);
	c.path = calloc(1, 256);
	c.room = 256;
	r = places_open(&c.places, to, &c.work);
	c.places.dirs[0].changed = false;
	if (r == 0 && (c.names == NULL || c.value == NULL || c.buffer == NULL || c.path == NULL))
		r = work_fail(&c.work, -ENOMEM, "there is not enough memory");
	if (r == 0 && fstat(from, &st) < 0)
		r = failed(&c, "look at");
	if (r == 0) {
		c.device = st.st_dev;
		r = copy_directory(&c, from, to);
	}
	places_close(&c.places);
	if (r == 0)
		r = finish(&c, from, to, &st);
	if (r == 0)
		r = work_end(&c.work);
	links_done(&c.links);
	free(c.names);
	free(c.value);
	free(c.buffer);
	free(c.path);
	return r;
}
