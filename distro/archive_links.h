/* Files with several names, found again by their inode while a tree is walked. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_LINKS_H
#define LX_DISTRO_ARCHIVE_LINKS_H

#include <stddef.h>
#include <sys/stat.h>

#include "base/attr.h"

struct link;
struct links {
	struct link **slots;
	size_t room, count;
};

/* The name that an inode was first met under; NULL if this is it: it is remembered under `name` then, if st says that there are
 * more. Good until the next call. -ENOMEM through *error. */
const char *links_find(struct links *l, const struct stat *st, const char *name, int *error);
void links_done(struct links *l);

#endif
