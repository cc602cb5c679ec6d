#include "base/sidecar.h"

#include <errno.h>

#include "base/str.h"

/* All numbers of a file are little-endian, as those of the only machines that lxrun runs on are. */

#define MAGIC   "lxsidecr"
#define VERSION 1u

/* In front of every record. Its size is a multiple of 8, with zeros at the end. */
struct head {
	uint32_t checksum; /* of all that follows, up to the record's end */
	uint32_t size;     /* of the record, this included */
	uint32_t kind;
	uint32_t type;
	uint64_t inode;
	int64_t birth;
};

struct owner_tail {
	uint32_t uid, gid, mode, unused;
	uint64_t rdev;
};

/* Behind it: the name and the value. */
struct attribute_tail {
	uint32_t name_length;
	uint32_t value_size; /* REMOVED: there is no value */
};
#define REMOVED UINT32_MAX

_Static_assert(sizeof(struct head) == 32 && sizeof(struct owner_tail) == 24 && sizeof(struct attribute_tail) == 8,
	       "the form of the file");

/* CRC-32C, half a byte at a time. */
static uint32_t checksum(const void *bytes, size_t n)
{
	static const uint32_t table[16] = {
		0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
		0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75,
	};
	const unsigned char *p = bytes;
	uint32_t c = ~0u;

	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		c = c >> 4 ^ table[c & 15];
		c = c >> 4 ^ table[c & 15];
	}
	return ~c;
}

static bool is_type(uint32_t type)
{
	return (type & ~(uint32_t)S_IFMT) == 0 && type != 0;
}

static bool is_name(const char *name, size_t n)
{
	if (n == 0 || n > SIDECAR_NAME_MAX)
		return false;
	for (size_t i = 0; i < n; i++)
		if (name[i] == '\0')
			return false;
	return true;
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

static size_t tail_size(const struct sidecar_record *r)
{
	switch (r->kind) {
	case SIDECAR_OWNER:
		return sizeof(struct owner_tail);
	case SIDECAR_ATTRIBUTE:
		return sizeof(struct attribute_tail) + r->name_length + (r->value != NULL ? r->value_size : 0);
	case SIDECAR_REMOVED:
	default:
		return 0;
	}
}

static bool can_be_written(const struct sidecar_record *r)
{
	if (r->key.inode == 0 || !is_type(r->key.type))
		return false;
	switch (r->kind) {
	case SIDECAR_OWNER:
		return is_type(r->owner.mode & S_IFMT) && (r->owner.mode & ~(uint32_t)(S_IFMT | 07777)) == 0;
	case SIDECAR_ATTRIBUTE:
		return is_name(r->name, r->name_length) && r->value_size <= SIDECAR_VALUE_MAX;
	case SIDECAR_REMOVED:
		return true;
	default:
		return false;
	}
}

static void put_tail(const struct sidecar_record *r, unsigned char *to)
{
	if (r->kind == SIDECAR_OWNER) {
		const struct owner_tail t = {
			.uid = r->owner.uid, .gid = r->owner.gid, .mode = r->owner.mode, .rdev = r->owner.rdev};

		memcpy(to, &t, sizeof(t));
	} else if (r->kind == SIDECAR_ATTRIBUTE) {
		const struct attribute_tail t = {.name_length = r->name_length,
						 .value_size = r->value != NULL ? r->value_size : REMOVED};

		memcpy(to, &t, sizeof(t));
		memcpy(to + sizeof(t), r->name, r->name_length);
		if (r->value != NULL)
			memcpy(to + sizeof(t) + r->name_length, r->value, r->value_size);
	}
}

long sidecar_encode(const struct sidecar_record *r, void *buf, size_t size)
{
	struct head h;
	size_t used, all;

	if (!can_be_written(r))
		return -EINVAL;
	used = sizeof(h) + tail_size(r);
	all = (used + 7) / 8 * 8;
	if (all > size)
		return -ERANGE;
	h = (struct head){.size = (uint32_t)all,
			  .kind = r->kind,
			  .type = r->key.type,
			  .inode = r->key.inode,
			  .birth = r->key.birth};
	memcpy(buf, &h, sizeof(h));
	put_tail(r, (unsigned char *)buf + sizeof(h));
	memset((unsigned char *)buf + used, 0, all - used);
	h.checksum = checksum((unsigned char *)buf + sizeof(h.checksum), all - sizeof(h.checksum));
	memcpy(buf, &h.checksum, sizeof(h.checksum));
	return (long)all;
}

/* --- reading ------------------------------------------------------------------------------------------------------------- */

/* n: what is behind the head. */
static bool take_tail(struct sidecar_record *r, const unsigned char *tail, size_t n)
{
	struct attribute_tail a;
	struct owner_tail o;

	switch (r->kind) {
	case SIDECAR_OWNER:
		if (n != sizeof(o))
			return false;
		memcpy(&o, tail, sizeof(o));
		r->owner = (struct sidecar_owner){.uid = o.uid, .gid = o.gid, .mode = o.mode, .rdev = o.rdev};
		return true;
	case SIDECAR_ATTRIBUTE:
		if (n < sizeof(a))
			return false;
		memcpy(&a, tail, sizeof(a));
		n -= sizeof(a);
		if (a.name_length > n)
			return false;
		r->name = (const char *)tail + sizeof(a);
		r->name_length = a.name_length;
		if (a.value_size == REMOVED)
			return true;
		if (a.value_size > n - a.name_length)
			return false;
		r->value = r->name + a.name_length;
		r->value_size = a.value_size;
		return true;
	case SIDECAR_REMOVED:
		return n == 0;
	default:
		return false;
	}
}

long sidecar_decode(const void *bytes, size_t n, struct sidecar_record *ret)
{
	const unsigned char *p = bytes;
	struct sidecar_record r = {0};
	struct head h;

	if (n < sizeof(h))
		return -EINVAL;
	memcpy(&h, p, sizeof(h));
	if (h.size < sizeof(h) || h.size > n || h.size > SIDECAR_RECORD_MAX || h.size % 8 != 0 ||
	    h.checksum != checksum(p + sizeof(h.checksum), h.size - sizeof(h.checksum)))
		return -EINVAL;
	r.kind = h.kind;
	r.key = (struct sidecar_key){.inode = h.inode, .birth = h.birth, .type = h.type};
	if (!take_tail(&r, p + sizeof(h), h.size - sizeof(h)) || !can_be_written(&r))
		return -EINVAL;
	*ret = r;
	return h.size;
}

/* --- the header ---------------------------------------------------------------------------------------------------------- */

void sidecar_header(unsigned char ret[SIDECAR_HEADER_SIZE])
{
	const uint32_t version = VERSION;
	uint32_t sum;

	memcpy(ret, MAGIC, 8);
	memcpy(ret + 8, &version, sizeof(version));
	sum = checksum(ret, 12);
	memcpy(ret + 12, &sum, sizeof(sum));
}

int sidecar_check_header(const void *bytes, size_t n)
{
	uint32_t version, sum;

	if (n < SIDECAR_HEADER_SIZE || memcmp(bytes, MAGIC, 8) != 0)
		return -EINVAL;
	memcpy(&version, (const unsigned char *)bytes + 8, sizeof(version));
	memcpy(&sum, (const unsigned char *)bytes + 12, sizeof(sum));
	if (sum != checksum(bytes, 12))
		return -EINVAL;
	return version == VERSION ? 0 : -EPROTONOSUPPORT;
}
