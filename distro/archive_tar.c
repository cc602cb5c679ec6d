#include "distro/archive_tar.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A header's fields: offset and size. */
#define FIELD(offset, size) (offset), (size)
#define F_NAME              FIELD(0, 100)
#define F_MODE              FIELD(100, 8)
#define F_UID               FIELD(108, 8)
#define F_GID               FIELD(116, 8)
#define F_SIZE              FIELD(124, 12)
#define F_MTIME             FIELD(136, 12)
#define F_CHECKSUM          FIELD(148, 8)
#define F_LINK              FIELD(157, 100)
#define F_MAJOR             FIELD(329, 8)
#define F_MINOR             FIELD(337, 8)
#define TYPE                156
#define MAGIC               257
#define PREFIX              345
#define PREFIX_SIZE         155
#define STAR_PREFIX_SIZE    131
#define STAR_MAGIC          508

int tar_damaged(struct tar_reader *t, const char *what)
{
	return work_fail(t->work, -EBADMSG, "the archive is damaged: %s at byte %llu", what,
			 (unsigned long long)input_position(t->in));
}

int tar_read(struct tar_reader *t, void *buf, size_t n)
{
	long r = input_read(t->in, buf, n);

	if (r < 0)
		return (int)r;
	if ((size_t)r < n)
		return work_fail(t->work, -EBADMSG, "the archive is incomplete: it ends after %llu bytes",
				 (unsigned long long)input_position(t->in));
	return 0;
}

int tar_skip(struct tar_reader *t, uint64_t n)
{
	while (n > 0) {
		const void *p;
		size_t got, max = n < SIZE_MAX / 2 ? (size_t)n : SIZE_MAX / 2;
		int r = input_take(t->in, max, &p, &got);

		if (r < 0)
			return r;
		if (got == 0)
			return tar_read(t, (char[1]){0}, 1);
		n -= got;
	}
	return 0;
}

/* Octal with blanks around it, or GNU's binary form: the first byte's top bit, then a signed number. */
int tar_number(const uint8_t *field, size_t size, int64_t *ret)
{
	uint64_t v = 0;
	size_t i = 0;

	if ((field[0] & 0x80) != 0) {
		uint8_t sign = (field[0] & 0x40) != 0 ? 0xff : 0;

		v = sign != 0 ? ~0ull : 0;
		for (i = 0; i < size; i++) {
			uint8_t b = i == 0 ? (uint8_t)((field[0] & 0x7f) | (sign & 0x80)) : field[i];

			if (size - i > 8 ? b != sign : size - i == 8 && ((b ^ sign) & 0x80) != 0)
				return -EBADMSG;
			v = v << 8 | b;
		}
		*ret = (int64_t)v;
		return 0;
	}
	while (i < size && field[i] == ' ')
		i++;
	for (; i < size && field[i] >= '0' && field[i] <= '7'; i++) {
		if (v > (uint64_t)INT64_MAX >> 3)
			return -EBADMSG;
		v = v << 3 | (uint64_t)(field[i] - '0');
	}
	if (i < size && field[i] != ' ' && field[i] != '\0')
		return -EBADMSG;
	*ret = (int64_t)v;
	return 0;
}

/* Like the above, but nothing there is 0. */
static int number(struct tar_reader *t, const uint8_t *header, size_t offset, size_t size, int64_t *ret)
{
	return tar_number(header + offset, size, ret) < 0 ? tar_damaged(t, "a number in a header") : 0;
}

static bool checksum_is_right(const uint8_t *h)
{
	int64_t said, sum = 0, sum_signed = 0;

	if (tar_number(h + 148, 8, &said) < 0)
		return false;
	for (size_t i = 0; i < TAR_BLOCK; i++) {
		uint8_t b = i >= 148 && i < 156 ? ' ' : h[i];

		sum += b;
		sum_signed += (int8_t)b;
	}
	return said == sum || said == sum_signed;
}

static bool is_zero(const uint8_t *h)
{
	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (h[i] != 0)
			return false;
	return true;
}

/* --- headers --------------------------------------------------------------------------------------------------------- */

/* GNU's name of any length, as the content of an entry of its own. */
static int read_long(struct tar_reader *t, uint64_t size, char **name)
{
	char *buf;
	int r;

	if (size > TAR_NAME_MAX)
		return tar_damaged(t, "a name that is too long");
	buf = realloc(*name, (size_t)size + 1);
	if (buf == NULL)
		return work_fail(t->work, -ENOMEM, "there is not enough memory");
	*name = buf;
	buf[size] = '\0';
	r = tar_read(t, buf, (size_t)size);
	return r < 0 ? r : tar_skip(t, -size % TAR_BLOCK);
}

static void copy_field(char *to, const uint8_t *header, size_t offset, size_t size)
{
	size_t n = strnlen((const char *)header + offset, size);

	memcpy(to, header + offset, n);
	to[n] = '\0';
}

