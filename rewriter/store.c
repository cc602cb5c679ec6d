/*
 * The cache: copies that are complete when they get their names, and never change. An empty file with the offset LOOKED_AT says
 * that its file has been looked at, whatever was found.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/host.h"
#include "base/text.h"
#include "rewriter/rewriter.h"

/* Of all copies together, as the disk counts. */
#define CACHE_LIMIT (256ull << 20)
/* A younger file may be written to without its times telling (mmap, coarse clocks). */
#define AGE_SECONDS 2

static bool is_old_enough(const struct stat *st)
{
	struct timespec now;

	return clock_gettime(CLOCK_REALTIME, &now) == 0 && now.tv_sec - st->st_ctim.tv_sec > AGE_SECONDS;
}

static bool is_the_same(const struct stat *a, const struct stat *b)
{
	struct text_key x, y;

	text_key_of(a, 0, &x);
	text_key_of(b, 0, &y);
	return memcmp(&x, &y, sizeof(x)) == 0;
}

/* fill(fd, arg) writes the file, which then gets its name. */
static int make_file(int dir, const char *name, int (*fill)(int fd, const void *arg), const void *arg)
{
	char temporary[64];
	int fd CLEANUP(host_close_at) = -1;
	int r;

	snprintf(temporary, sizeof(temporary), ".%d", getpid());
	(void)unlinkat(dir, temporary, 0);
	fd = openat(dir, temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return -errno;
	r = fill(fd, arg);
	if (r == 0 && (fchmod(fd, 0400) < 0 || fsync(fd) < 0 || renameat(dir, temporary, dir, name) < 0))
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temporary, 0);
	return r;
}

struct copy {
	const struct text_trailer *trailer;
	const uint8_t *bytes;
	size_t size;
};

static int fill_copy(int fd, const void *arg)
{
	const struct copy *c = arg;
	uint64_t end = c->trailer->key.offset + c->size;
	int r = host_pwrite_full(fd, c->bytes, c->size, (off_t)c->trailer->key.offset);

	if (r == 0)
		r = host_pwrite_full(fd, c->trailer, sizeof(*c->trailer), (off_t)end);
	return r == 0 && ftruncate(fd, (off_t)(end + TEXT_PAGE)) < 0 ? -errno : r;
}

static int fill_nothing(int fd, const void *arg)
{
	(void)fd;
	(void)arg;
	return 0;
}

static void note_path(int fd, struct text_trailer *t)
{
	char link[64];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, t->path, sizeof(t->path) - 1);
	t->path[n > 0 ? n : 0] = '\0';
}

static int store_segment(int dir, int fd, const struct rw_object *o, const struct rw_segment *s)
{
	struct text_trailer trailer = {.magic = TEXT_MAGIC};
	struct rw_site *sites = NULL;
	struct copy copy = {.trailer = &trailer};
	uint8_t *bytes = NULL;
	char name[TEXT_NAME_MAX];
	struct stat now;
	long r, count = rw_classify(o, s, &sites);

	r = count < 0 ? count : rw_prepare(o, s, sites, (size_t)count, &bytes, &copy.size);
	free(sites);
	if (r > 0) {
		trailer.sites = (uint32_t)r;
		text_key_of(&o->stat, s->offset & ~(TEXT_PAGE - 1), &trailer.key);
		note_path(fd, &trailer);
		(void)text_name(&trailer.key, name);
		copy.bytes = bytes;
		r = host_fstat(fd, &now) == 0 && is_the_same(&now, &o->stat) ? make_file(dir, name, fill_copy, &copy)
									     : -EAGAIN;
	}
	free(bytes);
	return r < 0 ? (int)r : 0;
}

int rw_store(int dir, int fd)
{
	struct rw_object o;
	struct text_key key;
	char name[TEXT_NAME_MAX];
	struct stat st;
	int r = host_fstat(fd, &st);

	if (r < 0)
		return r;
	if (!is_old_enough(&st))
		return -EAGAIN;
	r = rw_object_open(fd, &o);
	if (r == 0) {
		for (unsigned i = 0; i < o.segments && r == 0; i++)
			r = store_segment(dir, fd, &o, &o.segment[i]);
		rw_object_done(&o);
	}
	if (r < 0 && r != -ENOEXEC)
		return r;
	text_key_of(&st, TEXT_LOOKED_AT, &key);
	(void)text_name(&key, name);
	return make_file(dir, name, fill_nothing, NULL);
}

/* --- size ------------------------------------------------------------------------------------------------------------ */

static uint64_t sum(int dir, char *ret_oldest, size_t size)
{
	int copy = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = copy >= 0 ? fdopendir(copy) : NULL;
	struct timespec oldest = {0};
	uint64_t total = 0;
	struct dirent *e;
	struct stat st;

	ret_oldest[0] = '\0';
	while (d != NULL && (e = readdir(d)) != NULL) {
		if (fstatat(dir, e->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISREG(st.st_mode))
			continue;
		total += (uint64_t)st.st_blocks * 512;
		if (ret_oldest[0] != '\0' &&
		    (st.st_mtim.tv_sec > oldest.tv_sec ||
		     (st.st_mtim.tv_sec == oldest.tv_sec && st.st_mtim.tv_nsec >= oldest.tv_nsec)))
			continue;
		oldest = st.st_mtim;
		snprintf(ret_oldest, size, "%s", e->d_name);
	}
	if (d != NULL)
		(void)closedir(d);
	return total;
}

/* Who has a copy mapped keeps it. */
void rw_cache_limit(int dir)
{
	char oldest[NAME_MAX + 1];

	for (unsigned i = 0; i < 4096 && sum(dir, oldest, sizeof(oldest)) > CACHE_LIMIT && oldest[0] != '\0'; i++)
		(void)unlinkat(dir, oldest, 0);
}
