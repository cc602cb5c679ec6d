/*
 * tar as a sequence of entries: ustar, pax, GNU and old ones read, pax written. Private to distro/.
 *
 * Not libarchive's reader: that one turns the names of pax headers into the locale's characters, and a name is bytes. Nothing
 * here trusts a number of the archive: sizes are limited before memory is taken, and the content that an entry gives is what was
 * there.
 */
#ifndef LX_DISTRO_ARCHIVE_TAR_H
#define LX_DISTRO_ARCHIVE_TAR_H

#include <sys/stat.h>
#include <time.h>

#include "distro/archive_input.h"

#define TAR_BLOCK      512
#define TAR_NAME_MAX   ((size_t)1 << 20)
#define TAR_PAX_MAX    ((size_t)16 << 20)
#define TAR_EXTENT_MAX ((size_t)1 << 20)
/* Prefix, slash, name, NUL. */
#define TAR_SHORT_NAME 260

struct tar_attribute {
	const char *name;
	const char *value;
	size_t size;
};

struct tar_extent {
	uint64_t offset, size;
};

/* An entry as it stands there. Strings last until the next one is read. */
struct tar_entry {
	const char *name;
	const char *link; /* of a link, symbolic or hard; never NULL */
	mode_t mode;      /* with the type; of a hard link: 0 */
	uint64_t uid, gid;
	uint64_t size; /* a file's, with its holes */
	unsigned major, minor;
	struct timespec mtime;
	const struct tar_attribute *attributes;
	size_t attribute_count;
	const char *acl_access, *acl_default; /* NULL: none */
};

struct tar_reader;

MUST_CHECK int tar_open(struct input *in, struct archive_work *w, struct tar_reader **ret);
void tar_close(struct tar_reader *t);
/* The next entry: 1; 0 at the archive's end, which has been read to the end of its file then. */
MUST_CHECK int tar_next(struct tar_reader *t, struct tar_entry *ret);
/* The next piece of the entry's content: 1, or 0 when that was all. What no piece covers is a hole. */
MUST_CHECK int tar_content(struct tar_reader *t, const void **ret, size_t *ret_n, uint64_t *ret_offset);

/* --- private to the reader --------------------------------------------------------------------------------------------- */

/* What pax headers and GNU's extensions said about the entry that comes. */
struct tar_said {
	char *name, *link, *sparse_name, *acl_access, *acl_default; /* in pax's buffer, or in the reader's long names */
	bool pax;                                                   /* there was a pax header */
	bool has_size, has_uid, has_gid, has_mtime, has_real_size, has_major, has_minor;
	int64_t size, uid, gid, real_size, major, minor;
	struct timespec mtime;
	int sparse_major, sparse_minor; /* -1: not said */
	char *sparse_map;               /* of 0.1 */
};

struct tar_reader {
	struct input *in;
	struct archive_work *work;
	bool begun; /* there was an entry */

	/* Content of the current entry: bytes in the archive, and what has been taken of them. */
	uint64_t left, padding;
	struct tar_extent *extents; /* of a sparse file */
	size_t extent_count, extent_room, extent;
	uint64_t extent_done;
	bool sparse;
	uint64_t offset;

	char *pax, *long_name, *long_link;
	char short_names[2][TAR_SHORT_NAME];
	struct tar_said said, global;
	struct tar_attribute *attributes;
	size_t attribute_count, attribute_room;
};

/* Reads a pax header of `size` bytes (then padded) into said; global: into global. */
MUST_CHECK int pax_read(struct tar_reader *t, uint64_t size, bool global);
MUST_CHECK int tar_number(const uint8_t *field, size_t size, int64_t *ret);
/* Adds an extent; -EBADMSG beyond the limits. */
MUST_CHECK int sparse_add(struct tar_reader *t, int64_t offset, int64_t size);
/* The three forms of sparse files: GNU's own, pax 0.1 (a text), pax 1.0 (in front of the content). */
MUST_CHECK int sparse_read_old(struct tar_reader *t, const uint8_t *header, uint64_t *ret_size);
MUST_CHECK int sparse_read_text(struct tar_reader *t, char *map);
MUST_CHECK int sparse_read_front(struct tar_reader *t);
/* The extents fit into the file's size and the bytes that are there. */
MUST_CHECK int sparse_check(struct tar_reader *t, uint64_t size);
/* Exactly n bytes of the archive, which then are not content. */
MUST_CHECK int tar_read(struct tar_reader *t, void *buf, size_t n);
MUST_CHECK int tar_skip(struct tar_reader *t, uint64_t n);
MUST_CHECK int tar_damaged(struct tar_reader *t, const char *what);

#endif
