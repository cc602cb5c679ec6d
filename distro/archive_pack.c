/* From a tree to an archive, in the guest's terms. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_guest.h"
#include "distro/archive_links.h"
#include "distro/archive_tar_write.h"

struct pack {
	struct archive_work work;
	struct tar_writer writer;
	struct links links;
	struct guest_attributes attributes;
	struct tar_extent *extents;
	size_t extent_count, extent_room;
	dev_t device; /* of the root: other file systems are not ours */
	char *name;   /* "./usr/bin" */
	size_t length, room;
};

static int pack_directory(struct pack *p, int fd, const struct override *owner);

/* --- content ------------------------------------------------------------------------------------------------------------- */

static int add_extent(struct pack *p, off_t from, off_t to)
{
	if (p->extent_count == p->extent_room) {
		size_t room = p->extent_room * 2 + 64;
		struct tar_extent *more = realloc(p->extents, room * sizeof(*more));

		if (more == NULL)
			return work_fail(&p->work, -ENOMEM, "there is not enough memory");
		p->extents = more;
		p->extent_room = room;
	}
	p->extents[p->extent_count++] = (struct tar_extent){.offset = (uint64_t)from, .size = (uint64_t)(to - from)};
	return 0;
}

/* The pieces between a file's holes; *ret false: there are no holes worth to be kept. */
static int find_extents(struct pack *p, int fd, const struct stat *st, bool *ret)
{
	off_t at = 0;

	*ret = false;
	p->extent_count = 0;
	if (st->st_blocks * 512 >= st->st_size)
		return 0;
	while (at < st->st_size) {
		off_t from = lseek(fd, at, SEEK_DATA), to;
		int r;

		if (from < 0 && errno != ENXIO)
			return 0;
		if (from < 0 || from >= st->st_size)
			break;
		to = lseek(fd, from, SEEK_HOLE);
		if (to < 0 || p->extent_count == TAR_EXTENT_MAX - 1)
			return 0;
		to = to < st->st_size ? to : st->st_size;
		r = add_extent(p, from, to);
		if (r < 0)
			return r;
		at = to;
	}
	*ret = p->extent_count != 1 || p->extents[0].size != (uint64_t)st->st_size;
	/* A hole at the end, for programs that take the end from the map. */
	if (*ret && (p->extent_count == 0 || at < st->st_size))
		return add_extent(p, st->st_size, st->st_size);
	return 0;
}

/* A piece of a file. What has become shorter meanwhile ends with zeros. */
static int copy(struct pack *p, int fd, uint64_t from, uint64_t size)
{
	while (size > 0) {
		void *to;
		size_t room;
		ssize_t n;
		int r = output_room(p->writer.out, &to, &room);

		if (r < 0)
			return r;
		room = room < size ? room : (size_t)size;
		n = pread(fd, to, room, (off_t)from);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return work_fail_on(&p->work, -errno, "read", p->name);
		if (n == 0)
			return output_zeros(p->writer.out, size);
		output_filled(p->writer.out, (size_t)n);
		from += (uint64_t)n;
		size -= (uint64_t)n;
		p->work.progress.content += (uint64_t)n;
		r = work_tick(&p->work);
		if (r < 0)
			return r;
	}
	return 0;
}

static int pack_content(struct pack *p, int fd, uint64_t size, bool sparse)
{
	uint64_t sum = 0;
	int r = 0;

	if (!sparse) {
		r = copy(p, fd, 0, size);
		sum = size;
	}
	for (size_t i = 0; sparse && r == 0 && i < p->extent_count; i++) {
		r = copy(p, fd, p->extents[i].offset, p->extents[i].size);
		sum += p->extents[i].size;
	}
	return r < 0 ? r : output_zeros(p->writer.out, -sum % TAR_BLOCK);
}

/* --- entries --------------------------------------------------------------------------------------------------------------- */

static void begin_entry(struct pack *p, const struct stat *st, const struct override *o, struct tar_entry *ret)
{
	*ret = (struct tar_entry){
		.name = p->name,
		.link = "",
		.mode = o->mode,
		.uid = o->uid,
		.gid = o->gid,
		.mtime = st->st_mtim,
	};
	if (S_ISCHR(o->mode) || S_ISBLK(o->mode)) {
		ret->major = major(o->rdev);
		ret->minor = minor(o->rdev);
	}
}

static int write_header(struct pack *p, const struct tar_entry *e, bool sparse)
{
	p->work.progress.entries++;
	return tar_write_header(&p->writer, e, p->extents, p->extent_count, sparse);
}

static int take_attributes(struct pack *p, int fd, const char *name, const struct stat *st, const struct override *o,
			   struct tar_entry *e)
{
	int r = guest_attributes_read(&p->attributes, p->work.options->sidecar, fd, name, st, o);

	if (r < 0)
		return work_fail_on(&p->work, r, "read the attributes of", p->name);
	e->attributes = p->attributes.list;
	e->attribute_count = p->attributes.count;
	e->acl_access = p->attributes.acl_access;
	e->acl_default = p->attributes.acl_default;
	return 0;
}

