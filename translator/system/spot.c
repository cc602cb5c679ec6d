#include "translator/system/spot.h"

#include <errno.h>

#include "base/host.h"
#include "base/str.h"

int spot_find(const struct vfs_ns *ns, struct vfs_at at, int lookup, struct spot *ret)
{
	const size_t root = strlen(ns->root_path);
	struct stat st;
	ssize_t n;
	int r;

	if (root >= sizeof(ret->path))
		return -ENAMETOOLONG;
	n = vfs_real_path(ns, at, lookup, ret->path + root, sizeof(ret->path) - root);
	if (n < 0)
		return (int)n;
	r = vfs_stat(ns, (struct vfs_at){AT_FDCWD, ret->path + root}, VFS_NOFOLLOW, &st);
	if (r < 0)
		return r;
	memcpy(ret->path, ns->root_path, root);
	if (str_eq(ret->path + root, "/"))
		ret->path[root] = '\0';
	ret->directory = S_ISDIR(st.st_mode);
	return 0;
}
