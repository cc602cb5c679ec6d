/*
 * damage_test LAUNCHER [ROUNDS [STRIDE]]: ELF files with one field changed to each of many values, then ROUNDS files with several
 * changed at random, and files that are cut: the kernel and the loader must come to the same end, and to the same process
 * if they accept it. Nothing of the files runs. With a STRIDE only every such file is tried.
 */
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/attr.h"
#include "compare.h"
#include "elfmaker.h"

/* A field of the header, or of a program header. */
struct field {
	const char *name;
	size_t offset, size;
};

#define FIELD(type, name)                                              \
	{                                                              \
#name, offsetof(type, name), sizeof(((type *)0)->name) \
	}

static const struct field header_fields[] = {
	FIELD(Elf64_Ehdr, e_type),     FIELD(Elf64_Ehdr, e_machine),   FIELD(Elf64_Ehdr, e_version),
	FIELD(Elf64_Ehdr, e_entry),    FIELD(Elf64_Ehdr, e_phoff),     FIELD(Elf64_Ehdr, e_shoff),
	FIELD(Elf64_Ehdr, e_flags),    FIELD(Elf64_Ehdr, e_ehsize),    FIELD(Elf64_Ehdr, e_phentsize),
	FIELD(Elf64_Ehdr, e_phnum),    FIELD(Elf64_Ehdr, e_shentsize), FIELD(Elf64_Ehdr, e_shnum),
	FIELD(Elf64_Ehdr, e_shstrndx),
};

static const struct field phdr_fields[] = {
	FIELD(Elf64_Phdr, p_type),  FIELD(Elf64_Phdr, p_flags), FIELD(Elf64_Phdr, p_offset),
	FIELD(Elf64_Phdr, p_vaddr), FIELD(Elf64_Phdr, p_paddr), FIELD(Elf64_Phdr, p_filesz),
	FIELD(Elf64_Phdr, p_memsz), FIELD(Elf64_Phdr, p_align),
};

static const uint64_t values[] = {
	0,
	1,
	2,
	3,
	4,
	5,
	6,
	7,
	0x3e,
	0x38,
	0x40,
	0x100,
	0xf00,
	0xfff,
	0x1000,
	0x1001,
	0x2000,
	0x2fff,
	0x3000,
	0x3001,
	0x10000,
	0x10010,
	0x200000,
	0x400000,
	0x401000,
	0x402000,
	0x40000000,
	0x7fffffff,
	0x80000000,
	0xffffffff,
	0x10000000000,
	0x7ffffffe0000,
	0x7fffffffefff,
	0x7ffffffff000,
	0x800000000000,
	0x7fffffffffffffff,
	0x8000000000000000,
	0xfffffffffffff000,
	0xffffffffffffffff,
	/* relative to the old value */
};
static const int64_t offsets[] = {1, -1, 0x10, 0x800, 0x1000, -0x1000, 0x100000};

static const char *launcher;
static char program_path[256], interpreter_path[256];
static unsigned seen, stride = 1, compared, different, excused;

/* The subject of damage: the program, or the interpreter of an undamaged one. */
struct base {
	const char *name;
	struct made_elf program, interpreter;
	bool damage_interpreter;
};

/* Very large: the resident's area is in the way of such spans and alignments, and of nothing else. */
#define LARGE (1ull << 40)

/* What a damaged file's program headers say, at wherever e_phoff is. */
struct loads {
	uint64_t start, end, align;
	bool first_is_empty, wrap, interpreter;
};

static void read_loads(const struct made_elf *elf, struct loads *ret)
{
	bool first = true;

	*ret = (struct loads){.start = UINT64_MAX};
	for (unsigned i = 0; i < elf->header.e_phnum; i++) {
		uint64_t at = elf->header.e_phoff + i * sizeof(Elf64_Phdr);
		Elf64_Phdr ph;

		if (at > offsetof(struct made_elf, interpreter) - sizeof(ph))
			return;
		memcpy(&ph, (const char *)elf + at, sizeof(ph));
		if (ph.p_type == PT_INTERP)
			ret->interpreter = true;
		if (ph.p_type != PT_LOAD)
			continue;
		if (ph.p_vaddr >> 63 != 0)
			ret->wrap = true;
		ret->start = ph.p_vaddr < ret->start ? ph.p_vaddr : ret->start;
		ret->end = ph.p_vaddr + ph.p_memsz > ret->end ? ph.p_vaddr + ph.p_memsz : ret->end;
		if ((ph.p_align & (ph.p_align - 1)) == 0 && ph.p_align > ret->align)
			ret->align = ph.p_align;
		if (first)
			ret->first_is_empty = ph.p_filesz == 0;
		first = false;
	}
}

