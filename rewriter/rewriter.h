/*
 * From an ELF file to prepared text (base/text.h): the public half for tests, the rest is README.md's.
 *
 * Nothing of a file is trusted: sizes and offsets are checked before they are used. Functions return 0 or a count, or -errno.
 */
#ifndef LX_REWRITER_REWRITER_H
#define LX_REWRITER_REWRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/attr.h"

/* What a pair of bytes 0f 05 is, or why it is left alone. */
enum rw_verdict {
	RW_PATCHED,      /* `mov $nr,%eax` stands near in front, and everything else is certain */
	RW_NOT_CHANGED,  /* such a site of a call that is not translated, or seldom */
	RW_NO_NUMBER,    /* no constant number near in front of it: only a trap can tell */
	RW_NO_START,     /* no function is known to begin near in front of it */
	RW_NOT_CODE,     /* decoded from the function's beginning it is no instruction, or the mov is none */
	RW_NOT_STRAIGHT, /* what stands between mov and syscall cannot be done elsewhere */
	RW_IS_TARGET,    /* something may jump into the mov */
	RW_NO_ROOM,      /* there is no place for its trampoline */
	RW_VERDICTS,
};
extern const char *const rw_verdict_texts[RW_VERDICTS];

struct rw_site {
	uint64_t address; /* of the syscall instruction, in the file's addresses */
	uint64_t mov;     /* of the instruction that sets the number; both where the verdict says that they are known */
	uint32_t nr;
	enum rw_verdict verdict;
};

/* An executable segment. */
struct rw_segment {
	uint64_t address, offset, size; /* p_vaddr, p_offset, p_filesz */
};

#define RW_SEGMENTS 8
#define RW_MOV_SIZE 5
/* Between the mov and the syscall instruction, in bytes. */
#define RW_GAP_MAX 40

struct rw_object {
	const uint8_t *bytes; /* the whole file, private */
	size_t size;
	struct stat stat;
	bool is_linker; /* a dynamic linker: its mmap is changed as well */
	struct rw_segment segment[RW_SEGMENTS];
	unsigned segments;
	uint64_t *starts; /* where functions begin, ascending */
	size_t start_count;
};

/* The open file; -ENOEXEC for what has no text that can be prepared. */
MUST_CHECK int rw_object_open(int fd, struct rw_object *ret);
void rw_object_done(struct rw_object *o);

/* All sites of a segment, ascending, in memory that the caller frees; how many. */
MUST_CHECK long rw_classify(const struct rw_object *o, const struct rw_segment *s, struct rw_site **ret);

/*
 * The segment's pages with the sites changed that are RW_PATCHED, in memory that the caller frees; *ret_size is their size. Sites
 * that have no room become RW_NO_ROOM. How many were changed.
 */
MUST_CHECK long rw_prepare(const struct rw_object *o, const struct rw_segment *s, struct rw_site *sites, size_t count,
			   uint8_t **ret, size_t *ret_size);

/* Prepares what fd is a file of, and notes that it was looked at. dir: the cache. 0, -EAGAIN where it is too young, or -errno. */
MUST_CHECK int rw_store(int dir, int fd);
/* Removes the oldest copies of a cache that has become too large. */
void rw_cache_limit(int dir);

#endif
