#include "cli/install.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"
#include "cli/below.h"
#include "cli/distributions.h"
#include "cli/progress.h"
#include "cli/recover.h"
#include "cli/report.h"
#include "cli/store.h"
#include "distro/ext4.h"

#define DROP_TRIES        100
#define DROP_MILLISECONDS 100

/* --- beginning ----------------------------------------------------------------------------------------------------------- */

/* Absolute, without links, of a directory that may not be there yet. */
static void find_location(const char *location, char *ret)
{
	char copy[PATH_MAX], real[PATH_MAX];
	const char *last;
	char *slash;
	size_t n = strlen(location);

	if (n == 0 || n >= sizeof(copy))
		report_fatal("the location '%s' cannot be used", location);
	if (realpath(location, ret) != NULL)
		return;
	memcpy(copy, location, n + 1);
	while (n > 1 && copy[n - 1] == '/')
		copy[--n] = '\0';
	slash = strrchr(copy, '/');
	last = slash != NULL ? slash + 1 : copy;
	if (slash != NULL)
		*slash = '\0';
	if (realpath(slash == NULL ? "." : slash == copy ? "/" : copy, real) == NULL)
		report_fatal("cannot make the location '%s': %s", location, strerror(errno));
	if ((size_t)snprintf(ret, PATH_MAX, "%s/%s", strcmp(real, "/") == 0 ? "" : real, last) >= PATH_MAX)
		report_fatal("the location '%s' cannot be used", location);
}

static bool is_empty(const char *path)
{
	int fd CLEANUP(host_close_at) = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char buf[4096];
	long n;
	unsigned entries = 0;

	if (fd < 0)
		return errno == ENOENT;
	while ((n = host_call(SYS_getdents64, fd, buf, sizeof(buf))) > 0)
		for (long at = 0; at < n; entries++)
			at += *(unsigned short *)(void *)(buf + at + 16);
	return n == 0 && entries <= 2;
}

