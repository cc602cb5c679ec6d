/*
 * Within a file system a location moves by names only, and can be found at every moment: the new place is a link to the old one
 * while the registry learns of it, then the two change places at once. To another file system it is copied,
 * and removed from the old place when the registry knows the new one.
 *
 * The registry knows both places all the time (struct distro's `moving`), and at each moment `location` has, or is a link to, all
 * of the distribution: so whoever finds that a move was killed knows what to remove (move_recover).
 */
#include "cli/move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/distributions.h"
#include "cli/progress.h"
#include "cli/report.h"
#include "cli/store.h"
#include "distro/archive.h"
#include "distro/disk.h"

/* --- the new place --------------------------------------------------------------------------------------------------- */

/* The path that `to` will have, without links: its parent's, and its last component. The parent is made. */
static void name_place(const char *to, char *ret)
{
	char parent[PATH_MAX], real[PATH_MAX], *slash;
	const char *last;
	size_t n = strlen(to);

	if (n == 0 || n >= sizeof(parent))
		report_fatal("'%.200s' is no directory to move to", to);
	snprintf(parent, sizeof(parent), "%s", to);
	while (n > 1 && parent[n - 1] == '/')
		parent[--n] = '\0';
	slash = strrchr(parent, '/');
	last = to + (slash != NULL ? slash + 1 - parent : 0);
	n -= slash != NULL ? (size_t)(slash + 1 - parent) : 0;
	if (n == 0 || (n == 1 && last[0] == '.') || (n == 2 && last[0] == '.' && last[1] == '.'))
		report_fatal("'%s' is no directory to move to: it is there already", to);
	if (slash != NULL)
		slash[slash == parent ? 1 : 0] = '\0';
	if (slash != NULL) {
		int r = distro_make_directories(parent);

		if (r < 0)
			report_fatal("cannot make the directory '%s': %s", parent, strerror(-r));
	}
	if (realpath(slash != NULL ? parent : ".", real) == NULL)
		report_fatal("cannot open the directory '%s': %s", slash != NULL ? parent : ".", strerror(errno));
	if (snprintf(ret, PATH_MAX, "%s/%.*s", strcmp(real, "/") == 0 ? "" : real, (int)n, last) >= PATH_MAX)
		report_fatal("the path of '%s' is too long", to);
}

static void check_place(const struct registry *r, const struct distro *d, const char *place)
{
	const struct distro *other = registry_at(r, place);
	size_t n = strlen(d->location);
	struct stat st;

	if (other == d)
		report_fatal("'%s' is in '%s' already", d->name, place);
	if (other != NULL)
		report_fatal("'%s' is where '%s' is", place, other->name);
	if (strncmp(place, d->location, n) == 0 && place[n] == '/')
		report_fatal("'%s' cannot be moved into itself, to '%s'", d->name, place);
	if (lstat(place, &st) < 0)
		return;
	/* One that is there makes room for what is moved. */
	if (!S_ISDIR(st.st_mode))
		report_fatal("'%s' is no directory", place);
	if (rmdir(place) < 0)
		report_fatal("'%s' is not empty", place);
}

/* --- what the registry knows ------------------------------------------------------------------------------------------- */

static int set_places(struct registry *r, struct distro *d, const char *location, const char *moving, struct message *m)
{
	snprintf(d->location, sizeof(d->location), "%s", location);
	snprintf(d->moving, sizeof(d->moving), "%s", moving);
	return registry_commit(r, m);
}

/* Nothing has moved. */
static NORETURN void PRINTF_LIKE(4, 5)
	give_up(struct registry *r, struct distro *d, const char *old, const char *format, ...)
{
	char sentence[2048];
	va_list ap;

	va_start(ap, format);
	(void)vsnprintf(sentence, sizeof(sentence), format, ap);
	va_end(ap);
	(void)!set_places(r, d, old, "", NULL);
	report_fatal("%s", sentence);
}

/* --- the same file system -------------------------------------------------------------------------------------------- */

/* The location and the link to it change places; where file systems cannot do that at once, in two steps. */
static int exchange(const char *location, const char *place)
{
	if (renameat2(AT_FDCWD, location, AT_FDCWD, place, RENAME_EXCHANGE) == 0)
		return unlink(location) < 0 ? -errno : 0;
	if (errno != EINVAL && errno != ENOSYS)
		return -errno;
	if (unlink(place) < 0)
		return -errno;
	return rename(location, place) < 0 ? -errno : 0;
}

static bool is_same_file_system(const char *location, const char *place)
{
	char parent[PATH_MAX];
	struct stat a, b;

	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(place, '/') - place + 1), place);
	return stat(location, &a) == 0 && stat(parent, &b) == 0 && a.st_dev == b.st_dev;
}

static void move_names(struct registry *r, struct distro *d, const char *old, const char *place)
{
	struct message m;
	int error;

	if (symlink(old, place) < 0)
		give_up(r, d, old, "cannot make '%s': %s", place, strerror(errno));
	if (set_places(r, d, place, old, &m) < 0) {
		(void)unlink(place);
		give_up(r, d, old, "%s", m.text);
	}
	error = exchange(old, place);
	if (error < 0) {
		(void)!set_places(r, d, old, place, NULL);
		(void)unlink(place);
		give_up(r, d, old, "cannot move '%s' to '%s': %s", d->name, place, strerror(-error));
	}
	if (set_places(r, d, place, "", &m) < 0)
		report_fatal("%s", m.text);
}

/* --- another file system --------------------------------------------------------------------------------------------- */

