/* gzip, with its checksums, at which libarchive does not look. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_GZIP_H
#define LX_DISTRO_ARCHIVE_GZIP_H

#include <sys/types.h>

#include "base/attr.h"

struct gzip;

/* The next compressed bytes, which stay until the next call: their number, 0 at the end, -errno. */
typedef ssize_t gzip_source(void *context, const void **ret);

/* NULL: there is not enough memory. */
struct gzip *gzip_open(gzip_source *source, void *context);
void gzip_close(struct gzip *g);
/* Up to n bytes; 0 at the end, -EBADMSG for what is damaged or incomplete (*why says how), or the source's error. */
MUST_CHECK ssize_t gzip_read(struct gzip *g, void *buf, size_t n, const char **why);

#endif
