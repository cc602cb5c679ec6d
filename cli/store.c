#include "cli/store.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/instance.h"
#include "cli/report.h"
#include "distro/archive.h"
#include "distro/ext4.h"

/* All that lxrun puts into a location: trees and files. */
static const char *const trees[] = {"rootfs", "rootfs.new", "rootfs.old", "links.new"};
static const char *const files[] = {"disk.ext4",        "disk.ext4.new", "distribution",
				    "distribution.new", "missed-calls",  "missed-calls.new",
				    "sidecar",          "sidecar.new",   "sidecar.damaged"};

int store_hold(const struct distro *d, const char *what)
{
	int fd CLEANUP(host_close_at) = host_open(d->location, O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);

	if (fd == -ENOENT || fd == -ENOTDIR)
		return -ENOENT;
	if (fd < 0)
		report_fatal("cannot open '%s', where '%s' is: %s", d->location, d->name, strerror(-fd));
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		report_fatal("'%s' cannot be %s: another lxrun is starting or changing it", d->name, what);
	if (instance_is_running(d))
		report_fatal("'%s' cannot be %s while it runs: lxrun --terminate %s", d->name, what, d->name);
	return take_fd(&fd);
}

int store_sidecar(int location, bool write, struct sidecar **ret, struct message *m)
{
	int r = sidecar_open(location, write, NULL, ret);

	if (r < 0)
		message_set(m, "cannot read '%s', where owners of links are kept: %s", SIDECAR_NAME,
			    r == -EPROTONOSUPPORT ? "a newer lxrun has written it" : strerror(-r));
	return r;
}

uint64_t store_disk_size(void)
{
	struct lxrun_config c;

	lxrun_config_read(NULL, &c);
	if (c.disk_size == 0)
		return EXT4_SIZE_DEFAULT;
	return c.disk_size < EXT4_SIZE_LEAST ? EXT4_SIZE_LEAST : c.disk_size & ~UINT64_C(4095);
}

static bool is_ours(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(trees); i++)
		if (strcmp(name, trees[i]) == 0)
			return true;
	for (size_t i = 0; i < ARRAY_SIZE(files); i++)
		if (strcmp(name, files[i]) == 0)
			return true;
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

const char *store_stranger(const char *location)
{
	static char name[NAME_MAX + 1];
	DIR *dir = opendir(location);
	const struct dirent *e;

	if (dir == NULL)
		return NULL;
	while ((e = readdir(dir)) != NULL && is_ours(e->d_name))
		;
	if (e != NULL)
		snprintf(name, sizeof(name), "%s", e->d_name);
	closedir(dir);
	return e != NULL ? name : NULL;
}

int store_remove(const char *location)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < ARRAY_SIZE(trees); i++) {
		int r;

		snprintf(path, sizeof(path), "%s/%s", location, trees[i]);
		r = archive_remove_tree(path);
		if (r < 0 && r != -ENOENT)
			return r;
	}
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		snprintf(path, sizeof(path), "%s/%s", location, files[i]);
		if (unlink(path) < 0 && errno != ENOENT)
			return -errno;
	}
	/* What a user keeps beside it stays, and a mount point. */
	if (rmdir(location) < 0 && errno != ENOENT && errno != ENOTEMPTY && errno != EEXIST && errno != EBUSY)
		return -errno;
	return 0;
}