/* prefix/name of POSIX's header, into a buffer of TAR_SHORT_NAME. */
static void header_name(const uint8_t *h, char *to)
{
	size_t room = memcmp(h + STAR_MAGIC, "tar", 4) == 0 ? STAR_PREFIX_SIZE : PREFIX_SIZE, n = 0;

	if (memcmp(h + MAGIC, "ustar", 6) == 0 && h[PREFIX] != '\0') {
		copy_field(to, h, PREFIX, room);
		n = strlen(to);
		to[n++] = '/';
	}
	copy_field(to + n, h, F_NAME);
}

/* Reads headers until one is an entry's: 1 with it in h, 0 at the end. */
static int next_header(struct tar_reader *t, uint8_t *h)
{
	for (;;) {
		int64_t size;
		long n = input_read(t->in, h, TAR_BLOCK);
		int r = n < 0 ? (int)n : 0;

		if (r < 0)
			return r;
		if (n == 0 && t->begun)
			return work_fail(t->work, -EBADMSG, "the archive is incomplete: it ends without an end mark");
		if (n == TAR_BLOCK && is_zero(h))
			return 0;
		if (!t->begun && (n < TAR_BLOCK || !checksum_is_right(h)))
			return work_fail(t->work, -EBADMSG,
					 "this is no tar archive (of those, gzip, xz, zstd and bzip2 are understood)");
		if (n < TAR_BLOCK)
			return work_fail(t->work, -EBADMSG, "the archive is incomplete: it ends after %llu bytes",
					 (unsigned long long)input_position(t->in));
		if (!checksum_is_right(h))
			return tar_damaged(t, "a header's checksum is wrong");
		t->begun = true;

		r = number(t, h, F_SIZE, &size);
		if (r == 0 && size < 0)
			r = tar_damaged(t, "a negative size");
		if (r < 0)
			return r;
		switch (h[TYPE]) {
		case 'x':
		case 'X':
			r = pax_read(t, (uint64_t)size, false);
			break;
		case 'g':
			r = pax_read(t, (uint64_t)size, true);
			break;
		case 'L':
			r = read_long(t, (uint64_t)size, &t->long_name);
			t->said.name = t->long_name;
			break;
		case 'K':
			r = read_long(t, (uint64_t)size, &t->long_link);
			t->said.link = t->long_link;
			break;
		case 'V':
			r = tar_skip(t, (uint64_t)size + -(uint64_t)size % TAR_BLOCK);
			break;
		case 'M':
			return work_fail(t->work, -EBADMSG, "the archive is a later volume of several");
		default:
			return 1;
		}
		if (r < 0)
			return r;
	}
}

/* Behind the end mark nothing counts, but a compressor's checksum does, and who writes into a pipe wants to end in peace. */
static int drain(struct tar_reader *t)
{
	size_t n = 1;
	int r = 0;

	while (r == 0 && n > 0) {
		const void *p;

		r = input_take(t->in, SIZE_MAX, &p, &n);
	}
	return r;
}

static mode_t type_of(uint8_t type, const char *name)
{
	size_t n = strlen(name);

	switch (type) {
	case '1':
		return 0;
	case '2':
		return S_IFLNK;
	case '3':
		return S_IFCHR;
	case '4':
		return S_IFBLK;
	case '5':
	case 'D':
		return S_IFDIR;
	case '6':
		return S_IFIFO;
	default:
		/* Old archives have directories as files whose name ends so. POSIX: what nobody knows is a file. */
		return n > 0 && name[n - 1] == '/' && type != 'S' ? S_IFDIR : S_IFREG;
	}
}

/* The numbers of the header, where no extension said them. */
static int read_numbers(struct tar_reader *t, const uint8_t *h, struct tar_entry *e, int64_t *ret_size)
{
	struct tar_said *s = &t->said;
	int64_t mode, mtime = 0;
	int r;

	*ret_size = s->size;
	r = number(t, h, F_MODE, &mode);
	if (r == 0 && !s->has_size)
		r = number(t, h, F_SIZE, ret_size);
	if (r == 0 && !s->has_uid)
		r = number(t, h, F_UID, &s->uid);
	if (r == 0 && !s->has_gid)
		r = number(t, h, F_GID, &s->gid);
	if (r == 0 && !s->has_mtime)
		r = number(t, h, F_MTIME, &mtime);
	if (r == 0 && (S_ISCHR(e->mode) || S_ISBLK(e->mode)) && !s->has_major)
		r = number(t, h, F_MAJOR, &s->major);
	if (r == 0 && (S_ISCHR(e->mode) || S_ISBLK(e->mode)) && !s->has_minor)
		r = number(t, h, F_MINOR, &s->minor);
	if (r < 0)
		return r;
	if (*ret_size < 0 || s->uid < 0 || s->uid >= UINT32_MAX || s->gid < 0 || s->gid >= UINT32_MAX || s->major < 0 ||
	    s->major > UINT32_MAX || s->minor < 0 || s->minor > UINT32_MAX)
		return work_fail(t->work, -EBADMSG, "the archive's entry %s has a number that is out of range",
				 show_name(e->name).text);
	if (e->mode != 0)
		e->mode |= (mode_t)mode & 07777;
	e->uid = (uint64_t)s->uid;
	e->gid = (uint64_t)s->gid;
	e->major = (unsigned)s->major;
	e->minor = (unsigned)s->minor;
	e->mtime = s->has_mtime ? s->mtime : (struct timespec){.tv_sec = mtime};
	return 0;
}