static int pack_file(struct pack *p, int dir, const char *name, const struct stat *st, const char *known)
{
	int fd CLEANUP(host_close_at) = guest_open(dir, name, st, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	struct override o;
	struct tar_entry e;
	struct stat now;
	bool sparse = false;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : work_fail_on(&p->work, fd, "open", p->name);
	if (fstat(fd, &now) < 0 || !S_ISREG(now.st_mode))
		return 0;
	guest_owner(p->work.options->sidecar, fd, "", &now, NULL, &o);
	begin_entry(p, &now, &o, &e);
	if (known != NULL) {
		e.mode &= 07777;
		e.link = known;
		return write_header(p, &e, false);
	}
	r = take_attributes(p, fd, "", &now, &o, &e);
	if (r < 0 || !S_ISREG(o.mode))
		return r < 0 ? r : write_header(p, &e, false);
	r = find_extents(p, fd, &now, &sparse);
	if (r < 0)
		return r;
	e.size = (uint64_t)now.st_size;
	r = write_header(p, &e, sparse);
	return r < 0 ? r : pack_content(p, fd, e.size, sparse);
}

static int pack_other(struct pack *p, int dir, const char *name, const struct stat *st, const struct override *parent,
		      const char *known)
{
	char target[PATH_MAX];
	struct override o;
	struct tar_entry e;
	int r;

	guest_owner(p->work.options->sidecar, dir, name, st, parent, &o);
	begin_entry(p, st, &o, &e);
	if (known != NULL) {
		e.mode &= 07777;
		e.link = known;
	} else if (S_ISLNK(st->st_mode)) {
		ssize_t n = host_readlinkat(dir, name, target, sizeof(target));

		if (n < 0)
			return n == -ENOENT ? 0 : work_fail_on(&p->work, (int)n, "read", p->name);
		e.link = target;
	}
	r = known == NULL ? take_attributes(p, dir, name, st, &o, &e) : 0;
	return r < 0 ? r : write_header(p, &e, false);
}

static int pack_subdirectory(struct pack *p, int dir, const char *name, const struct stat *st)
{
	int fd CLEANUP(host_close_at) = guest_open(dir, name, st, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct override o;
	struct tar_entry e;
	struct stat now;
	int r;

	if (fd < 0)
		return fd == -ENOENT ? 0 : work_fail_on(&p->work, fd, "open", p->name);
	if (fstat(fd, &now) < 0)
		return work_fail_on(&p->work, -errno, "look at", p->name);
	guest_owner(p->work.options->sidecar, fd, "", &now, NULL, &o);
	begin_entry(p, &now, &o, &e);
	r = take_attributes(p, fd, "", &now, &o, &e);
	p->name[p->length++] = '/';
	p->name[p->length] = '\0';
	if (r == 0)
		r = write_header(p, &e, false);
	if (r < 0 || now.st_dev != p->device)
		return r;
	return pack_directory(p, take_fd(&fd), &o);
}

static int append_name(struct pack *p, const char *name)
{
	size_t n = strlen(name);

	/* A slash and a NUL behind it. */
	if (p->length + n + 2 > p->room) {
		size_t room = (p->length + n) * 2 + 256;
		char *more = realloc(p->name, room);

		if (more == NULL)
			return work_fail(&p->work, -ENOMEM, "there is not enough memory");
		p->name = more;
		p->room = room;
	}
	memcpy(p->name + p->length, name, n + 1);
	p->length += n;
	return 0;
}

static int pack_entry(struct pack *p, int dir, const char *name, const struct override *parent)
{
	const char *known;
	struct stat st;
	int r = 0;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 0 : work_fail_on(&p->work, -errno, "look at", p->name);
	if (S_ISSOCK(st.st_mode))
		return 0;
	if (S_ISDIR(st.st_mode))
		return pack_subdirectory(p, dir, name, &st);
	known = links_find(&p->links, &st, p->name, &r);
	if (r < 0)
		return work_fail(&p->work, r, "there is not enough memory");
	return S_ISREG(st.st_mode) ? pack_file(p, dir, name, &st, known) : pack_other(p, dir, name, &st, parent, known);
}

/* What is in a directory; its own entry has been written. Consumes fd. */
static int pack_directory(struct pack *p, int fd, const struct override *owner)
{
	size_t length = p->length;
	DIR *d = fdopendir(fd);
	struct dirent *e;
	int r = 0;

	if (d == NULL) {
		close(fd);
		return work_fail(&p->work, -ENOMEM, "there is not enough memory");
	}
	for (errno = 0; r == 0 && (e = readdir(d)) != NULL; errno = 0) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		r = append_name(p, e->d_name);
		if (r == 0)
			r = pack_entry(p, fd, e->d_name, owner);
		if (r == 0)
			r = work_tick(&p->work);
		p->length = length;
		p->name[length] = '\0';
	}
	if (r == 0 && errno != 0)
		r = work_fail_on(&p->work, -errno, "read", p->name);
	closedir(d);
	return r;
}

static int pack_root(struct pack *p, int dir)
{
	struct stat st;

	if (fstat(dir, &st) < 0)
		return work_fail(&p->work, -errno, "cannot look at the root directory: %s", strerror(errno));
	p->device = st.st_dev;
	if (append_name(p, ".") < 0)
		return -ENOMEM;
	return pack_subdirectory(p, dir, ".", &st);
}

int archive_pack(int dir, int fd, enum archive_format format, const struct archive_options *o, struct message *message)
{
	struct pack p = {0};
	int r;

	work_begin(&p.work, o, message);
	p.writer.work = &p.work;
	r = output_open(fd, format, &p.work, &p.writer.out);
	if (r == 0)
		r = pack_root(&p, dir);
	if (r == 0)
		r = tar_write_end(&p.writer);
	if (r == 0)
		r = output_end(p.writer.out);
	if (r == 0)
		r = work_end(&p.work);
	output_close(p.writer.out);
	tar_writer_done(&p.writer);
	links_done(&p.links);
	guest_attributes_done(&p.attributes);
	free(p.extents);
	free(p.name);
	return r;
}
