/*
 * The PT_LOADs of one file into memory, in three steps: look at all headers, reserve the whole span, map each segment
 * into it. Only the reservation decides about addresses, and it never replaces anything; all later mappings are inside
 * of it, whatever the file says by then.
 */
#include <errno.h>
#include <linux/mman.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "loader/elf_file.h"
#include "loader/loader.h"

/* Where the kernel puts position-independent programs, and the pages that it adds at random (mmap_rnd_bits). */
#define PIE_BASE         0x555555554000ul
#define PIE_RANDOM_PAGES (1ul << 28)
#define PIE_ATTEMPTS     16

/* The whole of a file's segments, in the file's own addresses. */
struct layout {
	bool any;
	bool ascending;   /* each begins where the one before does or behind it: holes can be told */
	bool dynamic;     /* there is a PT_INTERP: e_entry is the interpreter's matter */
	uint64_t start;   /* page of the lowest segment */
	uint64_t end;     /* one past the highest byte */
	uint64_t align;   /* the largest p_align, at least a page */
	Elf64_Phdr first; /* the first one in the table */
};

/* A file that is being mapped. */
struct mapping {
	struct elf_file *file;
	const struct layout *layout;
	uint64_t start, end; /* the reserved span, whole pages */
	uint64_t bias;
	bool first_is_mapped; /* the reservation was the first segment's own mapping */
	int64_t file_size;    /* -1: not asked yet */
};

