/* Small files, read and written whole. */
#ifndef LX_GUEST_TOOLS_FILES_H
#define LX_GUEST_TOOLS_FILES_H

#include <sys/types.h>

#include "guest-tools/pool.h"

#define FILES_MAX (4 << 20) /* what is larger is no configuration: -EFBIG */

/* The content, ended by a NUL that size does not count. */
MUST_CHECK int file_read(struct pool *p, const char *path, char **ret, size_t *ret_size);
/* The same of an open file, which may have a size of 0 as /proc's have. */
MUST_CHECK int file_read_fd(struct pool *p, int fd, char **ret, size_t *ret_size);
/* By rename: others see the old content or the new one. */
MUST_CHECK int file_write(const char *path, const char *text, mode_t mode);
/* A directory and those above it. It may be there already. */
MUST_CHECK int make_directories(const char *path, mode_t mode);

/* The paths that exist and match, in order: glob(3), whose static form wants to know of users. */
void files_matching(struct pool *p, const char *pattern, struct list *ret);
/* The names in a directory that are not hidden, in order. */
void directory_names(struct pool *p, const char *path, struct list *ret);

#endif
