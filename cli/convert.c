#include "cli/convert.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/distributions.h"
#include "cli/instance.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/store.h"
#include "distro/ext4.h"

/* Of a disk that are its own, and what large attributes may take of them. */
#define DISK_INODES 64

struct conversion {
	struct distro d; /* as it was */
	int version;     /* that it is to be of */
	int location;    /* held */
	int disk;        /* of version 2: held as well, so that no VM takes it */
	char rootfs[PATH_MAX], fresh_rootfs[PATH_MAX], links[PATH_MAX];
	char image[PATH_MAX], fresh_image[PATH_MAX];
	struct archive_options options;
	struct ext4_needs needs;
	char title[DISTRO_NAME_MAX + 64];
};

/* --- the registry ------------------------------------------------------------------------------------------------------------------ */

static int record(const struct conversion *c, int version, enum distro_state state, struct message *m)
{
	struct registry r;
	struct distro *d;
	int error = registry_begin(&r, m);

	if (error < 0)
		return error;
	d = registry_by_id(&r, c->d.id);
	if (d == NULL) {
		error = -ENOENT;
		message_set(m, "'%s' is not in the registry any more", c->d.name);
	} else {
		d->version = version;
		d->state = state;
		error = state == DISTRO_INSTALLED ? registry_settle(&r, d, m) : registry_commit(&r, m);
	}
	registry_done(&r);
	return error;
}

/* Nobody else starts, ends or changes it from here on. */
static void take(struct conversion *c, const char *name)
{
	struct registry r = REGISTRY_EMPTY;
	struct distro *d;

	/* Nobody is there, and it would have ended by itself. */
	distributions_read(&r);
	(void)!instance_end_idle(distributions_find(&r, name));
	registry_done(&r);
	distributions_begin(&r);
	d = distributions_find(&r, name);
	if (d->version == c->version)
		report_fatal("'%s' is of version %d already", d->name, d->version);
	c->location = store_hold(d, "converted");
	if (c->location < 0)
		report_fatal("the files of '%s' are gone from '%s'", d->name, d->location);
	if (d->state != DISTRO_INSTALLED || d->moving[0] != '\0')
		report_fatal("'%s' cannot be converted: another command is changing it, or was killed doing so",
			     d->name);
	c->d = *d;
	d->state = DISTRO_CONVERTING;
	distributions_commit(&r);
}

static int name_parts(struct conversion *c, struct message *m)
{
	const struct {
		const char *name;
		char *path;
	} parts[] = {{"rootfs", c->rootfs},
		     {"rootfs.new", c->fresh_rootfs},
		     {"links.new", c->links},
		     {"disk.ext4", c->image},
		     {"disk.ext4.new", c->fresh_image}};

	for (size_t i = 0; i < ARRAY_SIZE(parts); i++) {
		int r = distro_path(&c->d, parts[i].name, parts[i].path, PATH_MAX);

		if (r < 0) {
			message_set(m, "the path of '%s' is too long", c->d.location);
			return r;
		}
	}
	return 0;
}

/* Files of a size that a limit forbids are an error like any other, and descriptors are needed for each directory on the way. */
static void raise_limits(void)
{
	struct rlimit limit;

	(void)signal(SIGXFSZ, SIG_IGN);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = limit.rlim_max < 4096 ? limit.rlim_max : 4096;
		(void)setrlimit(RLIMIT_NOFILE, &limit);
	}
}

/* --- what both directions do -------------------------------------------------------------------------------------------------------- */

static int PRINTF_LIKE(3, 4) failed(struct message *m, int error, const char *format, ...)
{
	char what[512];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(what, sizeof(what), format, ap);
	va_end(ap);
	message_set(m, "%s: %s", what, strerror(-error));
	return error;
}

static int open_tree(const char *path, struct message *m)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? failed(m, -errno, "cannot open '%s'", path) : fd;
}

/* With what moving it takes beyond what is there already. */
static int check_space(const struct conversion *c, struct message *m)
{
	struct statvfs v;
	uint64_t free;

	if (fstatvfs(c->location, &v) < 0)
		return failed(m, -errno, "cannot look at '%s'", c->d.location);
	free = (uint64_t)v.f_bavail * v.f_frsize;
	if (free < c->needs.space) {
		message_set(m,
			    "there is not enough space where '%s' is: %llu MB are needed for the time being, %llu MB "
			    "are free in '%s'",
			    c->d.name, (unsigned long long)(c->needs.space >> 20) + 1, (unsigned long long)(free >> 20),
			    c->d.location);
		return -ENOSPC;
	}
	if (c->version == 2 && c->needs.space > store_disk_size() / 8 * 7) {
		message_set(m, "a disk of %llu MB (wsl2.defaultVhdSize) has no room for the %llu MB of '%s'",
			    (unsigned long long)(store_disk_size() >> 20), (unsigned long long)(c->needs.space >> 20),
			    c->d.name);
		return -ENOSPC;
	}
	if (c->version == 2 && c->needs.entries > ext4_inodes(store_disk_size()) - DISK_INODES) {
		message_set(m, "a disk of %llu MB (wsl2.defaultVhdSize) has no room for the %llu files of '%s'",
			    (unsigned long long)(store_disk_size() >> 20), (unsigned long long)c->needs.entries,
			    c->d.name);
		return -ENOSPC;
	}
	if (c->version == 1 && v.f_files > 0 && v.f_favail < c->needs.entries) {
		message_set(m, "there are not enough inodes where '%s' is: %llu are needed, %llu are free", c->d.name,
			    (unsigned long long)c->needs.entries, (unsigned long long)v.f_favail);
		return -ENOSPC;
	}
	return 0;
}