static int protection(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

static uint64_t largest_align(uint64_t align, uint64_t p_align)
{
	bool power_of_two = p_align != 0 && (p_align & (p_align - 1)) == 0;

	return power_of_two && p_align > align ? p_align : align;
}

/* Adds a PT_LOAD to the layout. */
static int add_segment(struct layout *l, const Elf64_Phdr *ph, uint64_t *last)
{
	if (ph->p_vaddr >= ELF_TASK_SIZE || ph->p_filesz > ph->p_memsz || ph->p_memsz > ELF_TASK_SIZE - ph->p_vaddr)
		return -EINVAL;

	if (!l->any) {
		l->any = true;
		l->ascending = true;
		l->first = *ph;
		l->start = page_down(ph->p_vaddr);
		l->end = ph->p_vaddr + ph->p_memsz;
	}
	if (ph->p_vaddr < *last)
		l->ascending = false;
	*last = ph->p_vaddr;
	if (page_down(ph->p_vaddr) < l->start)
		l->start = page_down(ph->p_vaddr);
	if (ph->p_vaddr + ph->p_memsz > l->end)
		l->end = ph->p_vaddr + ph->p_memsz;
	l->align = largest_align(l->align, ph->p_align);
	return 0;
}

static int read_layout(struct elf_file *f, struct layout *ret, struct ldr_image *image)
{
	uint64_t last = 0;

	*ret = (struct layout){.align = ELF_PAGE};
	for (unsigned i = 0; i < f->header.e_phnum; i++) {
		const Elf64_Phdr *ph;
		int r = ldr_elf_phdr(f, i, &ph);

		if (r == 0 && ph->p_type == PT_LOAD)
			r = add_segment(ret, ph, &last);
		if (r < 0)
			return r;
		if (ph->p_type == PT_INTERP)
			ret->dynamic = true;
		if (ph->p_type == PT_GNU_STACK)
			image->stack_executable = (ph->p_flags & PF_X) != 0;
	}
	return 0;
}

/* For what nobody can do anything about, as after another failure. */
static void unmap(uint64_t start, uint64_t size)
{
	(void)host_call(SYS_munmap, start, size);
}

/* A mapping at exactly `at` that replaces nothing, or anywhere for 0. */
static long map_new(uint64_t at, uint64_t size, int prot, int flags, int fd, uint64_t offset)
{
	long r = host_mmap(at, size, prot, flags | (at != 0 ? MAP_FIXED_NOREPLACE : 0), fd, (off_t)offset);

	/* Kernels before 4.17 take an address that they cannot give for a hint. */
	if (!host_is_error(r) && at != 0 && (uint64_t)r != at) {
		unmap((uint64_t)r, size);
		return -EEXIST;
	}
	return r;
}

/*
 * Reserves the span at `at` (0: anywhere). Where it can, the first segment itself is mapped with the size of the whole,
 * as the kernel does: that saves a call. What is too much of it is replaced or removed later.
 */
static long reserve_at(struct mapping *m, uint64_t at)
{
	const struct layout *l = m->layout;
	const Elf64_Phdr *ph = &l->first;
	uint64_t size = page_up(l->end) - l->start;

	m->first_is_mapped = l->ascending && ph->p_filesz > 0 && !(ph->p_flags & PF_W);
	if (m->first_is_mapped)
		return map_new(at, size, protection(ph), MAP_PRIVATE, m->file->fd,
			       ph->p_offset - page_offset(ph->p_vaddr));
	return map_new(at, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

static bool in_resident(uint64_t at, uint64_t size)
{
	return at < RESIDENT_AREA_END && size > 0 && (at >= RESIDENT_BASE || size > RESIDENT_BASE - at);
}

/* A fixed place: an ET_EXEC's own. */
static long reserve_fixed(struct mapping *m)
{
	uint64_t start = m->layout->start, size = page_up(m->layout->end) - start;

	if (in_resident(start, size))
		return -ENOMEM;
	/* 0 is an address here, not a wish; the kernel has nothing below mmap_min_addr for us. */
	return start == 0 ? -EPERM : reserve_at(m, start);
}

/* Anywhere, at a multiple of the alignment: found with a larger mapping that is given back. */
static long reserve_anywhere(struct mapping *m)
{
	uint64_t size = page_up(m->layout->end) - m->layout->start, align = m->layout->align;
	long r;

	if (align == ELF_PAGE)
		return reserve_at(m, 0);
	if (align > ELF_TASK_SIZE || size > ELF_TASK_SIZE - align)
		return -ENOMEM;
	r = host_mmap(0, size + align, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (host_is_error(r))
		return r;
	unmap((uint64_t)r, size + align);
	return reserve_at(m, ((uint64_t)r + align - 1) & ~(align - 1));
}

/* A position-independent program's place: where the kernel would put it, else another of the kind, else anywhere. */
static long reserve_program(struct mapping *m, unsigned flags, uint64_t random)
{
	uint64_t size = page_up(m->layout->end) - m->layout->start, align = m->layout->align;

	for (unsigned i = 0; i < PIE_ATTEMPTS; i++) {
		uint64_t pages = i == 0 && (flags & LDR_NO_RANDOMIZE) ? 0 : random % PIE_RANDOM_PAGES;
		uint64_t at = (PIE_BASE + pages * ELF_PAGE) & ~(align - 1);
		long r;

		if (in_resident(at, size) && size < RESIDENT_BASE)
			at = (RESIDENT_BASE - size) & ~(align - 1);
		if (at == 0 || in_resident(at, size))
			return -ENOMEM;
		r = reserve_at(m, at);
		if (r != -EEXIST)
			return r;
		random = random * 6364136223846793005ul + 1442695040888963407ul;
		random ^= random >> 33;
	}
	return reserve_anywhere(m);
}

static int reserve(struct mapping *m, unsigned flags, uint64_t random)
{
	long r;

	if (page_up(m->layout->end) <= m->layout->start)
		return -EINVAL;
	if (m->file->header.e_type == ET_EXEC)
		r = reserve_fixed(m);
	else if (flags & LDR_INTERPRETER)
		r = reserve_anywhere(m);
	else
		r = reserve_program(m, flags, random);
	if (host_is_error(r))
		return (int)r;

	m->start = (uint64_t)r;
	m->end = m->start + (page_up(m->layout->end) - m->layout->start);
	m->bias = m->start - m->layout->start;
	return 0;
}

/*
 * Zeroes what the last page of a segment has of the file behind the segment's bytes. The page may lie behind the end of
 * the file, where touching it is a SIGBUS: the kernel answers EFAULT.
 */
static int zero_tail(struct mapping *m, const Elf64_Phdr *ph, uint64_t from)
{
	uint64_t in_file;

	if (page_offset(from) == 0)
		return 0;
	if (m->file_size < 0) {
		struct stat st;
		int r = host_fstat(m->file->fd, &st);

		if (r < 0)
			return r;
		m->file_size = st.st_size;
	}
	if (__builtin_add_overflow(ph->p_offset, ph->p_filesz, &in_file) ||
	    page_down(in_file) >= (uint64_t)m->file_size)
		return -EFAULT;
	memset((void *)(uintptr_t)from, 0, page_up(from) - from);
	return 0;
}

/*
 * One segment. Linux: the bss is always readable and writable, executable if the segment is, and the tail of the last
 * page is left alone in a segment that is not writable.
 */
static int map_segment(struct mapping *m, const Elf64_Phdr *ph, bool is_mapped)
{
	uint64_t at = m->bias + ph->p_vaddr, start = page_down(at);
	uint64_t file_end = ph->p_filesz > 0 ? page_up(at + ph->p_filesz) : start;
	uint64_t end = ph->p_memsz > 0 ? page_up(at + ph->p_memsz) : start;
	long r = 0;

	if (ph->p_filesz > 0 && !is_mapped)
		r = host_mmap(start, file_end - start, protection(ph), MAP_PRIVATE | MAP_FIXED, m->file->fd,
			      (off_t)(ph->p_offset - page_offset(ph->p_vaddr)));
	if (!host_is_error(r) && ph->p_filesz > 0 && ph->p_memsz > ph->p_filesz && (ph->p_flags & PF_W))
		r = zero_tail(m, ph, at + ph->p_filesz);
	if (!host_is_error(r) && end > file_end)
		r = host_mmap(file_end, end - file_end, PROT_READ | PROT_WRITE | (ph->p_flags & PF_X ? PROT_EXEC : 0),
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	return host_is_error(r) ? (int)r : 0;
}

/* What the image knows of a segment, in the file's addresses. As the kernel computes it, quirks included. */
static void note_segment(struct ldr_image *image, const Elf64_Ehdr *header, const Elf64_Phdr *ph)
{
	uint64_t file_end = ph->p_vaddr + ph->p_filesz, end = ph->p_vaddr + ph->p_memsz;
	bool code = (ph->p_flags & PF_X) != 0;

	if (ph->p_offset <= header->e_phoff && header->e_phoff < ph->p_offset + ph->p_filesz)
		image->phdr = header->e_phoff - ph->p_offset + ph->p_vaddr;
	if (code && ph->p_vaddr < image->start_code)
		image->start_code = ph->p_vaddr;
	if (code && file_end > image->end_code)
		image->end_code = file_end;
	if (ph->p_vaddr > image->start_data)
		image->start_data = ph->p_vaddr;
	if (file_end > image->end_data)
		image->end_data = file_end;
	if (end > image->bss_end)
		image->bss_end = end;
}

/* All segments, in the table's order; holes between ascending ones are unmapped again, others stay PROT_NONE. */
static int map_segments(struct mapping *m, struct ldr_image *image)
{
	uint64_t mapped = m->start; /* everything up to here is some segment's */
	bool is_mapped = m->first_is_mapped;
	int r = 0;

	for (unsigned i = 0; i < m->file->header.e_phnum && r == 0; i++) {
		const Elf64_Phdr *ph;
		uint64_t start, end;

		r = ldr_elf_phdr(m->file, i, &ph);
		if (r < 0 || ph->p_type != PT_LOAD)
			continue;
		/* Again, because the file may have changed: nothing may leave the span. */
		if (ph->p_vaddr < m->layout->start || ph->p_vaddr > m->layout->end || ph->p_filesz > ph->p_memsz ||
		    ph->p_memsz > m->layout->end - ph->p_vaddr)
			return -EINVAL;

		start = page_down(m->bias + ph->p_vaddr);
		end = ph->p_memsz > 0 ? page_up(m->bias + ph->p_vaddr + ph->p_memsz) : start;
		if (m->layout->ascending && start > mapped)
			r = host_munmap(mapped, start - mapped);
		if (r == 0)
			r = map_segment(m, ph, is_mapped);
		note_segment(image, &m->file->header, ph);
		is_mapped = false;
		if (end > mapped)
			mapped = end;
	}
	if (r == 0 && mapped < m->end)
		r = host_munmap(mapped, m->end - mapped);
	return r;
}

/* From the file's addresses to the process's. */
static void move_image(struct ldr_image *image, const struct mapping *m)
{
	image->bias = m->bias;
	image->start = m->start;
	image->end = m->end;
	image->entry += m->bias;
	image->phdr += m->bias;
	image->start_code += m->bias;
	image->end_code += m->bias;
	image->start_data += m->bias;
	image->end_data += m->bias;
	image->bss_end += m->bias;
}

static int map_file(struct elf_file *f, unsigned flags, uint64_t random, struct ldr_image *ret)
{
	struct ldr_image image = {
		.entry = f->header.e_entry,
		.phnum = f->header.e_phnum,
		.phent = f->header.e_phentsize,
		.start_code = UINT64_MAX,
	};
	struct layout layout;
	struct mapping m = {.file = f, .layout = &layout, .file_size = -1};
	int r = read_layout(f, &layout, &image);

	if (r < 0)
		return r;
	/* Linux starts a program of fixed address that has nothing to load, although it will not get far. */
	if (!layout.any && (f->header.e_type == ET_DYN || (flags & LDR_INTERPRETER)))
		return -EINVAL;
	if (layout.any) {
		r = reserve(&m, flags, random);
		if (r < 0)
			return r;
		r = map_segments(&m, &image);
	}
	move_image(&image, &m);
	if (r == 0 && image.entry >= ELF_TASK_SIZE && (!layout.dynamic || (flags & LDR_INTERPRETER)))
		r = -EINVAL;
	if (r < 0) {
		if (m.end > m.start)
			unmap(m.start, m.end - m.start);
		return r;
	}
	*ret = image;
	return 0;
}

int ldr_map(int fd, unsigned flags, uint64_t random, struct ldr_image *ret)
{
	struct elf_head head;
	struct elf_file f;
	int r = ldr_read_head(fd, &head);

	if (r == 0)
		r = ldr_elf_open(fd, &head, &f);
	if (r == 0 && f.header.e_type != ET_EXEC && f.header.e_type != ET_DYN)
		r = -ENOEXEC;
	return r < 0 ? r : map_file(&f, flags, random, ret);
}
