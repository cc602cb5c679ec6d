#include "distro/archive_output.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BUFFER_SIZE ((size_t)512 << 10)
#define THREADS_MAX 16

struct output {
	struct archive_work *work;
	int fd;
	struct archive *archive; /* NULL: not compressed */
	size_t used;
	char buffer[BUFFER_SIZE];
};

static int write_out(struct output *o, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t r = write(o->fd, p, n);
		int error = errno;

		if (work_tick(o->work) < 0)
			return -ECANCELED;
		if (r < 0 && error != EINTR && error != EAGAIN)
			return error == ENOSPC || error == EDQUOT
				       ? work_fail(o->work, -error, "there is no space left for the archive")
				       : work_fail(o->work, -error, "cannot write the archive: %s", strerror(error));
		if (r <= 0)
			continue;
		p += r;
		n -= (size_t)r;
		o->work->progress.bytes += (uint64_t)r;
	}
	return 0;
}

static la_ssize_t take_compressed(struct archive *a, void *context, const void *p, size_t n)
{
	int r = write_out(context, p, n);

	if (r == 0)
		return (la_ssize_t)n;
	archive_set_error(a, -r, "%s", strerror(-r));
	return -1;
}

static int failed(struct output *o)
{
	const char *text = archive_error_string(o->archive);

	return work_fail(o->work, -EIO, "cannot compress the archive: %s", text != NULL ? text : "out of memory");
}

static int open_archive(struct output *o, enum archive_format format)
{
	static const struct {
		int (*add)(struct archive *);
		const char *name;
	} filters[] = {
		[ARCHIVE_TAR_GZ] = {archive_write_add_filter_gzip, "gzip"},
		[ARCHIVE_TAR_XZ] = {archive_write_add_filter_xz, "xz"},
		[ARCHIVE_TAR_ZST] = {archive_write_add_filter_zstd, "zstd"},
	};
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct archive_entry *entry;
	char threads[16];
	int r;

	o->archive = archive_write_new();
	entry = archive_entry_new();
	if (o->archive == NULL || entry == NULL) {
		archive_entry_free(entry);
		return work_fail(o->work, -ENOMEM, "there is not enough memory");
	}
	archive_entry_set_filetype(entry, AE_IFREG);
	r = archive_write_set_format_raw(o->archive);
	if (r == ARCHIVE_OK)
		r = filters[format].add(o->archive);
	if (r == ARCHIVE_OK && format != ARCHIVE_TAR_GZ) {
		(void)snprintf(threads, sizeof(threads), "%ld", processors < THREADS_MAX ? processors : THREADS_MAX);
		/* A library without threads does it without. */
		(void)archive_write_set_filter_option(o->archive, filters[format].name, "threads", threads);
	}
	archive_write_set_bytes_in_last_block(o->archive, 1);
	if (r == ARCHIVE_OK)
		r = archive_write_open(o->archive, o, NULL, take_compressed, NULL);
	if (r == ARCHIVE_OK)
		r = archive_write_header(o->archive, entry);
	archive_entry_free(entry);
	return r == ARCHIVE_OK ? 0 : failed(o);
}

int output_open(int fd, enum archive_format format, struct archive_work *w, struct output **ret)
{
	struct output *o = malloc(sizeof(*o));
	int r = 0;

	if (o == NULL)
		return work_fail(w, -ENOMEM, "there is not enough memory");
	o->work = w;
	o->fd = fd;
	o->archive = NULL;
	o->used = 0;
	if (format != ARCHIVE_TAR)
		r = open_archive(o, format);
	if (r < 0) {
		output_close(o);
		return r;
	}
	*ret = o;
	return 0;
}

static int flush(struct output *o)
{
	size_t n = o->used;
	int r = 0;

	o->used = 0;
	if (o->archive == NULL)
		return write_out(o, o->buffer, n);
	for (size_t done = 0; done < n && r == 0;) {
		la_ssize_t k = archive_write_data(o->archive, o->buffer + done, n - done);

		if (k <= 0)
			r = failed(o);
		else
			done += (size_t)k;
	}
	return r;
}

int output_room(struct output *o, void **ret, size_t *ret_n)
{
	if (o->used == BUFFER_SIZE) {
		int r = flush(o);

		if (r < 0)
			return r;
	}
	*ret = o->buffer + o->used;
	*ret_n = BUFFER_SIZE - o->used;
	return 0;
}

void output_filled(struct output *o, size_t n)
{
	o->used += n;
}

int output_write(struct output *o, const void *p, size_t n)
{
	while (n > 0) {
		void *to;
		size_t k;
		int r = output_room(o, &to, &k);

		if (r < 0)
			return r;
		k = k < n ? k : n;
		memcpy(to, p, k);
		output_filled(o, k);
		p = (const char *)p + k;
		n -= k;
	}
	return 0;
}

int output_zeros(struct output *o, uint64_t n)
{
	while (n > 0) {
		void *to;
		size_t k;
		int r = output_room(o, &to, &k);

		if (r < 0)
			return r;
		k = k < n ? k : (size_t)n;
		memset(to, 0, k);
		output_filled(o, k);
		n -= k;
	}
	return 0;
}

int output_end(struct output *o)
{
	int r = flush(o);

	if (r == 0 && o->archive != NULL && archive_write_close(o->archive) != ARCHIVE_OK)
		r = failed(o);
	return r;
}

void output_close(struct output *o)
{
	if (o == NULL)
		return;
	if (o->archive != NULL) {
		/* Without it, freeing would write the rest. */
		(void)archive_write_fail(o->archive);
		(void)archive_write_free(o->archive);
	}
	free(o);
}
