/*
 * Prepared text: copies of the executable segments of ELF files in which system call sites jump to the resident (rewriter/ makes
 * them, the resident maps them; rewriter/README.md has the rules).
 *
 * One file per segment, in a directory of the user's own whose name says for which resident and which calls it was made. The
 * file's name is the identity of the original: whoever has the same identity has the same bytes. It is sparse: the segment's
 * pages are where they are in the original, so that offsets of mappings are right by themselves, and one page with a struct
 * text_trailer is behind them. Mode 0400, owned by the user, complete from the moment that it has its name, never changed.
 */
#ifndef LX_BASE_TEXT_H
#define LX_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/attr.h"

#define TEXT_PAGE     4096ul
#define TEXT_NAME_MAX 112
#define TEXT_MAGIC    0x7478657472787865ull
/* The form of the files, of the trampolines in them, and what the gate expects of these. */
#define TEXT_VERSION 2
/* The offset in the name of an empty file that says that its original has been looked at. */
#define TEXT_LOOKED_AT (~0ull)

/* Which segment of which file. offset: where its first page is in the file. */
struct text_key {
	uint64_t device, inode, size;
	int64_t changed_s, changed_ns;   /* st_ctim */
	int64_t modified_s, modified_ns; /* st_mtim */
	uint64_t offset;
};

struct text_trailer {
	uint64_t magic;
	struct text_key key;
	uint32_t sites;            /* how many were changed */
	char path[TEXT_PAGE - 96]; /* the original's, on the host, when the copy was made */
};
_Static_assert(sizeof(struct text_trailer) <= TEXT_PAGE, "a page");

void text_key_of(const struct stat *st, uint64_t offset, struct text_key *ret);
/* The file's name in the directory; its length. */
size_t text_name(const struct text_key *key, char ret[TEXT_NAME_MAX]);

/*
 * The copy of the `length` bytes (whole pages) at `offset` of the file fd, to be mapped privately at the same offset: a descriptor,
 * or -errno, most often -ENOENT. dir: the directory; owner: whose the copy must be.
 */
MUST_CHECK int text_open(const char *dir, int fd, uint64_t offset, uint64_t length, uint32_t owner);

/*
 * True for the host's path of a file in dir that is a copy: *ret is what it says of itself. A guest's maps show the original.
 */
bool text_read(const char *dir, const char *path, struct text_trailer *ret);

#endif
