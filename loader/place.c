/* Where a file's segments go. Only what is here decides about addresses, and it never replaces a mapping. */
#include <errno.h>
#include <linux/mman.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/layout.h"
#include "loader/loader.h"
#include "loader/map.h"

/* Where the kernel puts position-independent programs, and the pages that it adds at random (mmap_rnd_bits). */
#define PIE_BASE         0x555555554000ul
#define PIE_RANDOM_PAGES (1ul << 28)
#define PIE_ATTEMPTS     16

/* For map_new(): the kernel chooses. Not an address: the last page is never a program's. */
#define ANYWHERE UINT64_MAX

static uint64_t span_size(const struct layout *l)
{
	return page_up(l->end) - l->start;
}

/* A mapping at exactly `at` that replaces nothing, or ANYWHERE. */
static long map_new(uint64_t at, uint64_t size, int prot, int flags, int fd, uint64_t offset)
{
	bool fixed = at != ANYWHERE;
	long r = host_mmap(fixed ? at : 0, size, prot, flags | (fixed ? MAP_FIXED_NOREPLACE : 0), fd, (off_t)offset);

	/* Kernels before 4.17 take an address that they cannot give for a hint. */
	if (!host_is_error(r) && fixed && (uint64_t)r != at) {
		(void)host_call(SYS_munmap, r, size);
		return -EEXIST;
	}
	return r;
}

/*
 * Where it can, the first segment itself is mapped with the size of the whole, as the kernel does: that saves a call.
 * What is too much of it is replaced or removed later. A writable one would count as memory that is going to be used.
 */
static long reserve(struct mapping *m, uint64_t at)
{
	const Elf64_Phdr *ph = &m->layout.first;

	m->first_is_mapped = m->layout.ascending && ph->p_filesz > 0 && !(ph->p_flags & PF_W);
	if (m->first_is_mapped)
		return map_new(at, span_size(&m->layout), ldr_protection(ph), MAP_PRIVATE, m->file->fd,
			       ph->p_offset - page_offset(ph->p_vaddr));
	return map_new(at, span_size(&m->layout), PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static bool in_resident(uint64_t at, uint64_t size)
{
	return at < RESIDENT_AREA_END && size > 0 && (at >= RESIDENT_BASE || size > RESIDENT_BASE - at);
}

/* An ET_EXEC's own place. */
static long place_fixed(struct mapping *m)
{
	if (in_resident(m->layout.start, span_size(&m->layout)))
		return -ENOMEM;
	return reserve(m, m->layout.start);
}

/* Anywhere, at a multiple of the alignment: found with a larger mapping that is given back. */
static long place_anywhere(struct mapping *m)
{
	uint64_t size = span_size(&m->layout), align = m->layout.align;
	long r;

	if (align == ELF_PAGE)
		return reserve(m, ANYWHERE);
	if (align > ELF_TASK_SIZE || size > ELF_TASK_SIZE - align)
		return -ENOMEM;
	r = host_mmap(0, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host_is_error(r))
		return r;
	(void)host_call(SYS_munmap, r, size + align);
	return reserve(m, ((uint64_t)r + align - 1) & ~(align - 1));
}

/*
 * Where the span begins if the kernel chose `at` for a program: the kernel goes by the first segment of the table, even
 * if that is not the lowest, and by its address to the byte.
 */
static uint64_t span_start(const struct layout *l, uint64_t at)
{
	return page_down(at - l->first.p_vaddr) + l->start;
}

/* A position-independent program's place: where the kernel would put it, else another of the kind, else anywhere. */
static long place_program(struct mapping *m, unsigned flags, uint64_t random)
{
	const struct layout *l = &m->layout;
	uint64_t size = span_size(l);

	for (unsigned i = 0; i < PIE_ATTEMPTS; i++) {
		uint64_t pages = i == 0 && (flags & LDR_NO_RANDOMIZE) ? 0 : random % PIE_RANDOM_PAGES;
		uint64_t at = span_start(l, (PIE_BASE + pages * ELF_PAGE) & ~(l->align - 1));
		long r;

		if (in_resident(at, size) && size <= RESIDENT_BASE)
			at = (RESIDENT_BASE - size) & ~(l->align - 1);
		if (at >= ELF_TASK_SIZE || in_resident(at, size))
			return -ENOMEM;
		r = reserve(m, at);
		if (r != -EEXIST)
			return r;
		random = random * 6364136223846793005ul + 1442695040888963407ul;
		random ^= random >> 33;
	}
	return place_anywhere(m);
}

int ldr_place(struct mapping *m, unsigned flags, uint64_t random)
{
	long r;

	if (m->file->header.e_type == ET_EXEC)
		r = place_fixed(m);
	else if (flags & LDR_INTERPRETER)
		r = place_anywhere(m);
	else
		r = place_program(m, flags, random);
	if (host_is_error(r))
		return (int)r;
	/* Only a span of many terabytes, for which the kernel found no other place. */
	if (in_resident((uint64_t)r, span_size(&m->layout))) {
		(void)host_call(SYS_munmap, r, span_size(&m->layout));
		return -ENOMEM;
	}

	m->start = (uint64_t)r;
	m->end = m->start + span_size(&m->layout);
	m->bias = m->start - m->layout.start;
	return 0;
}
