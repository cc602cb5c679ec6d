#include "distro/archive_tar_write.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OCTAL_7  07777777ull
#define OCTAL_11 077777777777ull

struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6],
		version[2], user[32], group[32], major[8], minor[8], prefix[155], rest[12];
};
_Static_assert(sizeof(struct ustar) == TAR_BLOCK, "a header is a block");

/* --- records ----------------------------------------------------------------------------------------------------------- */

static int append(struct tar_writer *w, const void *p, size_t n)
{
	if (n > w->pax_room - w->pax_size) {
		size_t room = (w->pax_size + n) * 2 + 1024;
		char *more = realloc(w->pax, room);

		if (more == NULL)
			return work_fail(w->work, -ENOMEM, "there is not enough memory");
		w->pax = more;
		w->pax_room = room;
	}
	if (n > 0)
		memcpy(w->pax + w->pax_size, p, n);
	w->pax_size += n;
	return 0;
}

static size_t digits(size_t n)
{
	size_t d = 1;

	for (; n >= 10; n /= 10)
		d++;
	return d;
}

/* "LENGTH KEY=VALUE\n", where the length counts itself. */
static int record(struct tar_writer *w, const char *prefix, const char *key, const void *value, size_t size)
{
	size_t n = strlen(prefix) + strlen(key) + size + 3, total = n + digits(n);
	char head[32];
	int r;

	total = n + digits(total);
	(void)snprintf(head, sizeof(head), "%zu ", total);
	r = append(w, head, strlen(head));
	if (r == 0)
		r = append(w, prefix, strlen(prefix));
	if (r == 0)
		r = append(w, key, strlen(key));
	if (r == 0)
		r = append(w, "=", 1);
	if (r == 0)
		r = append(w, value, size);
	return r < 0 ? r : append(w, "\n", 1);
}

static int record_text(struct tar_writer *w, const char *key, const char *value)
{
	return record(w, "", key, value, strlen(value));
}

static int record_number(struct tar_writer *w, const char *key, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	return record_text(w, key, text);
}

static int record_time(struct tar_writer *w, const char *key, struct timespec t)
{
	char text[48];
	int64_t s = t.tv_sec;
	long ns = t.tv_nsec;
	bool negative = s < 0;

	if (negative && ns > 0) {
		s++;
		ns = 1000000000 - ns;
	}
	(void)snprintf(text, sizeof(text), "%s%" PRIu64 ".%09ld", negative ? "-" : "",
		       negative ? -(uint64_t)s : (uint64_t)s, ns);
	return record_text(w, key, text);
}

/* As GNU tar has it: = ends the key. */
static int record_attribute(struct tar_writer *w, const struct tar_attribute *a)
{
	char key[3 * 256];
	size_t n = 0;

	for (const char *s = a->name; *s != '\0' && n + 4 < sizeof(key); s++) {
		if (*s == '=' || *s == '%')
			n += (size_t)snprintf(key + n, 4, "%%%02X", (unsigned)*s);
		else
			key[n++] = *s;
	}
	key[n] = '\0';
	return record(w, "SCHILY.xattr.", key, a->value, a->size);
}

static bool is_utf8(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	while (*p != '\0') {
		int more = *p < 0x80                 ? 0
			   : *p >= 0xc2 && *p < 0xe0 ? 1
			   : *p >= 0xe0 && *p < 0xf0 ? 2
			   : *p >= 0xf0 && *p < 0xf5 ? 3
						     : -1;

		if (more < 0)
			return false;
		for (p++; more > 0; more--, p++)
			if ((*p & 0xc0) != 0x80)
				return false;
	}
	return true;
}

static int records(struct tar_writer *w, const struct tar_entry *e, uint64_t stored, bool sparse)
{
	bool long_name = strlen(e->name) > 100, long_link = strlen(e->link) > 100;
	int r = 0;

	w->pax_size = 0;
	/* Names are UTF-8 in these headers, if nothing is said. */
	if ((long_name && !is_utf8(e->name)) || (long_link && !is_utf8(e->link)))
		r = record_text(w, "hdrcharset", "BINARY");
	if (r == 0 && long_name && !sparse)
		r = record_text(w, "path", e->name);
	if (r == 0 && long_link)
		r = record_text(w, "linkpath", e->link);
	if (r == 0 && stored > OCTAL_11)
		r = record_number(w, "size", stored);
	if (r == 0 && e->uid > OCTAL_7)
		r = record_number(w, "uid", e->uid);
	if (r == 0 && e->gid > OCTAL_7)
		r = record_number(w, "gid", e->gid);
	if (r == 0 && (e->mtime.tv_nsec != 0 || e->mtime.tv_sec < 0 || (uint64_t)e->mtime.tv_sec > OCTAL_11))
		r = record_time(w, "mtime", e->mtime);
	if (r == 0 && e->major > OCTAL_7)
		r = record_number(w, "SCHILY.devmajor", e->major);
	if (r == 0 && e->minor > OCTAL_7)
		r = record_number(w, "SCHILY.devminor", e->minor);
	if (r == 0 && e->acl_access != NULL)
		r = record_text(w, "SCHILY.acl.access", e->acl_access);
	if (r == 0 && e->acl_default != NULL)
		r = record_text(w, "SCHILY.acl.default", e->acl_default);
	for (size_t i = 0; r == 0 && i < e->attribute_count; i++)
		r = record_attribute(w, &e->attributes[i]);
	if (r == 0 && sparse) {
		r = record_text(w, "GNU.sparse.major", "1");
		if (r == 0)
			r = record_text(w, "GNU.sparse.minor", "0");
		if (r == 0)
			r = record_text(w, "GNU.sparse.name", e->name);
		if (r == 0)
			r = record_number(w, "GNU.sparse.realsize", e->size);
	}
	return r;
}