static int make_places(struct install *n, struct message *m)
{
	char root[PATH_MAX];
	int r;

	r = distro_make_directories(n->d.location);
	if (r == 0) {
		n->lock = location_lock(n->d.location);
		r = n->lock < 0 ? n->lock : distro_path(&n->d, "rootfs", root, sizeof(root));
	}
	if (r == 0 && mkdir(root, 0755) < 0)
		r = -errno;
	if (r == 0) {
		n->root = open(root, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = n->root < 0 ? -errno : 0;
	}
	if (r < 0)
		message_set(m, "cannot make the location '%s': %s", n->d.location, strerror(-r));
	return r;
}

static void name_for_now(struct distro *d)
{
	uint64_t random = 0;

	(void)!getrandom(&random, sizeof(random), 0);
	(void)snprintf(d->name, sizeof(d->name), "installing-%016llx", (unsigned long long)random);
}

void install_begin(struct install *n, const char *name, const char *location, int version)
{
	struct registry r;
	struct message m;
	int error;

	*n = (struct install){
		.lock = -1, .root = -1, .named = name != NULL, .placed = name == NULL && location == NULL};
	n->d.state = DISTRO_INSTALLING;
	distributions_begin(&r);
	n->d.version = version != 0 ? version : r.default_version;
	if (name != NULL) {
		distributions_check_name(&r, NULL, name);
		strcpy(n->d.name, name);
	} else {
		name_for_now(&n->d);
	}
	if (location != NULL)
		find_location(location, n->d.location);
	else if (distro_store_path(n->d.name, n->d.location, sizeof(n->d.location)) < 0)
		report_fatal("the path of the place for distributions is too long: use --location");
	if (!is_empty(n->d.location))
		report_fatal("the location '%s' is not an empty directory", n->d.location);
	/*
	 * Registered before it is made, made before the registry is let go: whoever reads the registry later finds the location
	 * held, or us dead.
	 */
	error = registry_add(&r, &n->d);
	if (error == -EEXIST)
		report_fatal("the location '%s' is another distribution's", n->d.location);
	if (error < 0)
		report_fatal("cannot register '%s': %s", n->d.name, strerror(-error));
	n->d = r.distros[r.count - 1];
	if (registry_commit(&r, &m) < 0)
		report_fatal("%s", m.text);
	error = make_places(n, &m);
	registry_done(&r);
	if (error < 0) {
		install_drop(n);
		report_fatal("%s", m.text);
	}
}

/* --- ending ---------------------------------------------------------------------------------------------------------------- */

/* KEY=value of os-release, without quotes. */
static void os_release(const char *line, const char *key, char *ret, size_t size)
{
	size_t n = strlen(key);
	const char *value = line + n + 1;

	if (strncmp(line, key, n) != 0 || line[n] != '=')
		return;
	if (*value == '"' || *value == '\'')
		value++;
	n = strcspn(value, "\"'\n");
	if (n >= size)
		return;
	for (size_t i = 0; i < n; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return;
	memcpy(ret, value, n);
	ret[n] = '\0';
}

static void read_os_release(struct install *n)
{
	FILE *f CLEANUP(below_close) = below_fopen(n->root, "/etc/os-release");
	char line[1024];

	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		os_release(line, "ID", n->d.flavor, sizeof(n->d.flavor));
		os_release(line, "VERSION_ID", n->d.os_version, sizeof(n->d.os_version));
	}
}

static bool has(int root, const char *path)
{
	int fd CLEANUP(host_close_at) = below_open(root, path, O_PATH);

	return fd >= 0;
}

int install_look(struct install *n, bool first_run, struct message *message)
{
	struct wsl_distribution_conf conf;

	if (!has(n->root, "/etc") && !has(n->root, "/bin/sh")) {
		message_set(message, "this is no distribution: there is neither /etc nor /bin/sh in it");
		return -EINVAL;
	}
	read_os_release(n);
	wsl_distribution_conf_read(n->root, NULL, &conf);
	if (first_run) {
		n->d.oobe_pending = conf.oobe_command[0] != '\0';
		if (!n->d.oobe_pending && conf.oobe_default_uid >= 0)
			n->d.default_uid = (uint32_t)conf.oobe_default_uid;
	}
	if (n->named)
		return 0;
	if (!distro_name_is_valid(conf.oobe_default_name)) {
		message_set(message, "the archive does not say how the distribution is called: use --name NAME");
		return -EINVAL;
	}
	strcpy(n->d.name, conf.oobe_default_name);
	return 0;
}

/*
 * Its place was called as the distribution was for the time being. Killed in between: what is there is removed from where it is
 * (recover.c). A place that cannot be had is no failure: the files stay where they are.
 */
static int name_place(struct registry *r, struct distro *d, struct message *message)
{
	char old[PATH_MAX];
	int error;

	strcpy(old, d->location);
	if (distro_store_path(d->name, d->location, sizeof(d->location)) < 0 || registry_at(r, d->location) != d ||
	    (rmdir(d->location) < 0 && errno != ENOENT)) {
		strcpy(d->location, old);
		return 0;
	}
	strcpy(d->moving, old);
	error = registry_commit(r, message);
	if (error < 0)
		return error;
	if (rename(old, d->location) < 0)
		strcpy(d->location, old);
	d->moving[0] = '\0';
	return 0;
}

int install_disk(struct install *n, const struct archive_options *o, struct message *m)
{
	struct archive_options own = *o;
	char disk[PATH_MAX], tree[PATH_MAX];
	int r;

	if (n->d.version != 2)
		return 0;
	r = distro_path(&n->d, "disk.ext4", disk, sizeof(disk));
	if (r == 0)
		r = distro_path(&n->d, "rootfs", tree, sizeof(tree));
	if (r < 0) {
		message_set(m, "the path of '%s' is too long", n->d.location);
		return r;
	}
	own.sidecar = NULL;
	r = store_sidecar(n->lock, false, &own.sidecar, m);
	if (r == 0)
		r = ext4_write_tree(n->root, disk, store_disk_size(), &own, m);
	sidecar_close(own.sidecar);
	if (r == 0)
		r = ext4_sync(disk, m);
	if (r < 0)
		return r;
	r = archive_remove_tree(tree);
	if (r < 0)
		message_set(m, "cannot remove '%s', which was unpacked for the disk: %s", tree, strerror(-r));
	(void)unlinkat(n->lock, SIDECAR_NAME, 0);
	return r;
}

int install_finish(struct install *n, struct message *message)
{
	struct registry r;
	struct distro *d;
	int error;

	/* What the registry calls installed must survive a crash of the machine. */
	if (syncfs(n->lock) < 0) {
		error = -errno;
		message_set(message, "cannot write '%s': %s", n->d.location, strerror(errno));
		return error;
	}
	error = registry_begin(&r, message);
	if (error < 0)
		return error;
	d = registry_by_id(&r, n->d.id);
	if (d == NULL) {
		error = -ENOENT;
		message_set(message, "'%s' was removed while it was being installed", n->d.name);
	} else if (!n->named && registry_rename(&r, d, n->d.name) < 0) {
		error = -EEXIST;
		message_set(message, "there is a distribution '%s' already: use --name", n->d.name);
	} else {
		*d = n->d;
		if (n->placed)
			error = name_place(&r, d, message);
		if (error == 0) {
			d->state = DISTRO_INSTALLED;
			error = registry_commit(&r, message);
		}
		n->d = *d;
	}
	registry_done(&r);
	return error;
}

/* Who was killed at work on it (workshop.c) is dead when its last call is over: until then there may be new files. */
static int remove_store(const char *location)
{
	int r = store_remove(location);

	for (int i = 0; i < DROP_TRIES && (r == -ENOTEMPTY || r == -EEXIST || r == -ENOENT); i++) {
		(void)poll(NULL, 0, DROP_MILLISECONDS);
		r = store_remove(location);
	}
	return r;
}

void install_drop(struct install *n)
{
	struct registry r;
	struct message m;
	struct distro *d;

	/* With the location held: a command that comes now waits with its own clearing up. */
	if (remove_store(n->d.location) < 0)
		return;
	if (registry_begin(&r, &m) == 0) {
		d = registry_by_id(&r, n->d.id);
		if (d != NULL) {
			registry_remove(&r, d);
			(void)!registry_commit(&r, &m);
		}
	}
	registry_done(&r);
}

void install_end(struct install *n, int r, struct message *message)
{
	int signal;

	if (r == 0)
		r = install_finish(n, message);
	signal = progress_end();
	if (r == 0)
		return;
	install_drop(n);
	if (signal != 0)
		progress_die(signal);
	report_fatal("%s", message->text);
}

static int open_archive(const char *file, struct message *m)
{
	bool is_stdin = strcmp(file, "-") == 0;
	int fd, error;

	if (is_stdin && isatty(STDIN_FILENO) != 0) {
		message_set(m, "the standard input is a terminal, not an archive");
		return -EINVAL;
	}
	fd = is_stdin ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3) : open(file, O_RDONLY | O_CLOEXEC);
	error = -errno;
	if (fd < 0)
		message_set(m, "cannot open '%s': %s", file, strerror(errno));
	return fd < 0 ? error : fd;
}

