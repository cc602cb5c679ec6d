/* From an archive's entries to a tree. archive_place.h says where things are made, archive_owner.h whose they are. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/archive_acl.h"
#include "distro/archive_owner.h"
#include "distro/archive_place.h"
#include "distro/archive_tar.h"

struct unpack {
	struct archive_work work;
	struct input *input;
	struct tar_reader *tar;
	struct places places;
	struct owners owners;
	char *name, *link; /* clean; buffers that are used again */
	size_t name_room, link_room;
};

/* Where an entry is to be made. */
struct spot {
	struct place_dir *dir;
	const char *name;
};

static const struct timespec *times(const struct tar_entry *e, struct timespec *buf)
{
	buf[0] = (struct timespec){.tv_nsec = UTIME_OMIT};
	buf[1] = e->mtime;
	return buf;
}

/* Removes what an earlier entry has made; what counts is the later one. */
static int make_room(struct unpack *u, const struct spot *s)
{
	if (unlinkat(s->dir->fd, s->name, 0) == 0)
		return 0;
	if (errno == EISDIR && unlinkat(s->dir->fd, s->name, AT_REMOVEDIR) == 0) {
		places_forget(&u->places, u->name);
		return 0;
	}
	if (errno == ENOTEMPTY)
		return work_fail(&u->work, -EBADMSG, "the archive has %s as a directory with files, and then as a file",
				 show_name(u->name).text);
	return work_fail_on(&u->work, -errno, "replace", u->name);
}

/* --- files ------------------------------------------------------------------------------------------------------------ */

static int write_content(struct unpack *u, int fd, const struct tar_entry *e)
{
	uint64_t end = 0, offset;
	const void *p;
	size_t n;
	int r;

	while ((r = tar_content(u->tar, &p, &n, &offset)) > 0) {
		r = host_pwrite_full(fd, p, n, (off_t)offset);
		if (r < 0)
			return work_fail_on(&u->work, r, "write", u->name);
		end = offset + n > end ? offset + n : end;
		u->work.progress.content += n;
	}
	if (r < 0)
		return r;
	/* A hole at the end. */
	if (e->size > end && ftruncate(fd, (off_t)e->size) < 0)
		return work_fail_on(&u->work, -errno, "write", u->name);
	return 0;
}

static int create(struct unpack *u, const struct spot *s, mode_t mode)
{
	for (int i = 0;; i++) {
		int fd = openat(s->dir->fd, s->name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode);
		int r;

		if (fd >= 0)
			return fd;
		if (errno != EEXIST || i > 0)
			return work_fail_on(&u->work, -errno, "make", u->name);
		r = make_room(u, s);
		if (r < 0)
			return r;
	}
}

static int make_file(struct unpack *u, const struct spot *s, const struct tar_entry *e, const struct override *want)
{
	int fd CLEANUP(host_close_at) = create(u, s, owner_mode_to_make(&u->owners, want));
	struct timespec t[2];
	int r;

	if (fd < 0)
		return fd;
	r = S_ISREG(want->mode) ? write_content(u, fd, e) : 0;
	if (r == 0)
		r = owner_apply(&u->owners, fd, true, e, want);
	if (r == 0 && futimens(fd, times(e, t)) < 0)
		r = work_fail_on(&u->work, -errno, "set the time of", u->name);
	if (r < 0)
		return r;
	/* Some file systems say only now that there was no space. */
	r = close(take_fd(&fd)) < 0 ? -errno : 0;
	return r < 0 && r != -EINTR ? work_fail_on(&u->work, r, "write", u->name) : 0;
}

/* A device: an empty file with an attribute, if there are attributes. */
static int make_device(struct unpack *u, const struct spot *s, const struct tar_entry *e, const struct override *want)
{
	int r;

	if (u->owners.no_attributes && u->owners.sidecar == NULL) {
		u->owners.lost_devices++;
		return 0;
	}
	r = make_file(u, s, e, want);
	u->owners.devices = true;
	if (r == 0 && u->owners.no_attributes && u->owners.sidecar == NULL) {
		u->owners.lost_devices++;
		u->owners.lost_owners--;
		return make_room(u, s);
	}
	return r;
}

/* --- what has no content ------------------------------------------------------------------------------------------------ */

