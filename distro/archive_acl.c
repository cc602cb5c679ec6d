#include "distro/archive_acl.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
	const char *text;
	size_t size;
};

static bool is(struct field f, const char *word)
{
	return strlen(word) == f.size && memcmp(word, f.text, f.size) == 0;
}

static bool is_either(struct field f, const char *letter, const char *word)
{
	return is(f, letter) || is(f, word);
}

static int field_number(struct field f, uint32_t *ret)
{
	uint64_t v = 0;

	if (f.size == 0 || f.size > 10)
		return -EINVAL;
	for (size_t i = 0; i < f.size; i++) {
		if (f.text[i] < '0' || f.text[i] > '9')
			return -EINVAL;
		v = v * 10 + (uint64_t)(f.text[i] - '0');
	}
	if (v >= UINT32_MAX)
		return -EINVAL;
	*ret = (uint32_t)v;
	return 0;
}

static int permissions(struct field f, uint16_t *ret)
{
	*ret = 0;
	for (size_t i = 0; i < f.size; i++) {
		switch (f.text[i]) {
		case 'r':
			*ret |= ACL_READ;
			break;
		case 'w':
			*ret |= ACL_WRITE;
			break;
		case 'x':
			*ret |= ACL_EXECUTE;
			break;
		case '-':
			break;
		default:
			return -EINVAL;
		}
	}
	return 0;
}

/* Fields of an entry, split at colons: their number. */
static size_t split(struct field whole, struct field *ret, size_t max)
{
	size_t n = 0;

	for (;;) {
		const char *colon = memchr(whole.text, ':', whole.size);
		size_t size = colon != NULL ? (size_t)(colon - whole.text) : whole.size;

		if (n == max)
			return max + 1;
		ret[n++] = (struct field){.text = whole.text, .size = size};
		if (colon == NULL)
			return n;
		whole.text += size + 1;
		whole.size -= size + 1;
	}
}

static int parse_entry(struct field whole, struct posix_acl_xattr_entry *ret)
{
	struct field f[4] = {0};
	size_t n = split(whole, f, 4);
	uint32_t id = ACL_UNDEFINED_ID;
	uint16_t perm, tag;

	if (n < 2 || n > 4)
		return -EINVAL;
	/* "mask:rwx" and "other:rwx" are written too. */
	if (n == 2)
		f[2] = f[1];
	if (permissions(f[2], &perm) < 0)
		return -EINVAL;
	if (is_either(f[0], "m", "mask")) {
		tag = ACL_MASK;
	} else if (is_either(f[0], "o", "other")) {
		tag = ACL_OTHER;
	} else if (n == 2) {
		return -EINVAL;
	} else {
		bool user = is_either(f[0], "u", "user");

		if (!user && !is_either(f[0], "g", "group"))
			return -EINVAL;
		tag = user ? ACL_USER_OBJ : ACL_GROUP_OBJ;
		if (f[1].size > 0) {
			tag = user ? ACL_USER : ACL_GROUP;
			if (field_number(n == 4 ? f[3] : f[1], &id) < 0)
				return -EINVAL;
		}
	}
	*ret = (struct posix_acl_xattr_entry){.e_tag = tag, .e_perm = perm, .e_id = id};
	return 0;
}

/* The kernel wants them in order. */
static int compare(const void *a, const void *b)
{
	const struct posix_acl_xattr_entry *x = a, *y = b;

	if (x->e_tag != y->e_tag)
		return x->e_tag < y->e_tag ? -1 : 1;
	return x->e_id < y->e_id ? -1 : x->e_id > y->e_id;
}

long acl_from_text(const char *text, void *value, size_t size)
{
	struct posix_acl_xattr_header *header = value;
	struct posix_acl_xattr_entry *entries = (void *)((char *)value + sizeof(*header));
	size_t n = 0, max = size < sizeof(*header) ? 0 : (size - sizeof(*header)) / sizeof(*entries);

	while (*text != '\0') {
		size_t length = strcspn(text, ",\n");
		size_t used = strcspn(text, ",\n#");

		while (used > 0 && (text[used - 1] == ' ' || text[used - 1] == '\t'))
			used--;
		if (used > 0) {
			if (n == max || parse_entry((struct field){.text = text, .size = used}, &entries[n]) < 0)
				return -EINVAL;
			n++;
		}
		text += length + (text[length] != '\0');
	}
	if (n == 0)
		return -EINVAL;
	header->a_version = POSIX_ACL_XATTR_VERSION;
	qsort(entries, n, sizeof(*entries), compare);
	return (long)(sizeof(*header) + n * sizeof(*entries));
}

long acl_to_text(const void *value, size_t size, char *text, size_t room)
{
	const struct posix_acl_xattr_header *header = value;
	const struct posix_acl_xattr_entry *e = (const void *)((const char *)value + sizeof(*header));
	size_t n = 0;

	if (size < sizeof(*header) || (size - sizeof(*header)) % sizeof(*e) != 0 ||
	    header->a_version != POSIX_ACL_XATTR_VERSION)
		return -EINVAL;
	for (size_t i = 0; i < (size - sizeof(*header)) / sizeof(*e); i++) {
		uint16_t tag = e[i].e_tag, perm = e[i].e_perm;
		const char *name = tag == ACL_USER || tag == ACL_USER_OBJ     ? "user"
				   : tag == ACL_GROUP || tag == ACL_GROUP_OBJ ? "group"
				   : tag == ACL_MASK                          ? "mask"
									      : "other";
		char id[12] = "";

		if (tag == ACL_USER || tag == ACL_GROUP)
			(void)snprintf(id, sizeof(id), "%u", e[i].e_id);
		n += (size_t)snprintf(text + n, room - n, "%s%s:%s:%c%c%c", i > 0 ? "," : "", name, id,
				      (perm & ACL_READ) != 0 ? 'r' : '-', (perm & ACL_WRITE) != 0 ? 'w' : '-',
				      (perm & ACL_EXECUTE) != 0 ? 'x' : '-');
		if (n >= room)
			return -EINVAL;
	}
	return (long)n;
}
