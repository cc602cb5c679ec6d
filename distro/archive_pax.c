/* pax headers: records of "LENGTH KEY=VALUE\n". */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "distro/archive_tar.h"

#define XATTR       "SCHILY.xattr."
#define XATTR_OTHER "LIBARCHIVE.xattr."

struct record {
	char *key, *value; /* both end with NUL */
	size_t size;       /* the value's */
};

/* --- values ---------------------------------------------------------------------------------------------------------- */

static int value_number(const struct record *r, int64_t *ret)
{
	const char *s = r->value;
	bool negative = *s == '-';
	uint64_t v = 0;

	s += negative;
	if (*s < '0' || *s > '9')
		return -EBADMSG;
	for (; *s >= '0' && *s <= '9'; s++) {
		if (v > ((uint64_t)INT64_MAX - 9) / 10)
			return -EBADMSG;
		v = v * 10 + (uint64_t)(*s - '0');
	}
	if (*s != '\0')
		return -EBADMSG;
	*ret = negative ? -(int64_t)v : (int64_t)v;
	return 0;
}

/* "-1.5": seconds with a fraction, of which nanoseconds count. */
static int value_time(struct record *r, struct timespec *ret)
{
	char *dot = strchr(r->value, '.');
	bool negative = r->value[0] == '-';
	long nanoseconds = 0;
	int64_t seconds;

	if (dot != NULL) {
		long unit = 100000000;

		*dot = '\0';
		for (const char *s = dot + 1; *s != '\0'; s++, unit /= 10) {
			if (*s < '0' || *s > '9')
				return -EBADMSG;
			nanoseconds += unit * (*s - '0');
		}
	}
	if (value_number(r, &seconds) < 0)
		return -EBADMSG;
	if (negative && nanoseconds > 0) {
		seconds--;
		nanoseconds = 1000000000 - nanoseconds;
	}
	*ret = (struct timespec){.tv_sec = seconds, .tv_nsec = nanoseconds};
	return 0;
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
				      : -1;
}

/* %XX in place. */
static void decode_percent(char *s)
{
	char *to = s;

	for (; *s != '\0'; s++) {
		if (s[0] == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
			*to++ = (char)(hex(s[1]) << 4 | hex(s[2]));
			s += 2;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* base64 in place; the size, -EBADMSG. */
static long decode_base64(char *s, size_t n)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, value = 0;
	char *to = s;

	for (size_t i = 0; i < n && s[i] != '='; i++) {
		const char *d = s[i] != '\0' ? strchr(digits, s[i]) : NULL;

		if (d == NULL)
			return -EBADMSG;
		value = (value << 6 | (unsigned)(d - digits)) & 0xffffff;
		bits += 6;
		if (bits >= 8) {
			bits -= 8;
			*to++ = (char)(value >> bits & 0xff);
		}
	}
	return to - s;
}

static int add_attribute(struct tar_reader *t, const char *name, const char *value, size_t size)
{
	if (t->attribute_count == t->attribute_room) {
		size_t room = t->attribute_room == 0 ? 16 : t->attribute_room * 2;
		struct tar_attribute *more = realloc(t->attributes, room * sizeof(*more));

		if (more == NULL)
			return work_fail(t->work, -ENOMEM, "there is not enough memory");
		t->attributes = more;
		t->attribute_room = room;
	}
	t->attributes[t->attribute_count++] = (struct tar_attribute){.name = name, .value = value, .size = size};
	return 0;
}

/* --- records --------------------------------------------------------------------------------------------------------- */

static int take_attribute(struct tar_reader *t, struct record *r)
{
	char *name;
	long n;

	if (strncmp(r->key, XATTR, sizeof(XATTR) - 1) == 0) {
		name = r->key + sizeof(XATTR) - 1;
		/* GNU tar writes = and % so. */
		decode_percent(name);
		return add_attribute(t, name, r->value, r->size);
	}
	name = r->key + sizeof(XATTR_OTHER) - 1;
	decode_percent(name);
	n = decode_base64(r->value, r->size);
	return n < 0 ? -EBADMSG : add_attribute(t, name, r->value, (size_t)n);
}

/* GNU.sparse.*: three generations. */
static int take_sparse(struct tar_reader *t, struct tar_said *s, const struct record *r)
{
	const char *key = r->key + sizeof("GNU.sparse.") - 1;
	int64_t v = 0;

	if (strcmp(key, "name") == 0) {
		s->sparse_name = r->value;
		return 0;
	}
	if (strcmp(key, "map") == 0) {
		s->sparse_map = r->value;
		s->sparse_major = s->sparse_major < 0 ? 0 : s->sparse_major;
		return 0;
	}
	if (value_number(r, &v) < 0)
		return -EBADMSG;
	if (strcmp(key, "major") == 0) {
		s->sparse_major = v == 1 ? 1 : 0;
	} else if (strcmp(key, "minor") == 0) {
		s->sparse_minor = v != 0;
	} else if (strcmp(key, "size") == 0 || strcmp(key, "realsize") == 0) {
		if (v < 0)
			return -EBADMSG;
		s->real_size = v;
		s->has_real_size = true;
	} else if (strcmp(key, "offset") == 0) {
		s->sparse_major = s->sparse_major < 0 ? 0 : s->sparse_major;
		return sparse_add(t, v, 0);
	} else if (strcmp(key, "numbytes") == 0) {
		if (t->extent_count == 0 || v < 0 || (int64_t)t->extents[t->extent_count - 1].offset > INT64_MAX - v)
			return -EBADMSG;
		t->extents[t->extent_count - 1].size = (uint64_t)v;
	}
	return 0;
}

static int take(struct tar_reader *t, struct tar_said *s, struct record *r, bool global)
{
	static const struct {
		const char *key;
		size_t has, value;
	} numbers[] = {
#define NUMBER(key, member) {key, offsetof(struct tar_said, has_##member), offsetof(struct tar_said, member)}
		NUMBER("size", size),
		NUMBER("uid", uid),
		NUMBER("gid", gid),
		NUMBER("SCHILY.devmajor", major),
		NUMBER("SCHILY.devminor", minor),
	};
	static const struct {
		const char *key;
		size_t value;
	} texts[] = {
		{"path", offsetof(struct tar_said, name)},
		{"linkpath", offsetof(struct tar_said, link)},
		{"SCHILY.acl.access", offsetof(struct tar_said, acl_access)},
		{"SCHILY.acl.default", offsetof(struct tar_said, acl_default)},
	};

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		int64_t v;

		if (strcmp(r->key, numbers[i].key) != 0)
			continue;
		if (value_number(r, &v) < 0)
			return -EBADMSG;
		*(bool *)((char *)s + numbers[i].has) = true;
		*(int64_t *)(void *)((char *)s + numbers[i].value) = v;
		return 0;
	}
	if (strcmp(r->key, "mtime") == 0) {
		s->has_mtime = true;
		return value_time(r, &s->mtime);
	}
	/* What follows is of one entry: a global header that says it has no sense. */
	if (global)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		if (strcmp(r->key, texts[i].key) != 0)
			continue;
		if (strlen(r->value) != r->size)
			return -EBADMSG;
		*(char **)(void *)((char *)s + texts[i].value) = r->value;
		return 0;
	}
	if (strncmp(r->key, XATTR, sizeof(XATTR) - 1) == 0 ||
	    strncmp(r->key, XATTR_OTHER, sizeof(XATTR_OTHER) - 1) == 0)
		return take_attribute(t, r);
	if (strncmp(r->key, "GNU.sparse.", sizeof("GNU.sparse.") - 1) == 0)
		return take_sparse(t, s, r);
	return 0;
}

