#include "cli/export.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/convert.h"
#include "cli/instance.h"
#include "cli/recover.h"
#include "distro/ext4.h"

static void set_state(const char *id, enum distro_state state)
{
	struct registry r;
	struct distro *d;
	struct message m;

	if (registry_begin(&r, &m) < 0)
		return;
	d = registry_by_id(&r, id);
	if (d != NULL) {
		d->state = state;
		/* If not now, then by the next command. */
		(void)!registry_commit(&r, &m);
	}
	registry_done(&r);
}

static int open_root(struct reading *g)
{
	char root[PATH_MAX];
	int r = distro_path(&g->d, "rootfs", root, sizeof(root));

	if (r < 0)
		return r;
	g->root = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	return g->root < 0 ? -errno : 0;
}

/* Takes the location and marks the entry; what is wrong with it is a sentence. */
static int take(struct reading *g, struct registry *r, const char *name, struct message *m)
{
	struct distro *d = registry_find(r, name);
	const struct distro *nearest = registry_nearest(r, name);
	int error;

	if (d == NULL) {
		message_set(m,
			    nearest != NULL ? "there is no distribution '%s' (did you mean '%s'?)"
					    : "there is no distribution '%s'",
			    name, nearest != NULL ? nearest->name : "");
		return -ENOENT;
	}
	g->d = *d;
	g->lock = d->state == DISTRO_INSTALLED ? location_lock(d->location) : -EWOULDBLOCK;
	if (g->lock == -EWOULDBLOCK) {
		message_set(m, "another command is at work on %s: try again when it is done", d->name);
		return -EBUSY;
	}
	if (g->lock >= 0 && instance_is_running(d)) {
		message_set(m, "%s cannot be read as a whole while it runs: lxrun --terminate %s", d->name, d->name);
		return -EBUSY;
	}
	error = g->lock < 0 ? g->lock : d->version == 1 ? open_root(g) : 0;
	if (error < 0) {
		message_set(m, "cannot open the files of %s in '%s': %s", d->name, d->location, strerror(-error));
		return error;
	}
	d->state = DISTRO_EXPORTING;
	return registry_commit(r, m);
}

int reading_begin(struct reading *g, const char *name, struct message *m)
{
	struct registry r;
	int error;

	*g = (struct reading){.lock = -1, .root = -1};
	error = registry_begin(&r, m);
	if (error < 0)
		return error;
	error = take(g, &r, name, m);
	registry_done(&r);
	return error;
}

int reading_files(struct reading *g, const struct archive_options *o, struct message *m)
{
	if (g->root < 0)
		g->root = convert_unpack(&g->d, g->lock, o, m);
	return g->root < 0 ? g->root : 0;
}

int reading_disk(const struct reading *g, char *path, size_t size, struct message *m)
{
	int r = distro_path(&g->d, "disk.ext4", path, size);

	if (r < 0) {
		message_set(m, "the path of '%s' is too long", g->d.location);
		return r;
	}
	r = ext4_check(path, true, m);
	return r == -ENOENT ? 0 : r;
}

void reading_end(struct reading *g)
{
	/* If not now, then by the next command. */
	if (g->d.version == 2 && convert_recover(&g->d) < 0)
		return;
	set_state(g->d.id, DISTRO_INSTALLED);
	if (g->root >= 0)
		close(g->root);
	close(g->lock);
}
