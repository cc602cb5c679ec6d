/*
 * POSIX access control lists (acl(5)), as values of the attributes system.posix_acl_access and _default: their form, and what they
 * have to do with modes. Which lists a file has is vfs's subject (vfs/acl.h), and that of archives.
 */
#ifndef LX_BASE_ACL_H
#define LX_BASE_ACL_H

#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

#define ACL_ACCESS_ATTRIBUTE  "system.posix_acl_access"
#define ACL_DEFAULT_ATTRIBUTE "system.posix_acl_default"

/* What ext4 has room for in a block; more is -ENOSPC, as there. */
#define ACL_ENTRIES_MAX 500

struct acl {
	struct posix_acl_xattr_header header;
	struct posix_acl_xattr_entry entries[ACL_ENTRIES_MAX];
	unsigned count; /* 0: no list */
};

#define ACL_VALUE_MAX offsetof(struct acl, count)

/* The bytes of the value that a list is. */
static inline size_t acl_size(const struct acl *a)
{
	return sizeof(a->header) + a->count * sizeof(a->entries[0]);
}

/*
 * posix_acl_from_xattr(): -EINVAL for what is no list, -EOPNOTSUPP for another version, -ENOSPC. No value is no list. value may be
 * ret.
 */
MUST_CHECK int acl_parse(const void *value, size_t size, struct acl *ret);
/* posix_acl_valid(): the entries in their order, and a mask where there is more than a mode could say. */
bool acl_is_valid(const struct acl *a);
/* posix_acl_equiv_mode(): the permission bits that a valid list makes; *ret_extended: it says more than they do. */
mode_t acl_permissions(const struct acl *a, bool *ret_extended);
/* What an access list that says more than a mode has become by changes of the mode. */
void acl_take_mode(struct acl *a, mode_t mode);

#endif