static int unpack(struct install *n, int fd, struct archive_options *o, struct message *m)
{
	int r = store_sidecar(n->lock, true, &o->sidecar, m);

	if (r == 0)
		r = archive_unpack(fd, n->root, o, m);
	sidecar_close(o->sidecar);
	return r;
}

void install_from_archive(struct install *n, install_open open_it, void *context, const char *what, bool first_run,
			  bool quiet)
{
	struct archive_options o = *progress_begin(what, quiet);
	int fd CLEANUP(host_close_at) = -1;
	struct message m, look, *why = &m;
	int r;

	fd = open_it(n, context, &m);
	r = fd < 0 ? fd : unpack(n, fd, &o, &m);
	if (r == 0) {
		/* What is to be said of an archive that could be unpacked comes after all else. */
		why = &look;
		r = install_look(n, first_run, &look);
		if (r == 0)
			r = install_disk(n, &o, &look);
	}
	install_end(n, r, why);
	if (m.text[0] != '\0')
		report("%s", m.text);
}

static int open_file(struct install *n, void *context, struct message *m)
{
	(void)n;
	return open_archive(context, m);
}

void install_from_file(struct install *n, const char *file, const char *what, bool first_run, bool quiet)
{
	install_from_archive(n, open_file, (void *)(uintptr_t)file, what, first_run, quiet);
}
