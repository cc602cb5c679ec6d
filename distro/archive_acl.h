/* Access control lists: tar has them as text, the host takes them as the value of an attribute. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_ACL_H
#define LX_DISTRO_ARCHIVE_ACL_H

#include "base/acl.h"

#define ACL_TEXT_MAX (32 * ACL_ENTRIES_MAX)

/* The size, or -EINVAL: users and groups are numbers here (or have one behind their name, as star and bsdtar write them). */
MUST_CHECK long acl_from_text(const char *text, void *value, size_t size);
/* The length, or -EINVAL. */
MUST_CHECK long acl_to_text(const void *value, size_t size, char *text, size_t room);

#endif