static int compare(struct conversion *c, const char *image, int tree, struct message *m)
{
	struct archive_options o = c->options;
	int r;

	(void)snprintf(c->title, sizeof(c->title), "verifying %s", c->d.name);
	o.sidecar = NULL;
	r = store_sidecar(c->location, false, &o.sidecar, m);
	if (r == 0)
		r = ext4_compare(image, tree, &o, m);
	sidecar_close(o.sidecar);
	return r;
}

/* What e2fsck says, which has looked at the disk while r came about: that counts first. */
static int end_check(const char *image, pid_t checking, int r, struct message *m)
{
	if (r < 0) {
		ext4_check_stop(checking);
		return r;
	}
	r = ext4_check_end(image, checking, m);
	return r == -ENOENT ? 0 : r;
}

/* It has its name, for good. */
static int name_it(const struct conversion *c, const char *from, const char *to, struct message *m)
{
	if (rename(from, to) < 0)
		return failed(m, -errno, "cannot name '%s'", to);
	return fsync(c->location) < 0 ? failed(m, -errno, "cannot write '%s'", c->d.location) : 0;
}

/* --- to version 2 --------------------------------------------------------------------------------------------------------------------- */

static int write_image(struct conversion *c, int tree, struct message *m)
{
	struct archive_options o = c->options;
	int r = store_sidecar(c->location, false, &o.sidecar, m);

	if (r == 0)
		r = ext4_scan_tree(tree, &o, &c->needs, m);
	if (r == 0)
		r = check_space(c, m);
	o.done.content_total = c->options.done.content_total = c->needs.content;
	if (r == 0)
		r = ext4_write_tree(tree, c->fresh_image, store_disk_size(), &o, m);
	sidecar_close(o.sidecar);
	return r;
}

static int verify_image(struct conversion *c, int tree, struct message *m)
{
	pid_t checking;
	int r = ext4_check_begin(c->fresh_image, false, &checking, m);

	return r < 0 ? r : end_check(c->fresh_image, checking, compare(c, c->fresh_image, tree, m), m);
}

static int to_image(struct conversion *c, struct message *m)
{
	int tree CLEANUP(host_close_at) = open_tree(c->rootfs, m);
	int r = tree < 0 ? tree : write_image(c, tree, m);

	if (r == 0)
		r = verify_image(c, tree, m);
	/* It has been read as the host will write it, which it does meanwhile. */
	if (r == 0)
		r = ext4_sync(c->fresh_image, m);
	return r == 0 ? name_it(c, c->fresh_image, c->image, m) : r;
}

/* --- to version 1 --------------------------------------------------------------------------------------------------------------------- */

/* As a VM holds it. A lock of the open file: others of this process open and close the disk as well. */
static int hold_disk(struct conversion *c, struct message *m)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

	c->disk = open(c->image, O_RDWR | O_CLOEXEC);
	if (c->disk < 0)
		return failed(m, -errno, "cannot open the disk '%s'", c->image);
	if (fcntl(c->disk, F_OFD_SETLK, &lock) < 0) {
		message_set(m, "'%s' cannot be converted while its disk is in use: lxrun --terminate %s", c->d.name,
			    c->d.name);
		return -EBUSY;
	}
	return 0;
}

/* Not where the last one was. */
static int make_elsewhere(const struct conversion *c, struct message *m)
{
	int links CLEANUP(host_close_at) = open_tree(c->links, m);
	char path[PATH_MAX];

	if (links < 0)
		return links;
	ext4_spread(links);
	if (snprintf(path, sizeof(path), "%s/XXXXXX", c->links) >= (int)sizeof(path))
		return failed(m, -ENAMETOOLONG, "cannot make '%s'", c->fresh_rootfs);
	if (mkdtemp(path) == NULL || rename(path, c->fresh_rootfs) < 0)
		return failed(m, -errno, "cannot make '%s'", c->fresh_rootfs);
	return 0;
}

static int make_tree(const struct conversion *c, struct message *m)
{
	int r = mkdir(c->links, 0700) < 0 ? failed(m, -errno, "cannot make '%s'", c->links) : make_elsewhere(c, m);

	return r < 0 ? r : open_tree(c->fresh_rootfs, m);
}

