/* Verbs that change what is enabled: links in /etc/systemd/system, and the init scripts' own. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "guest-tools/files.h"
#include "guest-tools/systemctl/links.h"
#include "guest-tools/systemctl/request.h"
#include "guest-tools/systemctl/sysv.h"
#include "guest-tools/systemctl/unit_name.h"

static int failed(struct request *r, const char *name, const char *why)
{
	fprintf(stderr, "Failed to %s unit: %s: %s\n", r->verb, name, why);
	return 1;
}

static int make_link(struct request *r, const char *target, const char *path)
{
	char *above = pool_text(&r->pool, path, (size_t)(strrchr(path, '/') - path)), text[PATH_MAX];
	int e = make_directories(above, 0755);
	ssize_t n;

	if (e < 0)
		return failed(r, path, strerror(-e));
	n = readlink(path, text, sizeof(text) - 1);
	if (n >= 0) {
		text[n] = '\0';
		if (strcmp(text, target) == 0)
			return 0;
		if (!r->force)
			return failed(r, path, pool_format(&r->pool, "it is a link to %s already", text));
		(void)unlink(path);
	}
	if (symlink(target, path) < 0)
		return failed(r, path, strerror(errno));
	if (!r->quiet)
		fprintf(stderr, "Created symlink %s → %s.\n", path, target);
	return 0;
}

static int sync_script(struct request *r, const char *name, bool enabled)
{
	int e;

	if (sysv_script(&r->pool, name) == NULL)
		return 0;
	if (!r->quiet)
		fprintf(stderr, "Synchronizing state of %s with its init script.\n", name);
	e = sysv_set_enabled(&r->pool, name, enabled);
	return e == 0 ? 0 : failed(r, name, e < 0 ? strerror(-e) : "update-rc.d failed");
}

/* --- enable ---------------------------------------------------------------------------------------------------------- */

static int enable_one(struct request *r, const char *name, struct list *done);

/* Links in the directories TARGET.<kind> of all targets that the key names. */
static int enable_in(struct request *r, struct unit *u, const char *link, const char *key, const char *kind,
		     size_t *count)
{
	struct list targets = {NULL};
	int status = 0;

	unit_words(u, "Install", key, &targets);
	for (size_t i = 0; i < targets.count; i++) {
		if (!unit_name_valid(targets.items[i]))
			continue;
		status |= make_link(r, u->path + strlen(unit_root),
				    pool_format(&r->pool, "%s" LINKS_DIRECTORY "/%s.%s/%s", unit_root, targets.items[i],
						kind, link));
		++*count;
	}
	return status;
}

static int enable_aliases(struct request *r, struct unit *u, size_t *count)
{
	struct list aliases = {NULL};
	int status = 0;

	unit_words(u, "Install", "Alias", &aliases);
	for (size_t i = 0; i < aliases.count; i++) {
		if (!unit_name_valid(aliases.items[i]) || strcmp(aliases.items[i], u->name) == 0)
			continue;
		status |= make_link(r, u->path + strlen(unit_root),
				    pool_format(&r->pool, "%s" LINKS_DIRECTORY "/%s", unit_root, aliases.items[i]));
		++*count;
	}
	return status;
}

static int enable_loaded(struct request *r, struct unit *u, struct list *done)
{
	static const char *const kinds[][2] = {
		{"WantedBy", "wants"}, {"RequiredBy", "requires"}, {"UpheldBy", "upholds"}};
	const char *link = u->name, *instance = unit_get(u, "Install", "DefaultInstance", NULL);
	struct list also = {NULL};
	size_t count = 0;
	int status = 0;

	if (unit_name_is_template(u->name) && instance != NULL)
		link = unit_name_with_instance(&r->pool, u->name, instance);
	else if (unit_name_is_template(u->name))
		return failed(r, u->name, "the name lacks an instance: name@INSTANCE.service");
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		status |= enable_in(r, u, link, kinds[i][0], kinds[i][1], &count);
	status |= enable_aliases(r, u, &count);
	unit_words(u, "Install", "Also", &also);
	for (size_t i = 0; i < also.count; i++) {
		if (unit_name_valid(also.items[i]))
			status |= enable_one(r, also.items[i], done);
		count++;
	}
	if (count == 0 && !r->quiet)
		fprintf(stderr,
			"%s has no [Install] section with WantedBy=, RequiredBy=, Also= or Alias=: it is not meant to "
			"be "
			"enabled.\n",
			u->name);
	return status | sync_script(r, u->name, true);
}

static int enable_one(struct request *r, const char *name, struct list *done)
{
	struct unit u;
	int status;

	if (list_has(done, name))
		return 0;
	list_add(&r->pool, done, name);
	unit_load(name, &u);
	if (u.state == UNIT_LOADED && u.init_script != NULL)
		status = sync_script(r, u.name, true);
	else if (u.state == UNIT_LOADED)
		status = enable_loaded(r, &u, done);
	else if (u.state == UNIT_MASKED)
		status = failed(r, name, "it is masked");
	else
		status = failed(r, name, "there is no such unit file");
	unit_done(&u);
	return status;
}