static int make_directory(struct unpack *u, const struct tar_entry *e, const struct override *want)
{
	struct place_dir *d;
	size_t length = strlen(u->name);
	struct spot s;
	int r;

	if (length > 0) {
		r = places_parent(&u->places, u->name, true, &s.dir, &s.name);
		if (r < 0)
			return r;
		s.dir->changed = true;
		for (int i = 0; i < 2; i++) {
			struct stat st;

			if (mkdirat(s.dir->fd, s.name, owner_mode_to_make(&u->owners, want)) == 0)
				break;
			if (errno != EEXIST)
				return work_fail_on(&u->work, -errno, "make", u->name);
			if (fstatat(s.dir->fd, s.name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode))
				break;
			r = make_room(u, &s);
			if (r < 0)
				return r;
		}
	}
	r = places_directory(&u->places, u->name, length, false, &d);
	if (r < 0)
		return r == -ENOENT ? work_fail_on(&u->work, r, "open", u->name) : r;
	d->mtime = e->mtime;
	d->changed = true;
	/* It may have been there: its mode is set in any case. */
	return owner_apply(&u->owners, d->fd, false, e, want);
}

/* mknod, symlink: again when there was something. */
static int make_node(struct unpack *u, const struct spot *s, const struct tar_entry *e, const char *target,
		     const struct override *want)
{
	mode_t mode = override_host_mode(e->mode, false);
	struct timespec t[2];
	int r;

	for (int i = 0;; i++) {
		r = target != NULL ? symlinkat(target, s->dir->fd, s->name)
				   : mknodat(s->dir->fd, s->name, S_IFIFO | mode, 0);
		if (r == 0)
			break;
		if (errno != EEXIST || i > 0)
			return work_fail_on(&u->work, -errno, "make", u->name);
		r = make_room(u, s);
		if (r < 0)
			return r;
	}
	if (target == NULL && (mode & u->owners.umask) != 0 && fchmodat(s->dir->fd, s->name, mode, 0) < 0)
		return work_fail_on(&u->work, -errno, "set the mode of", u->name);
	r = owner_apply_special(&u->owners, s->dir->fd, s->name, e, want);
	if (r < 0)
		return r;
	owner_special_attributes(&u->owners, s->dir->fd, s->name, e);
	if (utimensat(s->dir->fd, s->name, times(e, t), AT_SYMLINK_NOFOLLOW) < 0)
		return work_fail_on(&u->work, -errno, "set the time of", u->name);
	return 0;
}

/* A stand-in of another program's for a link: its content is the target. */
static int read_target(struct unpack *u, char *buf, size_t size)
{
	uint64_t offset;
	const void *p;
	size_t n, done = 0;
	int r;

	while ((r = tar_content(u->tar, &p, &n, &offset)) > 0) {
		if (offset != done || n >= size - done || memchr(p, '\0', n) != NULL)
			return work_fail(&u->work, -EBADMSG, "the archive's link %s has no usable target",
					 show_name(u->name).text);
		memcpy(buf + done, p, n);
		done += n;
	}
	buf[done] = '\0';
	return r;
}

static int make_link(struct unpack *u, const struct spot *s, const struct tar_entry *e, const struct override *want)
{
	char buf[PATH_MAX];
	const char *target = e->link;
	int r = 0;

	if (S_ISREG(e->mode)) {
		r = read_target(u, buf, sizeof(buf));
		target = buf;
	}
	if (r == 0 && target[0] == '\0')
		r = work_fail(&u->work, -EBADMSG, "the archive's link %s has no usable target",
			      show_name(u->name).text);
	return r < 0 ? r : make_node(u, s, e, target, want);
}

