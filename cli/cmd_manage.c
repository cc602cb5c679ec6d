/* --manage NAME: exactly one change. */
#include <stdlib.h>
#include <string.h>

#include "base/host.h"
#include "cli/commands.h"
#include "cli/disk.h"
#include "cli/distributions.h"
#include "cli/move.h"
#include "cli/report.h"
#include "cli/user.h"

static const enum option changes[] = {OPTION_MOVE, OPTION_RENAME, OPTION_SET_DEFAULT_USER, OPTION_RESIZE,
				      OPTION_COMPACT};

static enum option which(const struct options *o)
{
	enum option found = OPTION_COUNT;

	for (size_t i = 0; i < ARRAY_SIZE(changes); i++) {
		if (!o->given[changes[i]])
			continue;
		if (found != OPTION_COUNT)
			report_fatal("--%s and --%s cannot be done at once", option_rows[found].name,
				     option_rows[changes[i]].name);
		found = changes[i];
	}
	if (found == OPTION_COUNT)
		report_fatal("--manage needs what to do; 'lxrun --manage --help' lists it");
	return found;
}

static void set_default_user(struct registry *r, struct distro *d, const char *name)
{
	int root CLEANUP(host_close_at) = -1;
	char path[PATH_MAX];
	struct wsl_conf *conf = calloc(1, sizeof(*conf));
	struct user *user = calloc(1, sizeof(*user));

	if (conf == NULL || user == NULL)
		report_fatal("out of memory");
	if (distro_path(d, "rootfs", path, sizeof(path)) == 0)
		root = host_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		report_fatal("cannot open the files of '%s': %s", d->name, strerror(-root));
	if (user_find(root, name, user) < 0)
		report_fatal("there is no user '%s' in '%s'", name, d->name);
	d->default_uid = user->uid;
	distributions_commit(r);
	wsl_conf_read(root, NULL, conf);
	if (conf->user_default[0] != '\0' && strcmp(conf->user_default, user->name) != 0)
		report("/etc/wsl.conf of that distribution says user.default = %s, which comes first",
		       conf->user_default);
	free(conf);
	free(user);
}

int cmd_manage(const struct options *o)
{
	enum option change = which(o);
	const char *value = o->values[change];
	struct registry r;
	struct distro *d;

	distributions_begin(&r);
	d = distributions_find(&r, o->arguments[0]);
	if (change == OPTION_MOVE) {
		move_distribution(&r, d, value);
	} else if (change == OPTION_SET_DEFAULT_USER) {
		set_default_user(&r, d, value);
	} else if (change == OPTION_RESIZE) {
		disk_resize(d, value);
	} else if (change == OPTION_COMPACT) {
		disk_compact(d);
	} else {
		distributions_check_name(&r, d, value);
		if (registry_rename(&r, d, value) < 0)
			lx_bug();
		distributions_commit(&r);
	}
	return 0;
}