static int write_tree(struct conversion *c, int tree, struct message *m)
{
	int links CLEANUP(host_close_at) = open_tree(c->links, m);
	struct archive_options o = c->options;
	int r = links < 0 ? links : store_sidecar(c->location, true, &o.sidecar, m);

	if (r == 0)
		r = ext4_read_tree(c->image, tree, links, &o, m);
	if (r == 0 && sidecar_sync(o.sidecar) < 0)
		r = failed(m, -EIO, "cannot write '%s/%s'", c->d.location, SIDECAR_NAME);
	sidecar_close(o.sidecar);
	if (r < 0)
		return r;
	r = archive_remove_tree(c->links);
	return r < 0 ? failed(m, r, "cannot remove '%s'", c->links) : 0;
}

/* There is room for what is in it, and all of it can be kept. */
static int prepare_disk(struct conversion *c, struct message *m)
{
	int r = ext4_scan_disk(c->image, &c->options, &c->needs, m);

	if (r == 0)
		r = check_space(c, m);
	c->options.done.content_total = c->needs.content;
	return r;
}

/* The fresh tree, complete. */
static int unpack(struct conversion *c, struct message *m)
{
	int tree CLEANUP(host_close_at) = -1;
	pid_t checking;
	int r = hold_disk(c, m);

	if (r == 0)
		r = ext4_check_begin(c->image, true, &checking, m);
	if (r < 0)
		return r;
	/* Nothing of the disk is believed, so it can be read at the same time. */
	r = prepare_disk(c, m);
	if (r == 0)
		tree = make_tree(c, m);
	if (r == 0)
		r = tree < 0 ? tree : write_tree(c, tree, m);
	r = end_check(c->image, checking, r, m);
	return r < 0 ? r : take_fd(&tree);
}

/* The host writes what is read once more meanwhile. */
static pid_t begin_sync(const struct conversion *c)
{
	pid_t child = fork();

	if (child == 0)
		_exit(syncfs(c->location) < 0);
	return child;
}

static int end_sync(const struct conversion *c, pid_t child, int r, struct message *m)
{
	int status = 0;

	while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && (child < 0 || status != 0) && syncfs(c->location) < 0)
		return failed(m, -errno, "cannot write '%s'", c->d.location);
	/* Errors are told once, to whom they were told first. */
	if (r == 0 && child > 0 && status != 0)
		return failed(m, -EIO, "cannot write '%s'", c->d.location);
	return r;
}

static int to_tree(struct conversion *c, struct message *m)
{
	int tree CLEANUP(host_close_at) = unpack(c, m);
	int r = tree < 0 ? tree : 0;
	pid_t syncing;

	if (r < 0)
		return r;
	syncing = begin_sync(c);
	r = end_sync(c, syncing, compare(c, c->image, tree, m), m);
	return r == 0 ? name_it(c, c->fresh_rootfs, c->rootfs, m) : r;
}

int convert_unpack(const struct distro *d, int location, const struct archive_options *o, struct message *m)
{
	struct conversion c = {.d = *d, .version = 1, .location = location, .disk = -1, .options = *o};
	int r = convert_recover(d);

	raise_limits();
	if (r < 0)
		return failed(m, r, "cannot clear up '%s'", d->location);
	r = name_parts(&c, m);
	if (r == 0)
		r = unpack(&c, m);
	if (c.disk >= 0)
		close(c.disk);
	return r;
}

/* --- all of it ------------------------------------------------------------------------------------------------------------------------ */

void convert(const char *name, int version, bool quiet)
{
	struct conversion c = {.version = version, .location = -1, .disk = -1};
	struct distro now;
	struct message m = {""}, later;
	int r, signal;

	raise_limits();
	take(&c, name);
	(void)snprintf(c.title, sizeof(c.title), "converting %s to version %d", c.d.name, version);
	c.options = *progress_begin(c.title, quiet);
	c.options.read_since = time(NULL);
	/* What was there before, of commands that were killed. */
	r = convert_recover(&c.d);
	if (r < 0)
		(void)failed(&m, r, "cannot clear up '%s'", c.d.location);
	if (r == 0)
		r = name_parts(&c, &m);
	if (r == 0)
		r = version == 2 ? to_image(&c, &m) : to_tree(&c, &m);
	now = c.d;
	if (r == 0) {
		now.version = version;
		r = record(&c, version, DISTRO_CONVERTING, &m);
		/* The registry is as it was. */
		now.version = r < 0 ? c.d.version : version;
	}
	(void)snprintf(c.title, sizeof(c.title), "clearing up %s", c.d.name);
	if (convert_recover(&now) == 0)
		(void)!record(&c, now.version, DISTRO_INSTALLED, &later);
	signal = progress_end();
	if (r < 0 && signal != 0)
		progress_die(signal);
	if (r < 0)
		report_fatal("'%s' stays of version %d: %s", c.d.name, c.d.version, m.text);
	if (c.disk >= 0)
		close(c.disk);
	close(c.location);
}
