/* A registry made again from the stores: each location has its entry beside its files. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "distro/paths.h"
#include "distro/registry_file.h"
#include "distro/registry_text.h"

static bool has_files(const struct distro *d)
{
	char path[PATH_MAX];

	return distro_path(d, d->version == 1 ? "rootfs" : "disk.ext4", path, sizeof(path)) == 0 &&
	       access(path, F_OK) == 0;
}

static bool is_free(const struct registry *r, const struct distro *d)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->distros[i].id, d->id) == 0)
			return false;
	return registry_find(r, d->name) == NULL && registry_at(r, d->location) == NULL;
}

/* One that was being made or taken away is none. */
static bool is_whole(struct distro *d)
{
	/* Which of two places had all of it is not known any more: nothing is removed. */
	d->moving[0] = '\0';
	if (d->state == DISTRO_INSTALLING || d->state == DISTRO_UNINSTALLING)
		return false;
	if (d->state == DISTRO_EXPORTING)
		d->state = DISTRO_INSTALLED;
	return has_files(d);
}

static int add_if_whole(struct registry *r, struct distro *d)
{
	return is_whole(d) && is_free(r, d) ? registry_append(r, d) : 0;
}

/* The distribution whose location this is, by its own copy. A store may have been moved by hand: where it is counts. */
static bool read_copy(const char *location, struct distro *ret)
{
	char path[PATH_MAX];
	struct registry copy;
	bool ok = false;

	if (snprintf(path, sizeof(path), "%s/distribution", location) >= (int)sizeof(path))
		return false;
	if (registry_load(path, &copy) == 0 && copy.count == 1) {
		*ret = copy.distros[0];
		ok = realpath(location, ret->location) != NULL;
	}
	registry_done(&copy);
	return ok;
}

static int no_dots(const struct dirent *e)
{
	return strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0;
}

static int add_store(struct registry *r, const char *directory, const char *name)
{
	char location[PATH_MAX];
	struct distro d;

	if (snprintf(location, sizeof(location), "%s/%s", directory, name) >= (int)sizeof(location))
		return 0;
	return read_copy(location, &d) ? add_if_whole(r, &d) : 0;
}

static int add_stores(struct registry *r, const char *directory)
{
	struct dirent **entries;
	int n = scandir(directory, &entries, no_dots, alphasort), error = 0;

	if (n < 0)
		return errno == ENOMEM ? -ENOMEM : 0;
	for (int i = 0; i < n; i++) {
		if (error == 0)
			error = add_store(r, directory, entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return error;
}

static int add_all_stores(struct registry *r)
{
	struct lxrun_config *config = malloc(sizeof(*config));
	char stores[PATH_MAX];
	int error = 0;

	if (config == NULL)
		return -ENOMEM;
	lxrun_config_read(NULL, config);
	if (paths_stores(stores, sizeof(stores)) == 0)
		error = add_stores(r, stores);
	if (error == 0 && config->install_path[0] != '\0')
		error = add_stores(r, config->install_path);
	free(config);
	return error;
}

/* Locations that a user chose are known to the registry only; what it said of them is better than nothing. */
static int add_salvaged(struct registry *r, const struct registry *salvaged)
{
	int error = 0;

	for (size_t i = 0; error == 0 && i < salvaged->count; i++) {
		struct distro d;

		if (read_copy(salvaged->distros[i].location, &d))
			error = add_if_whole(r, &d);
		d = salvaged->distros[i];
		if (error == 0)
			error = add_if_whole(r, &d);
	}
	return error;
}

int registry_rebuild(const struct registry *salvaged, struct registry *ret)
{
	struct registry r = REGISTRY_EMPTY;
	int error = add_all_stores(&r);

	if (error == 0)
		error = add_salvaged(&r, salvaged);
	if (error < 0) {
		registry_done(&r);
		return error;
	}
	r.default_version = salvaged->default_version;
	if (registry_find(&r, salvaged->default_name) != NULL)
		strcpy(r.default_name, salvaged->default_name);
	else if (r.count > 0)
		strcpy(r.default_name, r.distros[0].name);
	*ret = r;
	return 0;
}

bool registry_is_missed(void)
{
	struct registry r = REGISTRY_EMPTY;
	bool any = add_all_stores(&r) == 0 && r.count > 0;

	registry_done(&r);
	return any;
}
