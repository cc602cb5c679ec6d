/* What resolve.c and dots.c, which make up the walk, say to each other. */
#ifndef LX_VFS_WALK_H
#define LX_VFS_WALK_H

#include "vfs/internal.h"

/* What a step of the walk answers beside 0 and -errno: the path has changed, look again. */
#define WALK_AGAIN 1

void walk_place_at(struct walk *w, int dir, const char *path, size_t trusted, uint64_t resolve, enum tree tree);
/* The place of w->path, which is absolute and without "..". */
MUST_CHECK int walk_place_absolute(struct walk *w);
/* The walk goes on in fd, which is the walk's from here on, with rest. */
MUST_CHECK int walk_start_below(struct walk *w, int fd, const char *rest);
/* NO_XDEV: no round may be in another mount than the first. */
MUST_CHECK int walk_check_mount(struct walk *w);

/* c is the first ".." of an absolute path. */
MUST_CHECK int walk_drop_dotdot(struct walk *w, struct component c);
/* Below a directory without a guest path: ".." is first, or comes later. */
MUST_CHECK int walk_step_up(struct walk *w);
MUST_CHECK int walk_step_down(struct walk *w);

#endif
