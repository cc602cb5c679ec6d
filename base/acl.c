#include "base/acl.h"

#include <errno.h>
#include <stdint.h>

#include "base/str.h"

static bool has_id(unsigned tag)
{
	return tag == ACL_USER || tag == ACL_GROUP;
}

static bool is_tag(unsigned tag)
{
	return has_id(tag) || tag == ACL_USER_OBJ || tag == ACL_GROUP_OBJ || tag == ACL_MASK || tag == ACL_OTHER;
}

int acl_parse(const void *value, size_t size, struct acl *ret)
{
	const size_t entry = sizeof(ret->entries[0]);

	ret->count = 0;
	if (size == 0)
		return 0;
	if (size < sizeof(ret->header))
		return -EINVAL;
	memmove(&ret->header, value, sizeof(ret->header));
	if (ret->header.a_version != POSIX_ACL_XATTR_VERSION)
		return -EOPNOTSUPP;
	size -= sizeof(ret->header);
	if (size % entry != 0)
		return -EINVAL;
	if (size / entry > ACL_ENTRIES_MAX)
		return -ENOSPC;
	memmove(ret->entries, (const char *)value + sizeof(ret->header), size);
	for (size_t i = 0; i < size / entry; i++) {
		struct posix_acl_xattr_entry *e = &ret->entries[i];

		if (!is_tag(e->e_tag) || (has_id(e->e_tag) && e->e_id == UINT32_MAX))
			return -EINVAL;
		if (!has_id(e->e_tag))
			e->e_id = (uint32_t)ACL_UNDEFINED_ID;
	}
	ret->count = (unsigned)(size / entry);
	return 0;
}

bool acl_is_valid(const struct acl *a)
{
	unsigned next = ACL_USER_OBJ;
	bool needs_mask = false;

	for (unsigned i = 0; i < a->count; i++) {
		unsigned tag = a->entries[i].e_tag;

		if ((a->entries[i].e_perm & ~7u) != 0)
			return false;
		needs_mask = needs_mask || has_id(tag);
		if (tag == ACL_USER_OBJ && next == ACL_USER_OBJ)
			next = ACL_USER;
		else if (tag == ACL_GROUP_OBJ && next == ACL_USER)
			next = ACL_GROUP;
		else if (tag == ACL_MASK && next == ACL_GROUP)
			next = ACL_OTHER;
		else if (tag == ACL_OTHER && (next == ACL_OTHER || (next == ACL_GROUP && !needs_mask)))
			next = 0;
		else if (!has_id(tag) || tag != next)
			return false;
	}
	return next == 0;
}

mode_t acl_permissions(const struct acl *a, bool *ret_extended)
{
	mode_t mode = 0;

	*ret_extended = false;
	for (unsigned i = 0; i < a->count; i++) {
		mode_t bits = a->entries[i].e_perm & 7u;

		switch (a->entries[i].e_tag) {
		case ACL_USER_OBJ:
			mode |= bits << 6;
			break;
		case ACL_GROUP_OBJ:
			mode |= bits << 3;
			break;
		case ACL_OTHER:
			mode |= bits;
			break;
		case ACL_MASK:
			mode = (mode & ~(mode_t)0070) | bits << 3;
			*ret_extended = true;
			break;
		default:
			*ret_extended = true;
		}
	}
	return mode;
}

void acl_take_mode(struct acl *a, mode_t mode)
{
	for (unsigned i = 0; i < a->count; i++) {
		struct posix_acl_xattr_entry *e = &a->entries[i];

		if (e->e_tag == ACL_USER_OBJ)
			e->e_perm = mode >> 6 & 7;
		else if (e->e_tag == ACL_MASK)
			e->e_perm = mode >> 3 & 7;
		else if (e->e_tag == ACL_OTHER)
			e->e_perm = mode & 7;
	}
}