static int copy_tree(const struct distro *d, int from, int to, struct archive_options *o, struct message *m)
{
	int root CLEANUP(host_close_at) = openat(from, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int copy CLEANUP(host_close_at) = -1;
	int r;

	if (root < 0 || mkdirat(to, "rootfs", 0755) < 0 ||
	    (copy = openat(to, "rootfs", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		message_set(m, "cannot open the files of '%s': %s", d->name, strerror(errno));
		return -EIO;
	}
	r = store_sidecar(from, false, &o->sidecar, m);
	if (r == 0)
		r = store_sidecar(to, true, &o->copy_sidecar, m);
	if (r == 0)
		r = archive_copy(root, copy, o, m);
	if (r == 0)
		r = sidecar_sync(o->copy_sidecar);
	sidecar_close(o->sidecar);
	sidecar_close(o->copy_sidecar);
	return r;
}

static int copy_disk(const struct distro *d, int from, int to, const struct archive_options *o, struct message *m)
{
	int copy CLEANUP(host_close_at) = -1;
	char path[PATH_MAX];

	/* One that is elsewhere stays there. */
	if (host_readlinkat(from, "disk.ext4", path, sizeof(path)) > 0) {
		if (symlinkat(path, to, "disk.ext4") == 0)
			return 0;
	} else if (distro_path(d, "disk.ext4", path, sizeof(path)) == 0) {
		copy = openat(to, "disk.ext4", O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (copy >= 0)
			return disk_copy(path, copy, o, m);
	}
	message_set(m, "cannot make its disk: %s", strerror(errno));
	return -EIO;
}

static int copy_parts(const struct distro *d, const char *place, const struct archive_options *options,
		      struct message *m)
{
	struct archive_options o = *options;
	int from CLEANUP(host_close_at) = open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int to CLEANUP(host_close_at) = -1;

	if (from < 0 || mkdir(place, 0700) < 0 || (to = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) {
		message_set(m, "cannot open '%s': %s", from < 0 ? d->location : place, strerror(errno));
		return -EIO;
	}
	return d->version == 2 ? copy_disk(d, from, to, &o, m) : copy_tree(d, from, to, &o, m);
}

/* The registry is others' meanwhile: the location is held, so nobody else changes what is in it, or where it is. */
static void move_files(struct registry *r, const struct distro *found, const char *place, bool quiet)
{
	const struct distro own = *found;
	char what[DISTRO_NAME_MAX + 32];
	struct message m = {""};
	struct distro *d;
	int error, signal;

	registry_done(r);
	(void)snprintf(what, sizeof(what), "moving %s", own.name);
	error = copy_parts(&own, place, progress_begin(what, quiet), &m);
	signal = progress_end();
	distributions_begin(r);
	d = registry_by_id(r, own.id);
	if (d == NULL) {
		(void)!store_remove(place);
		report_fatal("'%s' was removed meanwhile", own.name);
	}
	if (error == 0)
		error = set_places(r, d, place, own.location, &m);
	if (error < 0) {
		(void)!store_remove(place);
		if (signal != 0) {
			(void)!set_places(r, d, own.location, "", NULL);
			progress_die(signal);
		}
		give_up(r, d, own.location, "cannot move '%s' to '%s': %s", own.name, place, m.text);
	}
	error = store_remove(own.location);
	if (error < 0)
		report("'%s' is in '%s' now; what is left in '%s' cannot be removed: %s", own.name, place, own.location,
		       strerror(-error));
	if (set_places(r, d, place, "", &m) < 0)
		report_fatal("%s", m.text);
}

void move_distribution(struct registry *r, struct distro *d, const char *to, bool quiet)
{
	char old[PATH_MAX], place[PATH_MAX];
	const char *stranger;
	struct message m;
	int store = store_hold(d, "moved");

	if (store < 0)
		report_fatal("the files of '%s' are gone from '%s'", d->name, d->location);
	if (d->state != DISTRO_INSTALLED || d->moving[0] != '\0')
		report_fatal("'%s' cannot be moved: another command is changing it, or was killed doing so", d->name);
	stranger = store_stranger(d->location);
	if (stranger != NULL)
		report_fatal("'%s' has more in it than '%s': move '%s' away first", d->location, d->name, stranger);
	name_place(to, place);
	check_place(r, d, place);
	strcpy(old, d->location);
	if (set_places(r, d, old, place, &m) < 0)
		report_fatal("%s", m.text);
	if (is_same_file_system(old, place))
		move_names(r, d, old, place);
	else
		move_files(r, d, place, quiet);
	close(store);
	registry_done(r);
}

/* --- one that was killed ------------------------------------------------------------------------------------------------ */

static bool is_link_to(const char *path, const char *target)
{
	char text[PATH_MAX];

	return host_readlinkat(AT_FDCWD, path, text, sizeof(text)) > 0 && strcmp(text, target) == 0;
}

int move_recover(const struct distro *d)
{
	struct stat st;
	int r;

	if (is_link_to(d->location, d->moving))
		return exchange(d->moving, d->location);
	/* The second way of exchange(). */
	if (lstat(d->location, &st) < 0)
		return rename(d->moving, d->location) < 0 ? -errno : 0;
	if (is_link_to(d->moving, d->location) || is_link_to(d->moving, d->moving))
		return unlink(d->moving) < 0 ? -errno : 0;
	/* What is no directory has been put there since. */
	if (lstat(d->moving, &st) < 0 || !S_ISDIR(st.st_mode))
		return 0;
	r = store_remove(d->moving);
	return r == -ENOTDIR ? 0 : r;
}
