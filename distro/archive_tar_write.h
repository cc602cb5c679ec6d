/* Writing tar: ustar headers, with pax headers in front of those that cannot say it all. Private to distro/. */
#ifndef LX_DISTRO_ARCHIVE_TAR_WRITE_H
#define LX_DISTRO_ARCHIVE_TAR_WRITE_H

#include "distro/archive_output.h"
#include "distro/archive_tar.h"

struct tar_writer {
	struct output *out;
	struct archive_work *work;
	char *pax; /* the header that is being made */
	size_t pax_size, pax_room;
};

/*
 * The headers of an entry; its content follows, the extents' only if there are extents (sparse), then padding to whole blocks.
 * A directory's name ends with a slash. mode 0: a hard link.
 */
MUST_CHECK int tar_write_header(struct tar_writer *w, const struct tar_entry *e, const struct tar_extent *extents,
				size_t count, bool sparse);
MUST_CHECK int tar_write_end(struct tar_writer *w);
void tar_writer_done(struct tar_writer *w);

#endif
