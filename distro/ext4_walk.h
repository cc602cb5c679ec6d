/* Walking a store whatever its depth is: names, descriptors, times. Private to distro/ext4*.c. */
#ifndef LX_DISTRO_EXT4_WALK_H
#define LX_DISTRO_EXT4_WALK_H

#include <sys/stat.h>

#include "distro/ext4_names.h"

/* What recursion has room for. */
#define WALK_DEPTH_MAX 2000u
/* Directories above this depth stay open. */
#define WALK_OPEN           64u
#define WALK_LOST_AND_FOUND "lost+found"

/* Opens a file or directory without following links, and without changing its time of access if the host lets us. -errno. */
MUST_CHECK int tree_open(int dir, const char *name, const struct stat *st, int flags);
/* All names in a directory but "." and ".."; -errno. */
MUST_CHECK int tree_names(int fd, struct names *ret);
/* Around the work on a directory in *dir, at `depth`: far down *dir is closed meanwhile, and found again above `sub`. */
void tree_down(int *dir, unsigned depth);
MUST_CHECK int tree_up(int *dir, int sub, unsigned depth);

#endif