/*
 * Does content follow? Links and devices have none, whatever their size says, except for hard links in pax archives, where it
 * may be there: nobody needs it, since the first name has had it.
 */
static bool has_content(const uint8_t *h, const struct tar_said *s)
{
	switch (h[TYPE]) {
	case '1':
		return s->pax;
	case '2':
	case '3':
	case '4':
	case '5':
	case '6':
		return false;
	default:
		return true;
	}
}

static int begin_content(struct tar_reader *t, const uint8_t *h, struct tar_entry *e, int64_t size)
{
	struct tar_said *s = &t->said;
	int r = 0;

	t->left = has_content(h, s) ? (uint64_t)size : 0;
	t->padding = -t->left % TAR_BLOCK;
	t->offset = t->extent_done = 0;
	t->extent = 0;
	e->size = t->left;
	if (h[TYPE] == 'S') {
		t->sparse = true;
		r = sparse_read_old(t, h, &e->size);
	} else if (s->sparse_major == 1) {
		t->sparse = true;
		r = sparse_read_front(t);
	} else if (s->sparse_map != NULL) {
		t->sparse = true;
		r = sparse_read_text(t, s->sparse_map);
	} else if (t->extent_count > 0 || (s->has_real_size && s->sparse_major == 0)) {
		t->sparse = true;
	}
	if (r < 0 || !t->sparse)
		return r;
	if (h[TYPE] != 'S' && s->has_real_size)
		e->size = (uint64_t)s->real_size;
	return sparse_check(t, e->size);
}

static void forget(struct tar_reader *t)
{
	t->said = t->global;
	t->attribute_count = t->extent_count = 0;
	t->sparse = false;
	/* An entry with a great many of them must not be paid for by all others. */
	if (t->attribute_room > 1024) {
		free(t->attributes);
		t->attributes = NULL;
		t->attribute_room = 0;
	}
}

int tar_next(struct tar_reader *t, struct tar_entry *ret)
{
	uint8_t h[TAR_BLOCK];
	struct tar_entry e = {0};
	struct tar_said *s = &t->said;
	int64_t size;
	int r;

	r = tar_skip(t, t->left);
	if (r == 0)
		r = tar_skip(t, t->padding);
	if (r < 0)
		return r;
	t->left = t->padding = 0;
	forget(t);
	r = next_header(t, h);
	if (r < 0)
		return r;
	if (r == 0)
		return drain(t);

	header_name(h, t->short_names[0]);
	copy_field(t->short_names[1], h, F_LINK);
	e.name = s->sparse_name != NULL ? s->sparse_name : s->name != NULL ? s->name : t->short_names[0];
	e.link = s->link != NULL ? s->link : t->short_names[1];
	e.mode = type_of(h[TYPE], e.name);
	e.acl_access = s->acl_access;
	e.acl_default = s->acl_default;
	r = read_numbers(t, h, &e, &size);
	if (r == 0)
		r = begin_content(t, h, &e, size);
	if (r < 0)
		return r;
	e.attributes = t->attributes;
	e.attribute_count = t->attribute_count;
	*ret = e;
	return 1;
}

/* --- content --------------------------------------------------------------------------------------------------------- */

int tar_content(struct tar_reader *t, const void **ret, size_t *ret_n, uint64_t *ret_offset)
{
	uint64_t max = t->left;
	int r;

	if (t->sparse) {
		while (t->extent < t->extent_count && t->extent_done == t->extents[t->extent].size) {
			t->extent++;
			t->extent_done = 0;
		}
		if (t->extent == t->extent_count)
			return 0;
		max = t->extents[t->extent].size - t->extent_done;
		*ret_offset = t->extents[t->extent].offset + t->extent_done;
	} else {
		*ret_offset = t->offset;
	}
	if (max == 0)
		return 0;
	r = input_take(t->in, (size_t)max, ret, ret_n);
	if (r < 0)
		return r;
	if (*ret_n == 0)
		return tar_read(t, (char[1]){0}, 1);
	t->left -= *ret_n;
	t->offset += *ret_n;
	t->extent_done += *ret_n;
	return 1;
}

int tar_open(struct input *in, struct archive_work *w, struct tar_reader **ret)
{
	struct tar_reader *t = calloc(1, sizeof(*t));

	if (t == NULL)
		return work_fail(w, -ENOMEM, "there is not enough memory");
	t->in = in;
	t->work = w;
	t->global.sparse_major = t->global.sparse_minor = -1;
	*ret = t;
	return 0;
}

void tar_close(struct tar_reader *t)
{
	if (t == NULL)
		return;
	free(t->extents);
	free(t->pax);
	free(t->long_name);
	free(t->long_link);
	free(t->attributes);
	free(t);
}
