#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "distro/distro.h"
#include "distro/registry_file.h"
#include "distro/registry_text.h"

#define WAIT_SECONDS 10
#define KEPT_MAX     10000

static int registry_path(char *ret, size_t size, const char *suffix, struct message *message)
{
	char data[PATH_MAX];
	int r = distro_data_path(data, sizeof(data));

	if (r == 0 && snprintf(ret, size, "%s/registry%s", data, suffix) >= (int)size)
		r = -ENAMETOOLONG;
	if (r == -ENOENT)
		message_set(message, "there is no home directory to keep distributions in: set HOME or XDG_DATA_HOME");
	else if (r < 0)
		message_set(message, "the path of the directory for distributions is too long: set XDG_DATA_HOME");
	return r;
}

/* --- the lock -------------------------------------------------------------------------------------------------------- */

/* What changes when another holder has written. */
static uint64_t sign_of_life(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 ? st.st_ino * 1000003 + (uint64_t)st.st_mtim.tv_nsec : 0;
}

static int64_t now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Somebody may have removed the file that was waited for. */
static bool is_still_there(int fd, const char *path)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat(path, &b) == 0 && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* The descriptor of the locked file; -EBUSY. The kernel gives the lock back when its holder dies. */
static int take_lock(const char *lock, const char *registry)
{
	uint64_t sign = sign_of_life(registry);
	int64_t since = now();
	long pause = 1000000;

	for (;;) {
		int fd CLEANUP(host_close_at) = host_open(lock, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

		if (fd < 0)
			return fd;
		while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			int error = errno;
			uint64_t sign_now = sign_of_life(registry);

			if (error != EWOULDBLOCK && error != EINTR)
				return -error;
			if (sign_now != sign) {
				sign = sign_now;
				since = now();
			} else if (now() - since > WAIT_SECONDS * 1000) {
				return -EBUSY;
			}
			(void)nanosleep(&(struct timespec){.tv_nsec = pause}, NULL);
			/* Not all at the same time. */
			pause = pause < 20000000 ? pause + pause / 2 : 5000000 + (getpid() % 16) * 1000000;
		}
		if (is_still_there(fd, lock))
			return take_fd(&fd);
	}
}

static int lock_registry(struct message *message)
{
	char data[PATH_MAX], path[PATH_MAX], lock[PATH_MAX];
	int r = registry_path(path, sizeof(path), "", message);

	if (r == 0)
		r = registry_path(lock, sizeof(lock), ".lock", message);
	if (r < 0)
		return r;
	snprintf(data, sizeof(data), "%.*s", (int)(strrchr(path, '/') - path), path);
	r = distro_make_directories(data);
	if (r < 0) {
		message_set(message, "cannot make the directory '%s': %s", data, strerror(-r));
		return r;
	}
	r = take_lock(lock, path);
	if (r == -EBUSY)
		message_set(message, "another lxrun has been changing the registry for %d seconds: try again",
			    WAIT_SECONDS);
	else if (r < 0)
		message_set(message, "cannot lock the registry with '%s': %s", lock, strerror(-r));
	return r;
}

/* --- reading --------------------------------------------------------------------------------------------------------- */

/* The damaged file goes out of the way under a name that is free; its last component, or -errno. */
static int keep_aside(const char *path, char *ret_name, size_t size)
{
	char kept[PATH_MAX];

	for (int i = 1; i < KEPT_MAX; i++) {
		struct stat st;

		if (snprintf(kept, sizeof(kept), "%s.damaged-%d", path, i) >= (int)sizeof(kept))
			return -ENAMETOOLONG;
		if (lstat(kept, &st) == 0)
			continue;
		if (rename(path, kept) < 0)
			return -errno;
		snprintf(ret_name, size, "registry.damaged-%d", i);
		return 0;
	}
	return -EEXIST;
}

/*
 * A registry that is damaged, or lost (then `salvaged` is empty): made again in *ret and, if write, on the disk. Where that is
 * impossible it is so in memory only.
 */
static int repair(const char *path, bool lost, bool write, const struct registry *salvaged, struct registry *ret,
		  struct message *message)
{
	char kept[64] = "";
	int r = registry_rebuild(salvaged, ret);

	if (r < 0) {
		message_set(message, "cannot make the registry '%s' again: %s", path, strerror(-r));
		return r;
	}
	ret->rebuilt = true;
	r = !write ? -EROFS : lost ? 0 : keep_aside(path, kept, sizeof(kept));
	if (r == 0)
		r = registry_store(path, ret);
	if (r < 0)
		message_set(message,
			    "the registry '%s' %s and cannot be written again: the stores have %zu distribution%s",
			    path, lost ? "is gone" : "is damaged", ret->count, ret->count == 1 ? "" : "s");
	else if (lost)
		message_set(message,
			    "the registry '%s' was gone: it was made again from the stores, with %zu distribution%s",
			    path, ret->count, ret->count == 1 ? "" : "s");
	else
		message_set(
			message,
			"the registry '%s' was damaged: it was kept as '%s' and made again from the stores, with %zu "
			"distribution%s",
			path, kept, ret->count, ret->count == 1 ? "" : "s");
	return 0;
}

static void explain(struct message *message, const char *path, int r)
{
	if (r == -EPROTO)
		message_set(message, "the registry '%s' was written by a later lxrun: use that one", path);
	else
		message_set(message, "cannot read the registry '%s': %s", path, strerror(-r));
}

