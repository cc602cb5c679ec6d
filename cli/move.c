/*
 * Within a file system a location moves by names only, and can be found at every moment: the new place is a link to the old one
 * while the registry learns of it, then the two change places at once. To another file system it is copied,
 * and removed from the old place when the registry knows the new one.
 */
#include "cli/move.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/distributions.h"
#include "cli/report.h"
#include "cli/store.h"
#include "distro/archive.h"

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

/* --- the same file system -------------------------------------------------------------------------------------------- */

static void set_location(struct registry *r, struct distro *d, const char *place, const char *undo)
{
	struct message m;

	snprintf(d->location, sizeof(d->location), "%s", place);
	if (registry_commit(r, &m) == 0)
		return;
	(void)unlink(undo);
	report_fatal("%s", m.text);
}

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

static void move_names(struct registry *r, struct distro *d, const char *place)
{
	char old[PATH_MAX];
	int error;

	strcpy(old, d->location);
	if (symlink(old, place) < 0)
		report_fatal("cannot make '%s': %s", place, strerror(errno));
	set_location(r, d, place, place);
	error = exchange(old, place);
	if (error == 0)
		return;
	/* As it was. */
	strcpy(d->location, old);
	(void)!registry_commit(r, NULL);
	(void)unlink(place);
	report_fatal("cannot move '%s' to '%s': %s", d->name, place, strerror(-error));
}

/* --- another file system --------------------------------------------------------------------------------------------- */

static volatile sig_atomic_t interrupted;

static void on_signal(int sig)
{
	interrupted = sig;
}

static int look_for_signals(void *context, const struct archive_progress *p)
{
	(void)context;
	(void)p;
	return interrupted;
}

static int copy_parts(const struct distro *d, const char *place, struct message *m)
{
	int from CLEANUP(host_close_at) = -1;
	int to CLEANUP(host_close_at) = -1;
	const struct archive_options o = {
		.progress = look_for_signals, .content_max = UINT64_MAX, .entries_max = UINT64_MAX};
	char path[PATH_MAX];

	if (snprintf(path, sizeof(path), "%s/rootfs", place) >= (int)sizeof(path) || mkdir(place, 0700) < 0 ||
	    mkdir(path, 0755) < 0) {
		message_set(m, "cannot make '%s': %s", place, strerror(errno));
		return -errno;
	}
	to = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (distro_path(d, "rootfs", path, sizeof(path)) == 0)
		from = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0 || to < 0) {
		message_set(m, "cannot open '%s': %s", from < 0 ? path : place, strerror(errno));
		return -EIO;
	}
	return archive_copy(from, to, &o, m);
}

static void move_files(struct registry *r, struct distro *d, const char *place)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct message m = {""};
	char old[PATH_MAX];
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)signal(signals[i], on_signal);
	error = copy_parts(d, place, &m);
	if (error < 0) {
		(void)!store_remove(place);
		report_fatal("cannot move '%s' to '%s': %s", d->name, place,
			     interrupted != 0 ? "it was interrupted" : m.text);
	}
	strcpy(old, d->location);
	snprintf(d->location, sizeof(d->location), "%s", place);
	if (registry_commit(r, &m) < 0) {
		(void)!store_remove(place);
		report_fatal("%s", m.text);
	}
	error = store_remove(old);
	if (error < 0)
		report("'%s' is in '%s' now; what is left in '%s' cannot be removed: %s", d->name, place, old,
		       strerror(-error));
}

void move_distribution(struct registry *r, struct distro *d, const char *to)
{
	char place[PATH_MAX];
	const char *stranger;
	int store = store_hold(d, "moved");

	if (store < 0)
		report_fatal("the files of '%s' are gone from '%s'", d->name, d->location);
	if (d->state != DISTRO_INSTALLED)
		report_fatal("'%s' cannot be moved: another command is changing it, or was killed doing so", d->name);
	stranger = store_stranger(d->location);
	if (stranger != NULL)
		report_fatal("'%s' has more in it than '%s': move '%s' away first", d->location, d->name, stranger);
	name_place(to, place);
	check_place(r, d, place);
	if (is_same_file_system(d->location, place))
		move_names(r, d, place);
	else
		move_files(r, d, place);
	close(store);
	registry_done(r);
}