/* --- headers ----------------------------------------------------------------------------------------------------------- */

static void octal(char *field, size_t size, uint64_t v)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%0*" PRIo64, (int)size - 1, v);
	memcpy(field, text, size - 1);
}

static void text(char *field, size_t size, const char *s)
{
	memcpy(field, s, strnlen(s, size));
}

static int write_block(struct tar_writer *w, struct ustar *h)
{
	unsigned sum = 0;

	memcpy(h->magic, "ustar", 6);
	memcpy(h->version, "00", 2);
	memset(h->checksum, ' ', sizeof(h->checksum));
	for (size_t i = 0; i < sizeof(*h); i++)
		sum += ((const uint8_t *)h)[i];
	octal(h->checksum, 7, sum);
	return output_write(w->out, h, sizeof(*h));
}

static uint64_t limited(uint64_t v, uint64_t max)
{
	return v <= max ? v : max;
}

static int write_pax(struct tar_writer *w, const struct tar_entry *e)
{
	struct ustar h = {.type = 'x'};
	char name[101];
	int r;

	(void)snprintf(name, sizeof(name), "PaxHeaders/%.80s", e->name);
	text(h.name, sizeof(h.name), name);
	octal(h.mode, sizeof(h.mode), 0644);
	octal(h.uid, sizeof(h.uid), 0);
	octal(h.gid, sizeof(h.gid), 0);
	octal(h.size, sizeof(h.size), w->pax_size);
	octal(h.mtime, sizeof(h.mtime), e->mtime.tv_sec > 0 ? limited((uint64_t)e->mtime.tv_sec, OCTAL_11) : 0);
	r = write_block(w, &h);
	if (r == 0)
		r = output_write(w->out, w->pax, w->pax_size);
	return r < 0 ? r : output_zeros(w->out, -(uint64_t)w->pax_size % TAR_BLOCK);
}

static char type_of(mode_t mode)
{
	switch (mode & S_IFMT) {
	case 0:
		return '1';
	case S_IFLNK:
		return '2';
	case S_IFCHR:
		return '3';
	case S_IFBLK:
		return '4';
	case S_IFDIR:
		return '5';
	case S_IFIFO:
		return '6';
	default:
		return '0';
	}
}

/* The map that stands in front of a sparse file's content, into the buffer that records are made in. */
static int make_map(struct tar_writer *w, const struct tar_extent *extents, size_t count, uint64_t *stored)
{
	char line[48];
	int r;

	*stored = 0;
	w->pax_size = 0;
	(void)snprintf(line, sizeof(line), "%zu\n", count);
	r = append(w, line, strlen(line));
	for (size_t i = 0; r == 0 && i < count; i++) {
		(void)snprintf(line, sizeof(line), "%" PRIu64 "\n%" PRIu64 "\n", extents[i].offset, extents[i].size);
		r = append(w, line, strlen(line));
		*stored += extents[i].size;
	}
	*stored += w->pax_size + -(uint64_t)w->pax_size % TAR_BLOCK;
	return r;
}

int tar_write_header(struct tar_writer *w, const struct tar_entry *e, const struct tar_extent *extents, size_t count,
		     bool sparse)
{
	struct ustar h = {.type = type_of(e->mode)};
	const char *slash = strrchr(e->name, '/');
	uint64_t stored = e->size;
	char name[101];
	int r = 0;

	if (sparse)
		r = make_map(w, extents, count, &stored);
	if (r == 0)
		r = records(w, e, stored, sparse);
	if (r == 0 && w->pax_size > 0)
		r = write_pax(w, e);
	if (r < 0)
		return r;

	(void)snprintf(name, sizeof(name), "GNUSparseFile.0/%.80s", slash != NULL ? slash + 1 : e->name);
	text(h.name, sizeof(h.name), sparse ? name : e->name);
	text(h.link, sizeof(h.link), e->link);
	octal(h.mode, sizeof(h.mode), e->mode & 07777);
	octal(h.uid, sizeof(h.uid), limited(e->uid, OCTAL_7));
	octal(h.gid, sizeof(h.gid), limited(e->gid, OCTAL_7));
	octal(h.size, sizeof(h.size), limited(stored, OCTAL_11));
	octal(h.mtime, sizeof(h.mtime), e->mtime.tv_sec > 0 ? limited((uint64_t)e->mtime.tv_sec, OCTAL_11) : 0);
	octal(h.major, sizeof(h.major), limited(e->major, OCTAL_7));
	octal(h.minor, sizeof(h.minor), limited(e->minor, OCTAL_7));
	r = write_block(w, &h);
	if (r == 0 && sparse) {
		r = make_map(w, extents, count, &stored);
		if (r == 0)
			r = output_write(w->out, w->pax, w->pax_size);
		if (r == 0)
			r = output_zeros(w->out, -(uint64_t)w->pax_size % TAR_BLOCK);
	}
	return r;
}

int tar_write_end(struct tar_writer *w)
{
	return output_zeros(w->out, 2 * TAR_BLOCK);
}

void tar_writer_done(struct tar_writer *w)
{
	free(w->pax);
	*w = (struct tar_writer){0};
}
