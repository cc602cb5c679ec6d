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
#include <signal.h>
#include <stdarg.h>
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
	int location CLEANUP(host_close_at) = -1;
	int copy CLEANUP(host_close_at) = -1;
	struct archive_options o = {.progress = look_for_signals, .content_max = UINT64_MAX, .entries_max = UINT64_MAX};
	char path[PATH_MAX];
	int r;

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
	location = open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	copy = open(place, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (location < 0 || copy < 0) {
		message_set(m, "cannot open '%s': %s", location < 0 ? d->location : place, strerror(errno));
		return -EIO;
	}
	r = store_sidecar(location, false, &o.sidecar, m);
	if (r == 0)
		r = store_sidecar(copy, true, &o.copy_sidecar, m);
	if (r == 0)
		r = archive_copy(from, to, &o, m);
	if (r == 0)
		r = sidecar_sync(o.copy_sidecar);
	sidecar_close(o.sidecar);
	sidecar_close(o.copy_sidecar);
	return r;
}

static void move_files(struct registry *r, struct distro *d, const char *old, const char *place)
{
	static const int signals[] = {SIGHUP, SIGINT, SIGTERM};
	struct message m = {""};
	int error;

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		(void)signal(signals[i], on_signal);
	error = copy_parts(d, place, &m);
	if (error == 0)
		error = set_places(r, d, place, old, &m);
	if (error < 0) {
		(void)!store_remove(place);
		give_up(r, d, old, "cannot move '%s' to '%s': %s", d->name, place,
			interrupted != 0 ? "it was interrupted" : m.text);
	}
	error = store_remove(old);
	if (error < 0)
		report("'%s' is in '%s' now; what is left in '%s' cannot be removed: %s", d->name, place, old,
		       strerror(-error));
}

void move_distribution(struct registry *r, struct distro *d, const char *to)
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
		move_files(r, d, old, place);
	if (set_places(r, d, place, "", &m) < 0)
		report_fatal("%s", m.text);
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
