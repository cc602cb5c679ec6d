#include "distro/archive_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/host.h"

/* --- names ----------------------------------------------------------------------------------------------------------- */

int place_clean(struct archive_work *w, const char *name, char **buf, size_t *room)
{
	size_t n = strlen(name), to = 0;

	if (name[0] == '/')
		return work_fail(w, -EBADMSG, "the archive has the absolute name %s in it", show_name(name).text);
	if (n + 1 > *room) {
		char *more = realloc(*buf, n + 256);

		if (more == NULL)
			return work_fail(w, -ENOMEM, "there is not enough memory");
		*buf = more;
		*room = n + 256;
	}
	for (const char *s = name; *s != '\0';) {
		size_t length = strcspn(s, "/");

		if (length == 2 && s[0] == '.' && s[1] == '.')
			return work_fail(w, -EBADMSG, "the archive has a name with '..' in it: %s",
					 show_name(name).text);
		if (length > 0 && !(length == 1 && s[0] == '.')) {
			if (to > 0)
				(*buf)[to++] = '/';
			memcpy(*buf + to, s, length);
			to += length;
		}
		s += length + (s[length] == '/');
	}
	(*buf)[to] = '\0';
	return 0;
}

/* --- open directories ------------------------------------------------------------------------------------------------ */

static void close_dir(struct place_dir *d)
{
	if (d->path == NULL)
		return;
	if (d->changed)
		(void)futimens(d->fd, (struct timespec[]){{.tv_nsec = UTIME_OMIT}, d->mtime});
	if (d->length > 0)
		close(d->fd);
	free(d->path);
	*d = (struct place_dir){.fd = -1};
}

int places_open(struct places *p, int root, struct archive_work *w)
{
	struct stat st;

	*p = (struct places){.work = w};
	for (int i = 0; i < PLACE_DIRS; i++)
		p->dirs[i].fd = -1;
	p->umask = (int)umask(0);
	(void)umask((mode_t)p->umask);
	if (fstat(root, &st) < 0)
		return work_fail_on(w, -errno, "look at", ".");
	p->dirs[0] = (struct place_dir){.path = strdup(""), .fd = root, .mtime = st.st_mtim, .changed = true};
	return p->dirs[0].path != NULL ? 0 : work_fail(w, -ENOMEM, "there is not enough memory");
}

void places_close(struct places *p)
{
	for (int i = 0; i < PLACE_DIRS; i++)
		close_dir(&p->dirs[i]);
}

/* True if d is path's first `length` bytes, or a directory above it. */
static bool is_above(const struct place_dir *d, const char *path, size_t length)
{
	return d->path != NULL && d->length <= length && memcmp(d->path, path, d->length) == 0 &&
	       (d->length == 0 || d->length == length || path[d->length] == '/');
}

static struct place_dir *nearest(struct places *p, const char *path, size_t length)
{
	struct place_dir *best = &p->dirs[0];

	for (int i = 1; i < PLACE_DIRS; i++)
		if (p->dirs[i].length > best->length && is_above(&p->dirs[i], path, length))
			best = &p->dirs[i];
	return best;
}

/* A free place for one more; what was used longest ago is closed. */
static struct place_dir *oldest(struct places *p)
{
	struct place_dir *best = &p->dirs[1];

	for (int i = 1; i < PLACE_DIRS && best->path != NULL; i++)
		if (p->dirs[i].path == NULL || p->dirs[i].used < best->used)
			best = &p->dirs[i];
	close_dir(best);
	return best;
}

static int open_step(struct places *p, struct place_dir *above, const char *path, size_t length, bool create,
		     struct place_dir **ret)
{
	struct place_dir new = {.fd = -1, .length = length};
	int fd CLEANUP(host_close_at) = -1, r = 0;
	const char *name;
	struct stat st;

	new.path = strndup(path, length);
	if (new.path == NULL)
		return work_fail(p->work, -ENOMEM, "there is not enough memory");
	name = new.path + above->length + (above->length > 0);
	for (int i = 0; i < 2 && fd < 0; i++) {
		fd = openat(above->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = fd < 0 ? -errno : 0;
		if (r != -ENOENT || !create || i > 0)
			break;
		if (mkdirat(above->fd, name, 0755) < 0) {
			r = -errno;
			break;
		}
		new.made = above->changed = true;
	}
	if (r == 0 && fstat(fd, &st) < 0)
		r = -errno;
	if (r < 0) {
		if (r == -ENOTDIR || r == -ELOOP)
			(void)work_fail(p->work, -EBADMSG,
					"the archive has a name below %s, which is no directory in it",
					show_name(new.path).text);
		else if (r != -ENOENT || create)
			(void)work_fail_on(p->work, r, "open", new.path);
		free(new.path);
		return r;
	}
	new.fd = take_fd(&fd);
	new.mtime = st.st_mtim;
	/* Not the one that we come from: it has just been used. */
	*ret = oldest(p);
	**ret = new;
	return 0;
}

int places_directory(struct places *p, const char *path, size_t length, bool create, struct place_dir **ret)
{
	struct place_dir *d = nearest(p, path, length);

	d->made = false;
	d->used = ++p->clock;
	while (d->length < length) {
		const char *name = path + d->length + (d->length > 0);
		const char *slash = memchr(name, '/', length - (size_t)(name - path));
		size_t next = slash != NULL ? (size_t)(slash - path) : length;
		int r;

		r = open_step(p, d, path, next, create, &d);
		if (r < 0)
			return r;
		d->used = ++p->clock;
	}
	*ret = d;
	return 0;
}

int places_parent(struct places *p, const char *path, bool create, struct place_dir **ret, const char **last)
{
	const char *slash = strrchr(path, '/');

	*last = slash != NULL ? slash + 1 : path;
	return places_directory(p, path, slash != NULL ? (size_t)(slash - path) : 0, create, ret);
}

void places_forget(struct places *p, const char *path)
{
	size_t n = strlen(path);

	for (int i = 1; i < PLACE_DIRS; i++)
		if (p->dirs[i].path != NULL && p->dirs[i].length == n && memcmp(p->dirs[i].path, path, n) == 0) {
			p->dirs[i].changed = false;
			close_dir(&p->dirs[i]);
		}
}