static bool is_broken(int r)
{
	return r == -EBADMSG || (r == -ENOENT && registry_is_missed());
}

/* What the locked (or, without write, any) file says. */
static int read_or_repair(const char *path, bool write, struct registry *ret, struct message *message)
{
	struct registry found;
	int r = registry_load(path, &found);

	if (is_broken(r)) {
		r = repair(path, r == -ENOENT, write, &found, ret, message);
		registry_done(&found);
		return r;
	}
	if (r < 0 && r != -ENOENT) {
		explain(message, path, r);
		registry_done(&found);
		return r;
	}
	*ret = found;
	return 0;
}

int registry_begin(struct registry *ret, struct message *message)
{
	char path[PATH_MAX];
	int lock CLEANUP(host_close_at) = -1;
	int r = registry_path(path, sizeof(path), "", message);

	*ret = REGISTRY_EMPTY;
	if (r < 0)
		return r;
	lock = lock_registry(message);
	if (lock < 0)
		return lock;
	r = read_or_repair(path, true, ret, message);
	if (r == 0)
		ret->lock = take_fd(&lock);
	return r;
}

int registry_read(struct registry *ret, struct message *message)
{
	char path[PATH_MAX];
	int r = registry_path(path, sizeof(path), "", message);

	*ret = REGISTRY_EMPTY;
	if (r < 0)
		/* Without a home there is no distribution either. */
		return r == -ENOENT ? 0 : r;
	r = registry_load(path, ret);
	if (r == 0)
		return 0;
	if (!is_broken(r)) {
		registry_done(ret);
		if (r == -ENOENT || r == -ENOTDIR)
			return 0;
		explain(message, path, r);
		return r;
	}
	registry_done(ret);
	/* Only who has the lock may say that it is damaged, and put it right. */
	r = registry_begin(ret, message);
	if (r < 0)
		return read_or_repair(path, false, ret, message);
	close(ret->lock);
	ret->lock = -1;
	return 0;
}

/* --- writing --------------------------------------------------------------------------------------------------------- */

int registry_commit(struct registry *r, struct message *message)
{
	char path[PATH_MAX];
	int error = registry_path(path, sizeof(path), "", message);

	if (r->lock < 0)
		lx_bug();
	if (error < 0)
		return error;
	error = registry_store(path, r);
	if (error < 0) {
		message_set(message, "cannot write the registry '%s', which stays as it was: %s", path,
			    strerror(-error));
		return error;
	}
	for (size_t i = 0; i < r->count; i++)
		(void)!registry_store_copy(&r->distros[i]);
	return 0;
}

int registry_settle(struct registry *r, const struct distro *d, struct message *message)
{
	(void)!registry_store_copy(d);
	return registry_commit(r, message);
}

void registry_done(struct registry *r)
{
	free(r->distros);
	if (r->lock >= 0)
		close(r->lock);
	*r = REGISTRY_EMPTY;
}

/* --- entries --------------------------------------------------------------------------------------------------------- */

struct distro *registry_by_id(const struct registry *r, const char *id)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->distros[i].id, id) == 0)
			return &r->distros[i];
	return NULL;
}

struct distro *registry_at(const struct registry *r, const char *location)
{
	for (size_t i = 0; i < r->count; i++)
		if (strcmp(r->distros[i].location, location) == 0)
			return &r->distros[i];
	return NULL;
}

struct distro *registry_default(const struct registry *r)
{
	struct distro *d = r->default_name[0] != '\0' ? registry_find(r, r->default_name) : NULL;

	return d == NULL && r->count == 1 ? &r->distros[0] : d;
}

static int new_id(char *ret)
{
	unsigned char bytes[8];

	if (getrandom(bytes, sizeof(bytes), 0) != (ssize_t)sizeof(bytes))
		return -EIO;
	for (size_t i = 0; i < sizeof(bytes); i++)
		snprintf(ret + 2 * i, 3, "%02x", bytes[i]);
	return 0;
}

int registry_add(struct registry *r, const struct distro *d)
{
	struct distro copy = *d;
	const struct distro *had = registry_default(r);
	int error;

	if (!distro_name_is_valid(d->name) || d->location[0] != '/')
		return -EINVAL;
	if (registry_find(r, d->name) != NULL || registry_at(r, d->location) != NULL)
		return -EEXIST;
	error = new_id(copy.id);
	if (error < 0)
		return error;
	if (had != NULL || r->count == 0)
		strcpy(r->default_name, had != NULL ? had->name : copy.name);
	return registry_append(r, &copy);
}

int registry_rename(struct registry *r, struct distro *d, const char *name)
{
	const struct distro *other = registry_find(r, name);
	bool is_default = registry_default(r) == d;

	if (!distro_name_is_valid(name))
		return -EINVAL;
	if (other != NULL && other != d)
		return -EEXIST;
	strcpy(d->name, name);
	if (is_default)
		strcpy(r->default_name, name);
	return 0;
}

void registry_remove(struct registry *r, struct distro *d)
{
	bool was_default = registry_default(r) == d;

	r->count--;
	memmove(d, d + 1, (size_t)(&r->distros[r->count] - d) * sizeof(*d));
	if (was_default)
		strcpy(r->default_name, r->count > 0 ? r->distros[0].name : "");
}
