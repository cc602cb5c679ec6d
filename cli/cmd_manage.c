/* --manage NAME: exactly one change. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/commands.h"
#include "cli/disk.h"
#include "cli/distributions.h"
#include "cli/move.h"
#include "cli/report.h"
#include "cli/user.h"
#include "cli/vm_files.h"

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

/* Of version 2: those files that say who there is, and who is asked for. The directory they are in, as that of all files. */
static int fetch_files(const struct distro *d, struct vm_files *f)
{
	vm_files_begin(f);
	if (vm_files_fetch(f, d, "/etc/passwd", true) != 0) {
		vm_files_end(f);
		exit(EXIT_OWN_FAILURE);
	}
	(void)vm_files_fetch(f, d, "/etc/group", false);
	(void)vm_files_fetch(f, d, "/etc/wsl.conf", false);
	return f->root;
}

static int open_root(const struct distro *d)
{
	char path[PATH_MAX];
	int root = -ENAMETOOLONG;

	if (distro_path(d, "rootfs", path, sizeof(path)) == 0)
		root = host_open(path, O_PATH | O_DIRECTORY | O_CLOEXEC, 0);
	if (root < 0)
		report_fatal("cannot open the files of '%s': %s", d->name, strerror(-root));
	return root;
}

/* Not below the registry's lock: it may have to be started. */
static void set_default_user(const struct distro *own, const char *name)
{
	struct wsl_conf *conf = calloc(1, sizeof(*conf));
	struct user *user = calloc(1, sizeof(*user));
	struct vm_files files;
	struct registry r;
	struct distro *d;
	int root = own->version == 2 ? fetch_files(own, &files) : open_root(own);
	bool exists;

	if (conf == NULL || user == NULL)
		report_fatal("out of memory");
	exists = user_find(root, name, user) == 0;
	wsl_conf_read(root, NULL, conf);
	if (own->version == 2)
		vm_files_end(&files);
	else
		close(root);
	if (!exists)
		report_fatal("there is no user '%s' in '%s'", name, own->name);
	distributions_begin(&r);
	d = registry_by_id(&r, own->id);
	if (d == NULL)
		report_fatal("'%s' was removed meanwhile", own->name);
	d->default_uid = user->uid;
	distributions_commit(&r);
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
	struct distro *d, own;

	distributions_begin(&r);
	d = distributions_find(&r, o->arguments[0]);
	if (change == OPTION_MOVE) {
		move_distribution(&r, d, value, o->given[OPTION_SILENT]);
	} else if (change == OPTION_SET_DEFAULT_USER) {
		own = *d;
		registry_done(&r);
		set_default_user(&own, value);
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
