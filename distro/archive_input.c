#include "distro/archive_input.h"

#include <archive.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "distro/archive_gzip.h"

#define CHUNK_SIZE ((size_t)256 << 10)
#define CHUNKS     8
#define RAW_SIZE   ((size_t)128 << 10)
/* How long the caller waits before it looks whether the work was cancelled. */
#define PATIENCE 100000000l

struct chunk {
	uint8_t *data;
	size_t size;
};

struct input {
	struct archive_work *work;
	int fd;
	int wake; /* an eventfd: the thread is to end */
	bool pollable;
	pthread_t thread;
	bool started;

	/* The ring: chunks [taken, made) are full. Behind the lock; a full chunk is the caller's, an empty one the thread's. */
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct chunk chunks[CHUNKS];
	unsigned made, taken;
	bool ended, stop;
	int error;
	char error_text[200];

	_Atomic uint64_t raw_bytes;

	/* The thread's own. */
	uint8_t *raw;
	size_t raw_first; /* bytes that were read to see what it is */
	struct archive *archive;
	struct gzip *gzip;
	const char *why; /* what gzip says */

	/* The caller's own. */
	size_t at; /* in chunk `taken` */
	uint64_t position;
};

/* --- the thread ------------------------------------------------------------------------------------------------------ */

/* A read that ends when the input is closed: -ECANCELED. */
static ssize_t read_raw(struct input *in, void *buf, size_t n)
{
	struct pollfd fds[] = {{.fd = in->fd, .events = POLLIN}, {.fd = in->wake, .events = POLLIN}};
	ssize_t r;

	for (;;) {
		if (in->pollable) {
			fds[0].revents = fds[1].revents = 0;
			if (poll(fds, 2, -1) < 0 && errno != EINTR)
				return -errno;
			if (fds[1].revents != 0)
				return -ECANCELED;
			if (fds[0].revents == 0)
				continue;
		}
		r = read(in->fd, buf, n);
		if (r >= 0) {
			atomic_fetch_add_explicit(&in->raw_bytes, (uint64_t)r, memory_order_relaxed);
			return r;
		}
		if (errno != EINTR && errno != EAGAIN)
			return -errno;
	}
}

static ssize_t next_raw(void *context, const void **ret)
{
	struct input *in = context;
	ssize_t n = (ssize_t)in->raw_first;

	in->raw_first = 0;
	*ret = in->raw;
	return n > 0 ? n : read_raw(in, in->raw, RAW_SIZE);
}

static la_ssize_t give_raw(struct archive *a, void *context, const void **ret)
{
	ssize_t n = next_raw(context, ret);

	if (n < 0) {
		archive_set_error(a, (int)-n, "%s", strerror((int)-n));
		return -1;
	}
	return n;
}

static bool is_gzip(const uint8_t *p, size_t n)
{
	return n >= 3 && p[0] == 0x1f && p[1] == 0x8b && p[2] == 8;
}

