/*
 * The PT_LOADs of one file into memory, in three steps: look at all headers, reserve the whole span (place.c), map each
 * segment into it. After the reservation everything stays inside of it, whatever the file says by then.
 */
#include <errno.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/str.h"
#include "base/text.h"
#include "loader/loader.h"
#include "loader/map.h"

int ldr_protection(const Elf64_Phdr *ph)
{
	return (ph->p_flags & PF_R ? PROT_READ : 0) | (ph->p_flags & PF_W ? PROT_WRITE : 0) |
	       (ph->p_flags & PF_X ? PROT_EXEC : 0);
}

static uint64_t largest_align(uint64_t align, uint64_t p_align)
{
	bool power_of_two = p_align != 0 && (p_align & (p_align - 1)) == 0;

	return power_of_two && p_align > align ? p_align : align;
}

/* Adds a PT_LOAD to the layout; one without any bytes has no place in it. */
static int add_segment(struct layout *l, const Elf64_Phdr *ph, uint64_t *last)
{
	if (ph->p_vaddr >= ELF_TASK_SIZE || ph->p_filesz > ph->p_memsz || ph->p_memsz > ELF_TASK_SIZE - ph->p_vaddr)
		return -EINVAL;
	if (ph->p_memsz == 0)
		return 0;

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
 * The prepared copy of a segment's bytes over what is there, or false: the original is to be mapped. What is prepared is
 * whole pages, of which nothing is zeroed, so there is no bss behind it.
 */
static bool map_text(const struct mapping *m, const Elf64_Phdr *ph, uint64_t start, uint64_t end)
{
	uint64_t offset = ph->p_offset - page_offset(ph->p_vaddr);
	int fd CLEANUP(host_close_at) = -1;

	if (m->text == NULL || (ph->p_flags & (PF_X | PF_W)) != PF_X || ph->p_memsz != ph->p_filesz)
		return false;
	fd = text_open(m->text->dir, m->file->fd, offset, end - start, m->text->owner);
	return fd >= 0 && !host_is_error(host_mmap(start, end - start, ldr_protection(ph), MAP_PRIVATE | MAP_FIXED, fd,
						   (off_t)offset));
}

/*
 * One segment. Linux: the bss is always readable and writable, executable if the segment is, and the tail of the last
 * page is left alone in a segment that is not writable.
 */
static int map_segment(struct mapping *m, const Elf64_Phdr *ph, bool is_mapped)
{
	uint64_t at = m->bias + ph->p_vaddr, start = page_down(at);
	uint64_t file_end = ph->p_filesz > 0 ? page_up(at + ph->p_filesz) : start;
	uint64_t end = page_up(at + ph->p_memsz);
	long r = 0;

	if (ph->p_filesz > 0 && !map_text(m, ph, start, file_end) && !is_mapped)
		r = host_mmap(start, file_end - start, ldr_protection(ph), MAP_PRIVATE | MAP_FIXED, m->file->fd,
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

/* The pages of a segment that has bytes. False if it does not lie in the reserved span, or has none. */
static bool find_pages(const struct mapping *m, const Elf64_Phdr *ph, uint64_t *start, uint64_t *end)
{
	const struct layout *l = &m->layout;

	if (ph->p_vaddr < l->start || ph->p_vaddr > l->end || ph->p_filesz > ph->p_memsz || ph->p_memsz == 0 ||
	    ph->p_memsz > l->end - ph->p_vaddr)
		return false;
	*start = page_down(m->bias + ph->p_vaddr);
	*end = page_up(m->bias + ph->p_vaddr + ph->p_memsz);
	return true;
}

/*
 * Where the page at `at` stands: *ret_end is the end of a segment that has it, or `at` if none has; *ret_next is where
 * the next one begins.
 */
static int look_at(struct mapping *m, uint64_t at, uint64_t *ret_end, uint64_t *ret_next)
{
	*ret_end = at;
	*ret_next = m->end;
	for (unsigned i = 0; i < m->file->header.e_phnum; i++) {
		const Elf64_Phdr *ph;
		uint64_t start, end;
		int r = ldr_elf_phdr(m->file, i, &ph);

		if (r < 0)
			return r;
		if (ph->p_type != PT_LOAD || !find_pages(m, ph, &start, &end))
			continue;
		if (start <= at && end > *ret_end)
			*ret_end = end;
		if (start > at && start < *ret_next)
			*ret_next = start;
	}
	return 0;
}

/* Unmaps what no segment has, for segments in any order. Slow for long tables, which nobody has. */
static int unmap_holes(struct mapping *m)
{
	uint64_t at = m->start;
	int r = 0;

	while (at < m->end && r == 0) {
		uint64_t end, next;

		r = look_at(m, at, &end, &next);
		if (r == 0 && end == at) {
			r = host_munmap(at, next - at);
			end = next;
		}
		at = end;
	}
	return r;
}

/* All segments, in the table's order. Holes between ascending ones are unmapped on the way. */
static int map_segments(struct mapping *m, struct ldr_image *image)
{
	uint64_t mapped = m->start; /* the end of what is some segment's */
	bool is_mapped = m->first_is_mapped;
	int r = 0;

	for (unsigned i = 0; i < m->file->header.e_phnum && r == 0; i++) {
		const Elf64_Phdr *ph;
		uint64_t start, end;

		r = ldr_elf_phdr(m->file, i, &ph);
		if (r < 0 || ph->p_type != PT_LOAD)
			continue;
		note_segment(image, &m->file->header, ph);
		if (ph->p_memsz == 0)
			continue;
		if (is_mapped)
			ph = &m->layout.first; /* what the reservation was made of */
		if (!find_pages(m, ph, &start, &end))
			return -EINVAL;
		if (m->layout.ascending && start > mapped)
			r = host_munmap(mapped, start - mapped);
		if (r == 0)
			r = map_segment(m, ph, is_mapped);
		is_mapped = false;
		if (end > mapped)
			mapped = end;
	}
	if (r < 0)
		return r;
	if (!m->layout.ascending)
		return unmap_holes(m);
	return mapped < m->end ? host_munmap(mapped, m->end - mapped) : 0;
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

static int map_file(struct elf_file *f, unsigned flags, uint64_t random, const struct ldr_text *text,
		    struct ldr_image *ret)
{
	struct ldr_image image = {
		.entry = f->header.e_entry,
		.phnum = f->header.e_phnum,
		.phent = f->header.e_phentsize,
		.start_code = UINT64_MAX,
	};
	struct mapping m = {.file = f, .text = text, .file_size = -1};
	int r = read_layout(f, &m.layout, &image);

	if (r < 0)
		return r;
	/* Linux starts a program that has nothing to load, although it will not get far. */
	if (!m.layout.any && (flags & LDR_INTERPRETER))
		return -EINVAL;
	if (m.layout.any) {
		r = ldr_place(&m, flags, random);
		if (r < 0)
			return r;
		r = map_segments(&m, &image);
	}
	move_image(&image, &m);
	if (r == 0 && image.entry >= ELF_TASK_SIZE && (!m.layout.dynamic || (flags & LDR_INTERPRETER)))
		r = -EINVAL;
	if (r < 0) {
		(void)host_call(SYS_munmap, m.start, m.end - m.start);
		return r;
	}
	*ret = image;
	return 0;
}

int ldr_map(int fd, unsigned flags, uint64_t random, const struct ldr_text *text, struct ldr_image *ret)
{
	struct elf_head head;
	struct elf_file f;
	int r = ldr_read_head(fd, &head);

	if (r == 0)
		r = ldr_elf_open(fd, &head, &f);
	if (r == 0 && f.header.e_type != ET_EXEC && f.header.e_type != ET_DYN)
		r = -ENOEXEC;
	return r < 0 ? r : map_file(&f, flags, random, text, ret);
}
