#include "distro/sidecar.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/acl.h"
#include "base/host.h"
#include "distro/sidecar_table.h"

/* Smaller files are not written anew. */
#define COMPACT_FROM ((size_t)64 << 10)
#define BUFFER       ((size_t)256 << 10)

struct sidecar {
	int dir;
	int fd; /* of the file, or -1: it is not there yet */
	bool writable, dirty;
	bool broken; /* there may be something behind `size` in the file */
	size_t size; /* of what is good of it */
	size_t compact_at;
	struct sidecar_io io;
	struct sidecar_table table;
	unsigned char *record; /* SIDECAR_RECORD_MAX */
};

static long host_io(void *context, int fd, const void *bytes, size_t n)
{
	(void)context;
	return host_write(fd, bytes, n);
}

static int write_all(const struct sidecar *s, int fd, const unsigned char *p, size_t n)
{
	while (n > 0) {
		long r = s->io.write(s->io.context, fd, p, n);

		if (r == -EINTR)
			continue;
		if (r <= 0)
			return r < 0 ? (int)r : -EIO;
		p += r;
		n -= (size_t)r;
	}
	return 0;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

enum damage { WHOLE, TORN, DAMAGED };

/* A record that the file ends in the middle of, or one that is not as it was written. */
static enum damage damage_of(const unsigned char *p, size_t n)
{
	uint32_t size;

	if (n < 8)
		return TORN;
	memcpy(&size, p + 4, sizeof(size));
	return size > n && size <= SIDECAR_RECORD_MAX ? TORN : DAMAGED;
}

static int take(struct sidecar *s, const unsigned char *bytes, size_t n, enum damage *ret)
{
	struct sidecar_record r;
	size_t at = SIDECAR_HEADER_SIZE;
	int status = sidecar_check_header(bytes, n);

	*ret = WHOLE;
	if (status == -EINVAL) {
		s->size = 0;
		*ret = n < SIDECAR_HEADER_SIZE ? TORN : DAMAGED;
		return 0;
	}
	if (status < 0)
		return status;
	while (at < n) {
		long size = sidecar_decode(bytes + at, n - at, &r);

		if (size < 0) {
			*ret = damage_of(bytes + at, n - at);
			break;
		}
		status = sidecar_table_put(&s->table, &r);
		if (status == -ENOMEM)
			return status;
		at += (size_t)size;
	}
	s->size = at;
	return 0;
}

static int load(struct sidecar *s, enum damage *ret)
{
	struct stat st;
	void *p;
	int r;

	*ret = WHOLE;
	if (fstat(s->fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if ((uint64_t)st.st_size > SIDECAR_FILE_MAX)
		return -EFBIG;
	if (st.st_size == 0)
		return 0;
	/* Not mapped: what shortens the file meanwhile would be a signal. */
	p = malloc((size_t)st.st_size);
	if (p == NULL)
		return -ENOMEM;
	r = (int)host_pread_full(s->fd, p, (size_t)st.st_size, 0);
	if (r >= 0)
		r = take(s, p, (size_t)r, ret);
	free(p);
	return r;
}

/* --- writing anew -------------------------------------------------------------------------------------------------------- */

struct writing {
	struct sidecar *s;
	int fd, status;
	unsigned char *buffer;
	size_t used, size;
};

static void flush(struct writing *w)
{
	if (w->status == 0)
		w->status = write_all(w->s, w->fd, w->buffer, w->used);
	w->size += w->used;
	w->used = 0;
}

static void write_record(void *context, const struct sidecar_record *r)
{
	struct writing *w = context;
	long n;

	if (w->status < 0 || r->key.device != 0)
		return;
	if (BUFFER - w->used < SIDECAR_RECORD_MAX)
		flush(w);
	n = sidecar_encode(r, w->buffer + w->used, BUFFER - w->used);
	if (n < 0)
		w->status = (int)n;
	else
		w->used += (size_t)n;
}

static int write_fresh(struct sidecar *s, int fd, size_t *ret_size)
{
	struct writing w = {.s = s, .fd = fd, .buffer = malloc(BUFFER)};

	if (w.buffer == NULL)
		return -ENOMEM;
	sidecar_header(w.buffer);
	w.used = SIDECAR_HEADER_SIZE;
	sidecar_table_each(&s->table, write_record, &w);
	flush(&w);
	free(w.buffer);
	if (w.status == 0 && fsync(fd) < 0)
		w.status = -errno;
	*ret_size = w.size;
	return w.status;
}

int sidecar_compact(struct sidecar *s)
{
	int fd CLEANUP(host_close_at) = -1;
	size_t size = 0;
	int r;

	if (s->dir < 0)
		return 0;
	fd = host_openat(s->dir, SIDECAR_FRESH, O_RDWR | O_CREAT | O_TRUNC | O_NOFOLLOW | O_APPEND | O_CLOEXEC, 0600);
	r = fd < 0 ? fd : write_fresh(s, fd, &size);
	if (r == 0 && renameat(s->dir, SIDECAR_FRESH, s->dir, SIDECAR_NAME) < 0)
		r = -errno;
	if (r < 0) {
		/* Again when it has grown by as much once more. */
		s->compact_at = s->size * 2;
		(void)unlinkat(s->dir, SIDECAR_FRESH, 0);
		return r;
	}
	/* The name, too. A directory opened O_PATH cannot be told to; then the name is as durable as others are. */
	(void)!fsync(s->dir);
	host_close_at(&s->fd);
	s->fd = take_fd(&fd);
	s->size = size;
	s->broken = s->dirty = false;
	s->compact_at = size * 2 > COMPACT_FROM ? size * 2 : COMPACT_FROM;
	return 0;
}

/* --- the file ------------------------------------------------------------------------------------------------------------ */

static int mend(struct sidecar *s, enum damage damage)
{
	if (damage == TORN)
		return ftruncate(s->fd, (off_t)s->size) < 0 ? -errno : 0;
	/* At every moment one of the names has all that can be read; where there are no hard links, the damaged rest is lost. */
	(void)unlinkat(s->dir, SIDECAR_DAMAGED, 0);
	(void)!linkat(s->dir, SIDECAR_NAME, s->dir, SIDECAR_DAMAGED, 0);
	return sidecar_compact(s);
}

static int open_file(struct sidecar *s)
{
	enum damage damage;
	int r;

	if (s->dir < 0)
		return 0;
	s->fd = host_openat(s->dir, SIDECAR_NAME,
			    (s->writable ? O_RDWR | O_APPEND : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0);
	if (s->fd < 0)
		return s->fd == -ENOENT ? 0 : s->fd;
	r = load(s, &damage);
	if (r == 0 && s->writable && damage != WHOLE)
		r = mend(s, damage);
	s->compact_at = s->size > COMPACT_FROM ? s->size : COMPACT_FROM;
	return r;
}

int sidecar_open(int dir, bool write, const struct sidecar_io *io, struct sidecar **ret)
{
	struct sidecar *s = calloc(1, sizeof(*s));
	int r;

	if (s == NULL)
		return -ENOMEM;
	s->dir = dir;
	s->fd = -1;
	s->writable = write;
	s->io = io != NULL ? *io : (struct sidecar_io){.write = host_io};
	s->record = malloc(SIDECAR_RECORD_MAX);
	r = s->record != NULL ? open_file(s) : -ENOMEM;
	if (r < 0) {
		sidecar_close(s);
		return r;
	}
	*ret = s;
	return 0;
}

void sidecar_close(struct sidecar *s)
{
	if (s == NULL)
		return;
	host_close_at(&s->fd);
	sidecar_table_done(&s->table);
	free(s->record);
	free(s);
}

/* The header, where there is none; what a write that failed has left is cut off. */
static int prepare(struct sidecar *s)
{
	unsigned char header[SIDECAR_HEADER_SIZE];
	int r;

	if (s->fd < 0)
		s->fd = host_openat(s->dir, SIDECAR_NAME,
				    O_RDWR | O_CREAT | O_APPEND | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
	if (s->fd < 0)
		return s->fd;
	if (s->broken && ftruncate(s->fd, (off_t)s->size) < 0)
		return -errno;
	s->broken = false;
	if (s->size > 0)
		return 0;
	sidecar_header(header);
	s->broken = true;
	r = write_all(s, s->fd, header, sizeof(header));
	if (r < 0)
		return r;
	s->broken = false;
	s->size = sizeof(header);
	return 0;
}

static int append(struct sidecar *s, const struct sidecar_record *r)
{
	long n = sidecar_encode(r, s->record, SIDECAR_RECORD_MAX);
	int status;

	if (n < 0)
		return (int)n;
	if (s->dir < 0 || r->key.device != 0)
		return 0;
	if (s->size + (size_t)n > SIDECAR_FILE_MAX)
		return -EFBIG;
	status = prepare(s);
	if (status < 0)
		return status;
	s->broken = true;
	status = write_all(s, s->fd, s->record, (size_t)n);
	if (status < 0) {
		s->broken = ftruncate(s->fd, (off_t)s->size) < 0;
		return status;
	}
	s->broken = false;
	s->dirty = true;
	s->size += (size_t)n;
	return 0;
}

/* Taken into the table first, a record could not be taken back when the file has no room for it. */
static bool is_too_many(const struct sidecar *s, const struct sidecar_record *r)
{
	return s->table.count >= SIDECAR_INDEX_MAX && r->kind != SIDECAR_REMOVED &&
	       sidecar_table_find(&s->table, r->key.device, r->key.inode) == NULL;
}

int sidecar_put(struct sidecar *s, const struct sidecar_record *r)
{
	int status;

	if (is_too_many(s, r))
		return -ENOSPC;
	if (r->kind == SIDECAR_REMOVED && sidecar_table_find(&s->table, r->key.device, r->key.inode) == NULL)
		return 0;
	status = append(s, r);
	if (status == 0)
		status = sidecar_table_put(&s->table, r);
	if (status == 0 && s->size > s->compact_at && s->size > 2 * s->table.live)
		(void)!sidecar_compact(s);
	return status;
}

int sidecar_sync(struct sidecar *s)
{
	if (!s->dirty || s->fd < 0)
		return 0;
	if (fdatasync(s->fd) < 0)
		return -errno;
	s->dirty = false;
	return 0;
}

/* --- asking -------------------------------------------------------------------------------------------------------------- */

static const struct sidecar_node *find(const struct sidecar *s, const struct sidecar_key *key)
{
	const struct sidecar_node *n = sidecar_table_find(&s->table, key->device, key->inode);

	return n != NULL && sidecar_same(&n->key, key) ? n : NULL;
}

bool sidecar_owner_of(const struct sidecar *s, const struct sidecar_key *key, struct sidecar_owner *ret)
{
	const struct sidecar_node *n = find(s, key);

	if (n == NULL || !n->owned)
		return false;
	*ret = n->owner;
	return true;
}

const void *sidecar_attribute_of(const struct sidecar *s, const struct sidecar_key *key, const char *name,
				 size_t *ret_size)
{
	const struct sidecar_node *n = find(s, key);

	for (const struct sidecar_value *v = n != NULL ? n->values : NULL; v != NULL; v = v->next)
		if (v->name_length == strlen(name) && memcmp(v->bytes, name, v->name_length) == 0) {
			*ret_size = v->size;
			return v->bytes + v->name_length;
		}
	return NULL;
}

size_t sidecar_names_of(const struct sidecar *s, const struct sidecar_key *key, char *buf, size_t size)
{
	const struct sidecar_node *n = find(s, key);
	size_t at = 0;

	for (const struct sidecar_value *v = n != NULL ? n->values : NULL; v != NULL; v = v->next) {
		if (at + v->name_length < size) {
			memcpy(buf + at, v->bytes, v->name_length);
			buf[at + v->name_length] = '\0';
		}
		at += v->name_length + 1;
	}
	return at;
}

static uint32_t more_of(const struct sidecar_value *v)
{
	static const char access[] = ACL_ACCESS_ATTRIBUTE, inherited[] = ACL_DEFAULT_ATTRIBUTE;

	if (v->name_length == sizeof(access) - 1 && memcmp(v->bytes, access, v->name_length) == 0)
		return SIDECAR_ATTRIBUTES | SIDECAR_ACCESS_ACL;
	if (v->name_length == sizeof(inherited) - 1 && memcmp(v->bytes, inherited, v->name_length) == 0)
		return SIDECAR_ATTRIBUTES | SIDECAR_DEFAULT_ACL;
	return SIDECAR_ATTRIBUTES;
}

bool sidecar_entry_of(const struct sidecar *s, const struct sidecar_key *key, struct sidecar_owner *ret)
{
	const struct sidecar_node *n = find(s, key);

	if (n == NULL)
		return false;
	*ret = n->owned ? n->owner : (struct sidecar_owner){.more = SIDECAR_NO_OWNER};
	for (const struct sidecar_value *v = n->values; v != NULL; v = v->next)
		ret->more |= more_of(v);
	return true;
}

void sidecar_each_of(const struct sidecar *s, const struct sidecar_key *key,
		     void (*each)(void *context, const struct sidecar_record *r), void *context)
{
	const struct sidecar_node *n = find(s, key);

	if (n != NULL)
		sidecar_node_tell(n, each, context);
}

void sidecar_each(const struct sidecar *s, void (*each)(void *context, const struct sidecar_record *r), void *context)
{
	sidecar_table_each(&s->table, each, context);
}

size_t sidecar_count(const struct sidecar *s)
{
	return s->table.count;
}

size_t sidecar_size(const struct sidecar *s)
{
	return s->size;
}

int sidecar_key_of(int fd, const char *name, uint64_t device, struct sidecar_key *ret)
{
	struct statx x;

	if (statx(fd, name, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_TYPE | STATX_INO | STATX_BTIME, &x) < 0)
		return -errno;
	*ret = (struct sidecar_key){.inode = x.stx_ino, .type = x.stx_mode & S_IFMT};
	ret->device = makedev(x.stx_dev_major, x.stx_dev_minor);
	if (ret->device == device)
		ret->device = 0;
	if ((x.stx_mask & STATX_BTIME) != 0)
		ret->birth = x.stx_btime.tv_sec * 1000000000 + x.stx_btime.tv_nsec;
	return 0;
}
