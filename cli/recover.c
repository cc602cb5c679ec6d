#include "cli/recover.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/convert.h"
#include "cli/instance.h"
#include "cli/instance_end.h"
#include "cli/move.h"
#include "cli/report.h"
#include "cli/store.h"

int location_lock(const char *location)
{
	int fd CLEANUP(host_close_at) = open(location, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	while (flock(fd, LOCK_EX | LOCK_NB) < 0)
		if (errno != EINTR)
			return -errno;
	return take_fd(&fd);
}

static void set_installed(struct registry *r, struct distro *d)
{
	(void)r;
	d->state = DISTRO_INSTALLED;
}

/* One entry, found by its id: others may have changed the registry. */
static void change(const char *id, void (*with)(struct registry *r, struct distro *d))
{
	struct registry r;
	struct distro *d;
	struct message m;

	if (registry_begin(&r, &m) < 0)
		return;
	d = registry_by_id(&r, id);
	if (d != NULL) {
		with(&r, d);
		(void)!(with == set_installed ? registry_settle(&r, d, &m) : registry_commit(&r, &m));
	}
	registry_done(&r);
}

static void set_nothing(struct registry *r, struct distro *d)
{
	(void)r;
	(void)d;
}

static void set_moved(struct registry *r, struct distro *d)
{
	(void)r;
	d->moving[0] = '\0';
}

/* What the registry says now: false if it knows of no such distribution, or knows it elsewhere. */
static bool look_again(const struct distro *d, struct distro *ret)
{
	struct registry r;
	const struct distro *now;
	struct message m;
	bool found;

	if (registry_read(&r, &m) < 0)
		return false;
	now = registry_by_id(&r, d->id);
	found = now != NULL && strcmp(now->location, d->location) == 0;
	if (found)
		*ret = *now;
	/* Another has come to where it was or was to be. */
	if (found && registry_at(&r, ret->moving) != NULL)
		ret->moving[0] = '\0';
	registry_done(&r);
	return found;
}

/* A way by which who moved it, if he is alive, holds it. */
static int lock_place(const struct distro *d)
{
	int lock = location_lock(d->location);

	return lock == -ENOENT && d->moving[0] != '\0' ? location_lock(d->moving) : lock;
}

static bool needs_recovery(const struct distro *d)
{
	return d->state != DISTRO_INSTALLED || d->moving[0] != '\0';
}

static void recover_one(const struct distro *d)
{
	int lock CLEANUP(host_close_at) = lock_place(d);
	struct distro now;

	if (lock == -EWOULDBLOCK || (lock < 0 && lock != -ENOENT && lock != -ENOTDIR))
		return;
	/* Whoever held it may have come to its end meanwhile; only who holds it changes the state. */
	if (!look_again(d, &now))
		return;
	if (d->moving[0] != '\0' && !instance_is_running(d) && (now.moving[0] == '\0' || move_recover(&now) == 0))
		change(d->id, set_moved);
	switch (now.state) {
	case DISTRO_INSTALLING:
		/* Those that made it may still be at work. */
		if (instance_end_locked(&now, true) < 0)
			break;
		__attribute__((fallthrough));
	case DISTRO_UNINSTALLING:
		if (lock < 0 || store_remove(d->location) == 0)
			change(d->id, registry_remove);
		break;
	case DISTRO_EXPORTING:
		/* A disk's files, for the time being. */
		if (now.version == 1 || convert_recover(&now) == 0)
			change(d->id, set_installed);
		break;
	case DISTRO_CONVERTING:
		/* That the location's own copy of the entry says the same comes first: then what is not of its version may go. */
		change(d->id, set_nothing);
		if (lock >= 0 && convert_recover(&now) == 0)
			change(d->id, set_installed);
		break;
	case DISTRO_INSTALLED:
		break;
	}
}

/* What was made again here, and written, the verb will not find any more: it is said here. */
static void say_what_was_rebuilt(const struct message *what)
{
	struct registry r;
	struct message m;

	if (registry_read(&r, &m) < 0)
		return;
	if (!r.rebuilt)
		report("%s", what->text);
	registry_done(&r);
}

void recover(void)
{
	struct registry r;
	struct message m;
	bool any = false;

	if (registry_read(&r, &m) < 0)
		return;
	if (r.rebuilt)
		say_what_was_rebuilt(&m);
	for (size_t i = 0; i < r.count; i++)
		any = any || needs_recovery(&r.distros[i]);
	registry_done(&r);
	/*
	 * Whoever adds an entry holds the registry until it holds the location: read again behind that, what is not held is
	 * nobody's.
	 */
	if (!any || registry_begin(&r, &m) < 0)
		return;
	close(r.lock);
	r.lock = -1;
	for (size_t i = 0; i < r.count; i++)
		if (needs_recovery(&r.distros[i]))
			recover_one(&r.distros[i]);
	registry_done(&r);
}