static bool is_compressed(const uint8_t *p, size_t n)
{
	static const struct {
		size_t size;
		const char *magic;
	} known[] = {
		{2, "\x1f\x8b"},
		{3, "BZh"},
		{6, "\xfd"
		    "7zXZ\0"},
		{4, "\x28\xb5\x2f\xfd"},
		{4, "\x04\x22\x4d\x18"},
		{3, "\x5d\0\0"},
		{4, "LZIP"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (n >= known[i].size && memcmp(p, known[i].magic, known[i].size) == 0)
			return true;
	/* Skippable frames of zstd. */
	return n >= 4 && (p[0] & 0xf0) == 0x50 && memcmp(p + 1, "\x2a\x4d\x18", 3) == 0;
}

static int open_archive(struct input *in)
{
	static int (*const filters[])(struct archive *) = {
		archive_read_support_filter_bzip2, archive_read_support_filter_xz,  archive_read_support_filter_lzma,
		archive_read_support_filter_zstd,  archive_read_support_filter_lz4, archive_read_support_filter_lzip,
	};
	struct archive_entry *entry;
	struct archive *a = archive_read_new();

	if (a == NULL)
		return -ENOMEM;
	in->archive = a;
	/* Those that the library does itself: others would run programs. */
	for (size_t i = 0; i < ARRAY_SIZE(filters); i++)
		if (filters[i](a) < ARCHIVE_WARN)
			return -EINVAL;
	if (archive_read_support_format_raw(a) != ARCHIVE_OK ||
	    archive_read_open(a, in, NULL, give_raw, NULL) != ARCHIVE_OK)
		return -EINVAL;
	return archive_read_next_header(a, &entry) == ARCHIVE_OK ? 0 : -EINVAL;
}

/* Fills a chunk; its size, less than a whole one at the end only. */
static ssize_t fill(struct input *in, uint8_t *data)
{
	size_t n = 0;

	while (n < CHUNK_SIZE) {
		ssize_t r;

		if (in->gzip != NULL) {
			r = gzip_read(in->gzip, data + n, CHUNK_SIZE - n, &in->why);
		} else if (in->archive != NULL) {
			r = archive_read_data(in->archive, data + n, CHUNK_SIZE - n);
			if (r < 0)
				r = -EBADMSG;
		} else if (in->raw_first > 0) {
			memcpy(data, in->raw, in->raw_first);
			r = (ssize_t)in->raw_first;
			in->raw_first = 0;
		} else {
			r = read_raw(in, data + n, CHUNK_SIZE - n);
		}
		if (r < 0)
			return r;
		if (r == 0)
			break;
		n += (size_t)r;
		/* What comes slowly is given on as it comes. */
		if (in->pollable && in->archive == NULL && in->gzip == NULL)
			break;
	}
	return (ssize_t)n;
}

/* The end, for whatever reason. */
static void finish(struct input *in, int error)
{
	const char *text = in->why;

	if (in->archive != NULL && error != 0 && error != -ENOMEM)
		text = archive_error_string(in->archive);
	pthread_mutex_lock(&in->lock);
	in->ended = true;
	in->error = error;
	if (text != NULL)
		(void)snprintf(in->error_text, sizeof(in->error_text), "%s", text);
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

/* An empty chunk's place in the ring, or false: it is over. */
static bool next_empty(struct input *in, struct chunk **ret)
{
	bool stop;

	pthread_mutex_lock(&in->lock);
	while (in->made - in->taken == CHUNKS && !in->stop)
		pthread_cond_wait(&in->changed, &in->lock);
	stop = in->stop;
	*ret = &in->chunks[in->made % CHUNKS];
	pthread_mutex_unlock(&in->lock);
	return !stop;
}

static void *decompress(void *context)
{
	struct input *in = context;
	struct chunk *c;
	ssize_t n = 1;
	int r = 0;

	if (is_gzip(in->raw, in->raw_first)) {
		in->gzip = gzip_open(next_raw, in);
		r = in->gzip == NULL ? -ENOMEM : 0;
	} else if (is_compressed(in->raw, in->raw_first)) {
		r = open_archive(in);
	}
	while (r == 0 && n > 0 && next_empty(in, &c)) {
		/* Small archives need one only. */
		if (c->data == NULL)
			c->data = malloc(CHUNK_SIZE);
		n = c->data != NULL ? fill(in, c->data) : -ENOMEM;
		r = n < 0 ? (int)n : 0;
		if (n <= 0)
			break;
		pthread_mutex_lock(&in->lock);
		c->size = (size_t)n;
		in->made++;
		pthread_cond_broadcast(&in->changed);
		pthread_mutex_unlock(&in->lock);
	}
	finish(in, r);
	return NULL;
}

/* --- the caller ------------------------------------------------------------------------------------------------------ */

static int prepare(struct input *in)
{
	sigset_t all, old;
	struct stat st;
	int r;

	if (fstat(in->fd, &st) < 0)
		return -errno;
	in->pollable = !S_ISREG(st.st_mode);
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (S_ISREG(st.st_mode))
		in->work->progress.bytes_total = (uint64_t)st.st_size;
	in->wake = eventfd(0, EFD_CLOEXEC);
	if (in->wake < 0)
		return -errno;
	/* Signals are the caller's. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = -pthread_create(&in->thread, NULL, decompress, in);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	in->started = r == 0;
	return r;
}

/* Enough bytes to see what it is: magics are short, but a pipe may give them one by one. */
static int read_first(struct input *in)
{
	struct pollfd p = {.fd = in->fd, .events = POLLIN};

	while (in->raw_first < 16) {
		ssize_t n;
		int r = work_tick(in->work);

		if (r < 0)
			return r;
		/* Also when a signal came: whether it ends the work is the progress's to say. */
		if (poll(&p, 1, 200) <= 0)
			continue;
		n = read(in->fd, in->raw + in->raw_first, RAW_SIZE - in->raw_first);
		if (n < 0 && errno != EINTR && errno != EAGAIN)
			return -errno;
		if (n == 0)
			return 0;
		if (n > 0)
			in->raw_first += (size_t)n;
	}
	return 0;
}

int input_open(int fd, struct archive_work *w, struct input **ret)
{
	struct input *in = calloc(1, sizeof(*in));
	pthread_condattr_t attr;
	int r;

	if (in == NULL)
		return work_fail(w, -ENOMEM, "there is not enough memory");
	in->work = w;
	in->fd = fd;
	in->wake = -1;
	pthread_mutex_init(&in->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&in->changed, &attr);
	pthread_condattr_destroy(&attr);
	in->raw = malloc(RAW_SIZE);
	r = in->raw == NULL ? -ENOMEM : read_first(in);
	if (r == 0 && in->raw_first == 0)
		r = work_fail(w, -EBADMSG, "the archive is empty");
	in->raw_bytes = in->raw_first;
	if (r == 0)
		r = prepare(in);
	if (r < 0) {
		input_close(in);
		return work_fail(w, r, "cannot read the archive: %s", strerror(-r));
	}
	*ret = in;
	return 0;
}

void input_close(struct input *in)
{
	if (in == NULL)
		return;
	if (in->started) {
		uint64_t one = 1;

		pthread_mutex_lock(&in->lock);
		in->stop = true;
		pthread_cond_broadcast(&in->changed);
		pthread_mutex_unlock(&in->lock);
		while (write(in->wake, &one, sizeof(one)) < 0 && errno == EINTR)
			;
		pthread_join(in->thread, NULL);
	}
	if (in->archive != NULL)
		archive_read_free(in->archive);
	gzip_close(in->gzip);
	for (unsigned i = 0; i < CHUNKS; i++)
		free(in->chunks[i].data);
	if (in->wake >= 0)
		close(in->wake);
	free(in->raw);
	pthread_cond_destroy(&in->changed);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

/* More than anybody wants to unpack? */
static int check_limits(struct input *in)
{
	uint64_t max = in->work->options->content_max, raw = atomic_load(&in->raw_bytes);

	in->work->progress.bytes = raw;
	if (max != 0 ? in->position > max : in->position > ARCHIVE_CONTENT_MAX)
		return work_fail(in->work, -EFBIG, "the archive holds more than the limit of %llu MB",
				 (unsigned long long)((max != 0 ? max : ARCHIVE_CONTENT_MAX) >> 20));
	if (max == 0 && in->position > ARCHIVE_RATIO_FROM && in->position / ARCHIVE_RATIO_MAX > raw)
		return work_fail(in->work, -EFBIG, "the archive unpacks to more than %u times its size",
				 ARCHIVE_RATIO_MAX);
	return 0;
}

/* Waits until chunk `taken` is full: 1, 0 at the end. */
static int wait_full(struct input *in)
{
	struct timespec until;
	int r = 0;

	pthread_mutex_lock(&in->lock);
	while (in->made == in->taken && !in->ended && r == 0) {
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += PATIENCE;
		until.tv_sec += until.tv_nsec / 1000000000;
		until.tv_nsec %= 1000000000;
		(void)pthread_cond_timedwait(&in->changed, &in->lock, &until);
		if (in->made == in->taken && !in->ended) {
			pthread_mutex_unlock(&in->lock);
			r = work_tick(in->work);
			pthread_mutex_lock(&in->lock);
		}
	}
	if (r == 0)
		r = in->made != in->taken ? 1 : in->error;
	pthread_mutex_unlock(&in->lock);
	if (r >= 0 || r == -ECANCELED)
		return r;
	if (in->error_text[0] != '\0')
		return work_fail(in->work, r, "the archive is damaged: %s", in->error_text);
	return work_fail(in->work, r, "cannot read the archive: %s", strerror(-r));
}

static void give_back(struct input *in)
{
	pthread_mutex_lock(&in->lock);
	in->taken++;
	in->at = 0;
	pthread_cond_broadcast(&in->changed);
	pthread_mutex_unlock(&in->lock);
}

int input_take(struct input *in, size_t max, const void **ret, size_t *ret_n)
{
	/* The chunk that is being read is full whatever the thread does: only its change of hands needs the lock. */
	struct chunk *c = &in->chunks[in->taken % CHUNKS];
	size_t n;
	int r;

	if (in->at > 0 && in->at == c->size)
		give_back(in);
	if (in->at == 0) {
		r = wait_full(in);
		if (r <= 0) {
			*ret_n = 0;
			return r;
		}
		c = &in->chunks[in->taken % CHUNKS];
	}
	n = c->size - in->at;
	n = n < max ? n : max;
	*ret = c->data + in->at;
	*ret_n = n;
	in->at += n;
	in->position += n;
	r = check_limits(in);
	return r < 0 ? r : work_tick(in->work);
}

long input_read(struct input *in, void *buf, size_t n)
{
	size_t done = 0;

	while (done < n) {
		const void *p;
		size_t got;
		int r = input_take(in, n - done, &p, &got);

		if (r < 0)
			return r;
		if (got == 0)
			break;
		memcpy((char *)buf + done, p, got);
		done += got;
	}
	return (long)done;
}

uint64_t input_position(const struct input *in)
{
	return in->position;
}