/* --- disable --------------------------------------------------------------------------------------------------------- */

static int remove_link(struct request *r, const char *path)
{
	if (unlink(path) < 0)
		return failed(r, path, strerror(errno));
	if (!r->quiet)
		fprintf(stderr, "Removed \"%s\".\n", path);
	(void)rmdir(pool_text(&r->pool, path, (size_t)(strrchr(path, '/') - path)));
	return 0;
}

static int disable_one(struct request *r, const char *name, struct list *done)
{
	struct list links = {NULL}, also = {NULL};
	struct unit u;
	int status = 0;

	if (list_has(done, name))
		return 0;
	list_add(&r->pool, done, name);
	unit_load(name, &u);
	links_to(&r->pool, name, &links);
	if (strcmp(u.name, name) != 0)
		links_to(&r->pool, u.name, &links);
	for (size_t i = 0; i < links.count; i++)
		status |= remove_link(r, links.items[i]);
	unit_words(&u, "Install", "Also", &also);
	for (size_t i = 0; i < also.count; i++) {
		if (unit_name_valid(also.items[i]))
			status |= disable_one(r, pool_copy(&r->pool, also.items[i]), done);
	}
	if (u.state == UNIT_NOT_FOUND && links.count == 0)
		status = failed(r, name, "there is no such unit file");
	status |= sync_script(r, u.name, false);
	unit_done(&u);
	return status;
}

/* --- the verbs ------------------------------------------------------------------------------------------------------- */

static bool may_change(struct request *r, int *ret)
{
	if (geteuid() == 0 || unit_root[0] != '\0')
		return true;
	fprintf(stderr, "Failed to %s: only root may; try: sudo systemctl %s ...\n", r->verb, r->verb);
	*ret = EXIT_NO_PERMISSION;
	return false;
}

static int each(struct request *r, int (*act)(struct request *, const char *, struct list *))
{
	struct list names = {NULL}, done = {NULL};
	int status = 0;

	if (!may_change(r, &status))
		return status;
	unit_arguments(r, true, &names);
	if (names.count == 0) {
		fprintf(stderr, "systemctl: %s needs the name of a unit\n", r->verb);
		return 1;
	}
	for (size_t i = 0; i < names.count; i++)
		status |= act(r, names.items[i], &done);
	return status;
}

int verb_enable(struct request *r)
{
	int status = each(r, enable_one);

	return status == 0 && r->now ? verb_start(r) : status;
}

int verb_disable(struct request *r)
{
	int status = each(r, disable_one);

	return status == 0 && r->now ? verb_stop(r) : status;
}

int verb_reenable(struct request *r)
{
	int status = each(r, disable_one);

	return status == 0 ? verb_enable(r) : status;
}

static int preset_one(struct request *r, const char *name, struct list *done)
{
	bool enable = strcmp(unit_file_preset(&r->pool, name), "enabled") == 0;

	return enable ? enable_one(r, name, done) : disable_one(r, name, done);
}

int verb_preset(struct request *r)
{
	return each(r, preset_one);
}

static int mask_one(struct request *r, const char *name, struct list *done)
{
	char *path = pool_format(&r->pool, "%s" LINKS_DIRECTORY "/%s", unit_root, name);
	struct stat st;

	(void)done;
	if (lstat(path, &st) == 0 && !S_ISLNK(st.st_mode))
		return failed(r, name, pool_format(&r->pool, "File %s already exists.", path));
	if (unit_file_state(&r->pool, name)[0] == '\0' && !r->quiet)
		fprintf(stderr, "Unit %s does not exist, proceeding anyway.\n", name);
	return make_link(r, "/dev/null", path);
}

int verb_mask(struct request *r)
{
	bool force = r->force;
	int status;

	/* A link to another file in the way is one that "enable" made: it is replaced. */
	r->force = true;
	status = each(r, mask_one);
	r->force = force;
	return status == 0 && r->now ? verb_stop(r) : status;
}

static int unmask_one(struct request *r, const char *name, struct list *done)
{
	char *path = pool_format(&r->pool, "%s" LINKS_DIRECTORY "/%s", unit_root, name);

	(void)done;
	return unit_is_null_link(path) ? remove_link(r, path) : 0;
}

int verb_unmask(struct request *r)
{
	return each(r, unmask_one);
}

int verb_link(struct request *r)
{
	int status = 0;

	if (!may_change(r, &status))
		return status;
	for (size_t i = 0; i < r->words.count; i++) {
		const char *path = r->words.items[i], *name = strrchr(path, '/');

		if (path[0] != '/' || !unit_name_valid(name + 1))
			status |= failed(r, path, "it must be an absolute path of a unit file");
		else
			status |= make_link(r, path, pool_format(&r->pool, "%s" LINKS_DIRECTORY "%s", unit_root, name));
	}
	return status;
}