/* Cuts the next record off; it ends where its value's newline was. */
static char *next_record(char *p, const char *end, struct record *ret)
{
	char *start = p, *last, *equals;
	size_t n = 0;

	for (; p < end && *p >= '0' && *p <= '9'; p++) {
		n = n * 10 + (size_t)(*p - '0');
		if (n > TAR_PAX_MAX)
			return NULL;
	}
	if (p == start || p == end || *p != ' ' || n < (size_t)(p - start) + 3 || n > (size_t)(end - start))
		return NULL;
	p++;
	last = start + n - 1;
	if (*last != '\n')
		return NULL;
	*last = '\0';
	equals = memchr(p, '=', (size_t)(last - p));
	if (equals == NULL || memchr(p, '\0', (size_t)(equals - p)) != NULL)
		return NULL;
	*equals = '\0';
	*ret = (struct record){.key = p, .value = equals + 1, .size = (size_t)(last - equals) - 1};
	return last + 1;
}

int pax_read(struct tar_reader *t, uint64_t size, bool global)
{
	struct tar_said *s = global ? &t->global : &t->said;
	char *buf, *end;
	int r;

	if (size > TAR_PAX_MAX)
		return tar_damaged(t, "an extended header that is too large");
	buf = malloc((size_t)size + 1);
	if (buf == NULL)
		return work_fail(t->work, -ENOMEM, "there is not enough memory");
	r = tar_read(t, buf, (size_t)size);
	if (r == 0)
		r = tar_skip(t, -size % TAR_BLOCK);
	if (r < 0) {
		free(buf);
		return r;
	}
	if (!global) {
		/* Texts of an earlier one for the same entry are gone with its buffer. */
		s->name = s->name == t->long_name ? s->name : NULL;
		s->link = s->link == t->long_link ? s->link : NULL;
		s->sparse_name = s->sparse_map = s->acl_access = s->acl_default = NULL;
		t->attribute_count = 0;
		free(t->pax);
		t->pax = buf;
		s->pax = true;
	}
	buf[size] = '\0';
	end = buf + size;
	for (char *p = buf; r == 0 && p < end;) {
		struct record record;

		p = next_record(p, end, &record);
		r = p == NULL ? -EBADMSG : take(t, s, &record, global);
	}
	if (global) {
		free(buf);
		/* Also for the entry that follows. */
		t->said = t->global;
	}
	return r == -EBADMSG ? tar_damaged(t, "an extended header") : r;
}