/* The differences that loader/README.md lists. */
static bool documented(const struct base *b, const struct made_elf *elf, const struct snapshot *native,
		       const struct snapshot *launched)
{
	bool both_started = native->outcome == STARTED && launched->outcome == STARTED, alone;
	struct loads loads;

	read_loads(elf, &loads);
	alone = !b->damage_interpreter && !loads.interpreter && elf->header.e_type == ET_DYN;
	/* Nothing to load: both start it, at an address where nothing is. */
	if (both_started && native->stat[END_DATA] == 0)
		return true;
	/* prctl takes no address below 64 KB. */
	if (both_started && elf->header.e_type == ET_EXEC && loads.start < 0x10000)
		return true;
	/* The kernel loads it at address 0. */
	if (loads.first_is_empty && (alone || b->damage_interpreter))
		return launched->outcome != REFUSED;
	/* The kernel lets the addresses of an interpreter's segments wrap. */
	if (b->damage_interpreter && loads.wrap)
		return native->outcome == STARTED && launched->outcome == KILLED;
	if (loads.align >= LARGE || (loads.end > loads.start && loads.end - loads.start >= LARGE))
		return native->outcome == STARTED && launched->outcome != REFUSED;
	/* Without an interpreter, at another address: an entry far outside hits or misses the end of the address space. */
	return alone && native->outcome == KILLED && launched->outcome == STARTED && elf->header.e_entry > MADE_SIZE;
}

static void check(const struct base *b, const struct made_elf *damaged, const char *what)
{
	static struct snapshot native, launched;
	char label[400];

	if (seen++ % stride != 0)
		return;
	if (!write_made(b->damage_interpreter ? &b->program : damaged, program_path) ||
	    !write_made(b->damage_interpreter ? damaged : &b->interpreter, interpreter_path))
		exit(2);
	start_native(program_path, &native);
	start_launched(launcher, program_path, &launched);
	(void)snprintf(label, sizeof(label), "%s %s", b->name, what);
	compared++;
	if (documented(b, damaged, &native, &launched))
		excused++;
	else if (compare(program_path, label, &native, &launched) > 0)
		different++;
}

static uint64_t get(const void *object, const struct field *f)
{
	uint64_t v = 0;

	memcpy(&v, (const char *)object + f->offset, f->size);
	return v;
}

static void set(void *object, const struct field *f, uint64_t v)
{
	memcpy((char *)object + f->offset, &v, f->size);
}

/* One field of `object`, a part of *elf, to all values. */
static void damage_field(const struct base *b, struct made_elf *elf, void *object, const struct field *f,
			 const char *where)
{
	uint64_t old = get(object, f);
	char what[200];

	for (size_t i = 0; i < ARRAY_SIZE(values) + ARRAY_SIZE(offsets); i++) {
		uint64_t v = i < ARRAY_SIZE(values) ? values[i] : old + (uint64_t)offsets[i - ARRAY_SIZE(values)];

		set(object, f, v);
		if (get(object, f) == old || (f->size < 8 && get(object, f) != v))
			continue;
		(void)snprintf(what, sizeof(what), "%s%s = %#lx (was %#lx)", where, f->name, get(object, f), old);
		check(b, elf, what);
	}
	set(object, f, old);
}

