/* A file on its way into memory. Private to loader/: place.c chooses and reserves the addresses, map.c does the rest. */
#ifndef LX_LOADER_MAP_H
#define LX_LOADER_MAP_H

#include "loader/elf_file.h"
#include "loader/loader.h"

/* The whole of a file's segments, in the file's own addresses. */
struct layout {
	bool any;
	bool ascending;   /* each begins where the one before does or behind it */
	bool dynamic;     /* there is a PT_INTERP: e_entry is the interpreter's matter */
	uint64_t start;   /* page of the lowest segment */
	uint64_t end;     /* one past the highest byte */
	uint64_t align;   /* the largest p_align, at least a page */
	Elf64_Phdr first; /* the first one in the table that has bytes */
};

struct mapping {
	struct elf_file *file;
	const struct ldr_text *text; /* NULL: none */
	struct layout layout;
	uint64_t start, end; /* the reserved span, whole pages */
	uint64_t bias;
	bool first_is_mapped; /* the reservation is the first segment's own mapping, with the size of the whole */
	int64_t file_size;    /* -1: not asked yet */
};

/* The mmap protection of a segment. */
int ldr_protection(const Elf64_Phdr *ph);

/*
 * Reserves the layout's span, replacing nothing, and says where: start, end, bias, first_is_mapped. flags and random as
 * for ldr_map().
 */
MUST_CHECK int ldr_place(struct mapping *m, unsigned flags, uint64_t random);

#endif
