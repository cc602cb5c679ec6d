/* An ELF file: its executable segments, and where its functions begin. */
#include "rewriter/rewriter.h"

#include <errno.h>
#include <gelf.h>
#include <libelf.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/text.h"

/* Files beyond this are left to traps. */
#define SIZE_LIMIT   (512ull << 20)
#define STARTS_LIMIT (4u << 20)

static bool is_within(const struct rw_object *o, uint64_t offset, uint64_t size)
{
	return offset <= o->size && size <= o->size - offset;
}

/* --- where functions begin ------------------------------------------------------------------------------------------- */

static bool in_segment(const struct rw_object *o, uint64_t address)
{
	for (unsigned i = 0; i < o->segments; i++)
		if (address - o->segment[i].address < o->segment[i].size)
			return true;
	return false;
}

static int add_start(struct rw_object *o, size_t *room, uint64_t address)
{
	if (!in_segment(o, address) || o->start_count >= STARTS_LIMIT)
		return 0;
	if (o->start_count == *room) {
		size_t more = *room > 0 ? 2 * *room : 1024;
		uint64_t *p = reallocarray(o->starts, more, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		o->starts = p;
		*room = more;
	}
	o->starts[o->start_count++] = address;
	return 0;
}

static int add_symbols(struct rw_object *o, Elf *elf, size_t *room)
{
	int r = 0;

	for (Elf_Scn *s = NULL; r == 0 && (s = elf_nextscn(elf, s)) != NULL;) {
		GElf_Shdr h;
		Elf_Data *data;

		if (gelf_getshdr(s, &h) == NULL || (h.sh_type != SHT_SYMTAB && h.sh_type != SHT_DYNSYM) ||
		    h.sh_entsize == 0)
			continue;
		data = elf_getdata(s, NULL);
		for (int i = 0; data != NULL && r == 0 && (uint64_t)i < h.sh_size / h.sh_entsize; i++) {
			GElf_Sym sym;

			if (gelf_getsym(data, i, &sym) == NULL)
				break;
			if (GELF_ST_TYPE(sym.st_info) == STT_FUNC || GELF_ST_TYPE(sym.st_info) == STT_GNU_IFUNC)
				r = add_start(o, room, sym.st_value);
		}
	}
	return r;
}

/* DW_EH_PE_*: what linkers write, and nothing else. */
#define PE_DATAREL_SDATA4 0x3b
#define PE_UDATA4         0x03

/* .eh_frame_hdr: the table of where each FDE's function begins, relative to itself. */
static int add_unwind_table(struct rw_object *o, const GElf_Phdr *ph, size_t *room)
{
	const uint8_t *p;
	uint32_t n;
	int r = 0;

	if (!is_within(o, ph->p_offset, ph->p_filesz) || ph->p_filesz < 12)
		return 0;
	p = o->bytes + ph->p_offset;
	if (p[0] != 1 || p[2] != PE_UDATA4 || p[3] != PE_DATAREL_SDATA4)
		return 0;
	memcpy(&n, p + 8, sizeof(n));
	if (n > (ph->p_filesz - 12) / 8)
		return 0;
	for (uint32_t i = 0; i < n && r == 0; i++) {
		int32_t at;

		memcpy(&at, p + 12 + 8ull * i, sizeof(at));
		r = add_start(o, room, ph->p_vaddr + (uint64_t)(int64_t)at);
	}
	return r;
}

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static void sort_starts(struct rw_object *o)
{
	size_t n = 0;

	if (o->start_count == 0)
		return;
	qsort(o->starts, o->start_count, sizeof(*o->starts), compare);
	for (size_t i = 0; i < o->start_count; i++)
		if (n == 0 || o->starts[n - 1] != o->starts[i])
			o->starts[n++] = o->starts[i];
	o->start_count = n;
}

/* --- segments -------------------------------------------------------------------------------------------------------- */

/* A segment that can be prepared: code, that nobody writes, whose pages are the file's. */
static bool is_text(const struct rw_object *o, const GElf_Phdr *ph)
{
	return ph->p_type == PT_LOAD && (ph->p_flags & (PF_X | PF_W)) == PF_X && ph->p_filesz > 0 &&
	       ph->p_filesz == ph->p_memsz && is_within(o, ph->p_offset, ph->p_filesz) &&
	       (ph->p_offset & (TEXT_PAGE - 1)) == (ph->p_vaddr & (TEXT_PAGE - 1)) && ph->p_vaddr < 1ull << 47;
}

/* Text that is written to when it is relocated; the name of a dynamic linker. */
static bool look_at_dynamic(struct rw_object *o, Elf *elf)
{
	bool relocated = false;

	for (Elf_Scn *s = NULL; (s = elf_nextscn(elf, s)) != NULL;) {
		GElf_Shdr h;
		Elf_Data *data;

		if (gelf_getshdr(s, &h) == NULL || h.sh_type != SHT_DYNAMIC || h.sh_entsize == 0)
			continue;
		data = elf_getdata(s, NULL);
		for (int i = 0; data != NULL && (uint64_t)i < h.sh_size / h.sh_entsize; i++) {
			const char *name;
			GElf_Dyn d;

			if (gelf_getdyn(data, i, &d) == NULL)
				break;
			if (d.d_tag == DT_TEXTREL || (d.d_tag == DT_FLAGS && (d.d_un.d_val & DF_TEXTREL) != 0))
				relocated = true;
			if (d.d_tag != DT_SONAME)
				continue;
			name = elf_strptr(elf, h.sh_link, d.d_un.d_val);
			o->is_linker =
				name != NULL && (strncmp(name, "ld-", 3) == 0 || strncmp(name, "libc.musl-", 10) == 0);
		}
	}
	return !relocated;
}

static int read_object(struct rw_object *o, Elf *elf)
{
	GElf_Phdr ph, table = {0};
	GElf_Ehdr header;
	size_t room = 0, n;
	int r = 0;

	if (elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS64 || gelf_getehdr(elf, &header) == NULL ||
	    header.e_machine != EM_X86_64 || elf_getphdrnum(elf, &n) != 0)
		return -ENOEXEC;
	for (size_t i = 0; i < n && gelf_getphdr(elf, (int)i, &ph) != NULL; i++) {
		if (is_text(o, &ph) && o->segments < RW_SEGMENTS)
			o->segment[o->segments++] =
				(struct rw_segment){.address = ph.p_vaddr, .offset = ph.p_offset, .size = ph.p_filesz};
		if (ph.p_type == PT_GNU_EH_FRAME)
			table = ph;
	}
	if (o->segments == 0 || !look_at_dynamic(o, elf))
		return -ENOEXEC;
	r = add_symbols(o, elf, &room);
	if (r == 0 && table.p_filesz > 0)
		r = add_unwind_table(o, &table, &room);
	sort_starts(o);
	return r;
}

int rw_object_open(int fd, struct rw_object *ret)
{
	struct rw_object o = {0};
	Elf *elf;
	void *p;
	int r = host_fstat(fd, &o.stat);

	if (r < 0)
		return r;
	if (!S_ISREG(o.stat.st_mode) || o.stat.st_size < (off_t)sizeof(Elf64_Ehdr) ||
	    (uint64_t)o.stat.st_size > SIZE_LIMIT || elf_version(EV_CURRENT) == EV_NONE)
		return -ENOEXEC;
	o.size = (size_t)o.stat.st_size;
	/* Written to by nobody but us: libelf wants it so. */
	p = mmap(NULL, o.size, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);
	if (p == MAP_FAILED)
		return -errno;
	o.bytes = p;
	elf = elf_memory(p, o.size);
	r = elf != NULL ? read_object(&o, elf) : -ENOEXEC;
	if (elf != NULL)
		(void)elf_end(elf);
	if (r < 0)
		rw_object_done(&o);
	else
		*ret = o;
	return r;
}

void rw_object_done(struct rw_object *o)
{
	if (o->bytes != NULL)
		(void)munmap((void *)(uintptr_t)o->bytes, o->size);
	free(o->starts);
	*o = (struct rw_object){0};
}