static void damage_all_fields(const struct base *b)
{
	struct made_elf elf = b->damage_interpreter ? b->interpreter : b->program;

	for (unsigned i = 0; i < EI_NIDENT; i++) {
		const struct field f = {"e_ident", i, 1};
		char where[32];

		(void)snprintf(where, sizeof(where), "[%u] ", i);
		damage_field(b, &elf, &elf.header, &f, where);
	}
	for (size_t i = 0; i < ARRAY_SIZE(header_fields); i++)
		damage_field(b, &elf, &elf.header, &header_fields[i], "");
	for (unsigned n = 0; n < elf.header.e_phnum; n++) {
		char where[32];

		(void)snprintf(where, sizeof(where), "ph[%u] ", n);
		for (size_t i = 0; i < ARRAY_SIZE(phdr_fields); i++)
			damage_field(b, &elf, &elf.ph[n], &phdr_fields[i], where);
	}
}

static void cut(const struct base *b)
{
	static const size_t sizes[] = {0,     1,     2,      4,      16,     63,     64,     65,     119,   120,
				       200,   255,   256,    257,    287,    288,    343,    344,    345,   400,
				       0xeff, 0xf01, 0x1000, 0x1001, 0x1003, 0x2000, 0x2001, 0x2800, 0x2fff};
	struct made_elf elf = b->damage_interpreter ? b->interpreter : b->program;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		char what[64];

		elf.size = sizes[i];
		(void)snprintf(what, sizeof(what), "cut at %zu", sizes[i]);
		check(b, &elf, what);
	}
}

static uint64_t random_below(uint64_t n)
{
	static uint64_t state = 88172645463325252ull;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return state % n;
}

static void damage_at_random(const struct base *b)
{
	struct made_elf elf = b->damage_interpreter ? b->interpreter : b->program;
	char what[600];
	size_t used = 0;

	for (uint64_t n = 2 + random_below(4); n > 0; n--) {
		bool in_header = random_below(5) == 0;
		unsigned number = (unsigned)random_below(elf.header.e_phnum % MADE_PHDRS + 1);
		void *object = in_header ? (void *)&elf.header : (void *)&elf.ph[number];
		const struct field *f = in_header ? &header_fields[random_below(ARRAY_SIZE(header_fields))]
						  : &phdr_fields[random_below(ARRAY_SIZE(phdr_fields))];
		uint64_t v = random_below(2) ? values[random_below(ARRAY_SIZE(values))]
					     : get(object, f) + (uint64_t)offsets[random_below(ARRAY_SIZE(offsets))];

		set(object, f, v);
		used += (size_t)snprintf(what + used, sizeof(what) - used, "%s[%u].%s = %#lx ", in_header ? "h" : "ph",
					 number, f->name, get(object, f));
	}
	check(b, &elf, what);
}

int main(int argc, char **argv)
{
	static struct base bases[] = {
		{"fixed"},
		{"static-pie"},
		{"pie"},
		{"fixed with interpreter"},
		{"interpreter", .damage_interpreter = true},
	};
	unsigned rounds = argc > 2 ? (unsigned)strtoul(argv[2], NULL, 0) : 0;
	char directory[] = "/tmp/lx-damage-XXXXXX";

	if (argc < 2 || mkdtemp(directory) == NULL)
		return 2;
	launcher = argv[1];
	if (argc > 3 && (stride = (unsigned)strtoul(argv[3], NULL, 0)) == 0)
		return 2;
	/* Guests have no capabilities on the host: the lowest pages are not for them. */
	(void)prctl(PR_CAPBSET_DROP, CAP_SYS_RAWIO);
	(void)snprintf(program_path, sizeof(program_path), "%s/program", directory);
	(void)snprintf(interpreter_path, sizeof(interpreter_path), "%s/interpreter", directory);
	for (size_t i = 0; i < ARRAY_SIZE(bases); i++) {
		make_elf(&bases[i].program, i == 0 || i == 3 ? ET_EXEC : ET_DYN, i >= 2 ? interpreter_path : NULL);
		make_elf(&bases[i].interpreter, ET_DYN, NULL);
		check(&bases[i], bases[i].damage_interpreter ? &bases[i].interpreter : &bases[i].program, "undamaged");
		damage_all_fields(&bases[i]);
		cut(&bases[i]);
		for (unsigned r = 0; r < rounds; r++)
			damage_at_random(&bases[i]);
	}
	unlink(program_path);
	unlink(interpreter_path);
	rmdir(directory);
	printf("%u files compared, %u differ, %u in documented ways\n", compared, different, excused);
	return different > 0;
}