/* Another name for a member: everything that is there has come from the archive. */
static int make_hard_link(struct unpack *u, const struct tar_entry *e)
{
	int from CLEANUP(host_close_at) = -1;
	const char *target;
	struct spot s;
	int r;

	r = place_clean(&u->work, e->link, &u->link, &u->link_room);
	if (r < 0 || strcmp(u->name, u->link) == 0)
		return r;
	r = places_parent(&u->places, u->link, false, &s.dir, &target);
	if (r == 0) {
		from = fcntl(s.dir->fd, F_DUPFD_CLOEXEC, 3);
		r = from < 0 ? work_fail_on(&u->work, -errno, "open", u->link) : 0;
	}
	if (r == 0)
		r = places_parent(&u->places, u->name, true, &s.dir, &s.name);
	for (int i = 0; r == 0; i++) {
		struct stat a, b;

		s.dir->changed = true;
		if (linkat(from, target, s.dir->fd, s.name, 0) == 0)
			return 0;
		r = -errno;
		if (r != -EEXIST || i > 0)
			break;
		if (fstatat(from, target, &a, AT_SYMLINK_NOFOLLOW) == 0 &&
		    fstatat(s.dir->fd, s.name, &b, AT_SYMLINK_NOFOLLOW) == 0 && a.st_ino == b.st_ino)
			return 0;
		r = make_room(u, &s);
	}
	if (r == -ENOENT)
		return work_fail(&u->work, -EBADMSG,
				 "the archive has a hard link to %s, which is not in front of it in it",
				 show_name(u->link).text);
	return work_fail_on(&u->work, r, "make the hard link", u->name);
}

/* --- entries ------------------------------------------------------------------------------------------------------------ */

static int unpack_entry(struct unpack *u, const struct tar_entry *e)
{
	struct override want;
	struct spot s;
	int r;

	r = place_clean(&u->work, e->name, &u->name, &u->name_room);
	if (r < 0)
		return r;
	owner_of_entry(e, &want);
	if (S_ISDIR(want.mode))
		return make_directory(u, e, &want);
	if (u->name[0] == '\0')
		return work_fail(&u->work, -EBADMSG, "the archive has an entry without a name");
	if (e->mode == 0)
		return make_hard_link(u, e);
	r = places_parent(&u->places, u->name, true, &s.dir, &s.name);
	if (r < 0)
		return r;
	s.dir->changed = true;
	switch (want.mode & S_IFMT) {
	case S_IFREG:
		return make_file(u, &s, e, &want);
	case S_IFLNK:
		return make_link(u, &s, e, &want);
	case S_IFIFO:
		return make_node(u, &s, e, NULL, &want);
	case S_IFCHR:
	case S_IFBLK:
		return make_device(u, &s, e, &want);
	default:
		/* A socket's stand-in: nobody listens to it any more. */
		return 0;
	}
}

static int unpack_all(struct unpack *u)
{
	uint64_t max = u->work.options->entries_max != 0 ? u->work.options->entries_max : ARCHIVE_ENTRIES_MAX;
	struct tar_entry e;
	int r;

	while ((r = tar_next(u->tar, &e)) > 0) {
		if (++u->work.progress.entries > max)
			return work_fail(&u->work, -EFBIG, "the archive has more than the limit of %llu entries",
					 (unsigned long long)max);
		r = unpack_entry(u, &e);
		if (r < 0)
			return r;
	}
	return r;
}

int archive_unpack(int fd, int dir, const struct archive_options *o, struct message *message)
{
	struct unpack u = {.owners.work = &u.work};
	struct stat st;
	int r;

	work_begin(&u.work, o, message);
	/* What the place where it is unpacked would hand down. */
	(void)fremovexattr(dir, ACL_DEFAULT_ATTRIBUTE);
	r = places_open(&u.places, dir, &u.work);
	u.owners.umask = (mode_t)u.places.umask;
	if (r == 0 && fstat(dir, &st) < 0)
		r = work_fail(&u.work, -errno, "cannot look at the root directory: %s", strerror(errno));
	if (r == 0) {
		u.owners.sidecar = u.work.options->sidecar;
		u.owners.device = st.st_dev;
	}
	if (r == 0)
		r = input_open(fd, &u.work, &u.input);
	if (r == 0)
		r = tar_open(u.input, &u.work, &u.tar);
	if (r == 0)
		r = unpack_all(&u);
	if (r == 0 && u.owners.devices && !u.owners.no_attributes &&
	    fsetxattr(dir, OVERRIDE_KEPT_PREFIX "devices", "", 0, 0) < 0)
		r = work_fail_on(&u.work, -errno, "note device nodes on", ".");
	if (r == 0)
		r = work_end(&u.work);
	places_close(&u.places);
	tar_close(u.tar);
	input_close(u.input);
	free(u.name);
	free(u.link);
	if (r == 0)
		owner_say_lost(&u.owners, message);
	return r;
}
