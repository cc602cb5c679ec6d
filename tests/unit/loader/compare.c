#include "compare.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/layout.h"

/* The mappings that belong to files, as text, and where each of the (at most two) files begins. */
struct view {
	char text[SNAPSHOT_TEXT];
	char file[2][512];
	uint64_t base[2];
	unsigned files;
};

static unsigned differences;

static void differ(const char *path, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void differ(const char *path, const char *format, ...)
{
	va_list ap;

	differences++;
	(void)fprintf(stderr, "%s: ", path);
	va_start(ap, format);
	(void)vfprintf(stderr, format, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

/* A file's number; a new one begins at `start`. */
static unsigned file_number(struct view *v, const char *name, uint64_t start)
{
	for (unsigned i = 0; i < v->files; i++)
		if (strcmp(v->file[i], name) == 0)
			return i;
	if (v->files == 2)
		return 1;
	(void)snprintf(v->file[v->files], sizeof(v->file[0]), "%s", name);
	v->base[v->files] = start;
	return v->files++;
}

/* One line of maps. */
struct line {
	uint64_t start, end, offset;
	char mode[8];
	char name[512];
};

static bool read_line(const char *text, struct line *ret)
{
	char copy[700];

	ret->name[0] = '\0';
	(void)snprintf(copy, sizeof(copy), "%.*s", (int)strcspn(text, "\n"), text);
	return sscanf(copy, "%" SCNx64 "-%" SCNx64 " %7s %" SCNx64 " %*s %*s %511[^\n]", &ret->start, &ret->end,
		      ret->mode, &ret->offset, ret->name) >= 4;
}

/* The kernel's own mappings, and the launcher. */
static bool is_other(const struct line *l, bool launched)
{
	return (l->name[0] == '[' && strcmp(l->name, "[heap]") != 0) ||
	       (launched && l->start >= RESIDENT_BASE && l->start < RESIDENT_AREA_END);
}

/* The kernel joins anonymous neighbours or does not, for reasons of its own. */
static bool joins(const struct line *a, const struct line *b)
{
	return a->end == b->start && a->name[0] == '\0' && b->name[0] == '\0' && strcmp(a->mode, b->mode) == 0;
}

/* absolute: addresses of the first file are not made relative. Anonymous lines belong to the file in front of them. */
static void make_view(const char *maps, bool absolute, bool launched, struct view *v)
{
	struct line l, next;
	size_t used = 0;
	unsigned file = 0;

	memset(v, 0, sizeof(*v));
	while (*maps != '\0' && used < sizeof(v->text)) {
		bool good = read_line(maps, &l);
		uint64_t base;

		maps = strchr(maps, '\n') + 1;
		if (!good || is_other(&l, launched))
			continue;
		while (*maps != '\0' && read_line(maps, &next) && joins(&l, &next)) {
			l.end = next.end;
			maps = strchr(maps, '\n') + 1;
		}
		if (l.name[0] != '\0' && l.name[0] != '[')
			file = file_number(v, l.name, l.start);
		base = absolute && file == 0 ? 0 : v->base[file];
		used += (size_t)snprintf(v->text + used, sizeof(v->text) - used,
					 "\t%u %" PRIx64 "-%" PRIx64 " %s %" PRIx64 " %s\n", file, l.start - base,
					 l.end - base, l.mode, l.offset, l.name[0] == '[' ? l.name : "");
	}
}

static uint64_t auxv_value(const struct snapshot *s, uint64_t type, bool *found)
{
	for (size_t i = 0; i < s->auxv_count; i++) {
		if (s->auxv[i].a_type == type) {
			*found = true;
			return s->auxv[i].a_un.a_val;
		}
	}
	*found = false;
	return 0;
}

/* What an address in the vector is relative to: the first file if the program is not absolute, or the second. */
static uint64_t auxv_base(uint64_t type, const struct view *v, bool absolute)
{
	if (type == AT_BASE)
		return v->base[1];
	return !absolute && (type == AT_PHDR || type == AT_ENTRY) ? v->base[0] : 0;
}

static void compare_auxv(const char *path, const struct snapshot *n, const struct snapshot *l, const struct view *nv,
			 const struct view *lv, bool absolute)
{
	if (n->auxv_count != l->auxv_count)
		differ(path, "auxv: %zu entries, natively %zu", l->auxv_count, n->auxv_count);
	for (size_t i = 0; i < n->auxv_count; i++) {
		uint64_t type = n->auxv[i].a_type, a, b;
		bool found;

		/* Pointers to what the kernel made, the same in both. */
		if (type == AT_SYSINFO_EHDR || type == AT_RANDOM || type == AT_PLATFORM || type == AT_EXECFN)
			continue;
		a = n->auxv[i].a_un.a_val - auxv_base(type, nv, absolute);
		b = auxv_value(l, type, &found) - auxv_base(type, lv, absolute);
		if (!found || a != b)
			differ(path, "auxv %" PRIu64 ": %" PRIx64 ", natively %" PRIx64, type, b, a);
	}
	if (strcmp(n->execfn, l->execfn) != 0)
		differ(path, "AT_EXECFN: %s, natively %s", l->execfn, n->execfn);
}

static void compare_registers(const char *path, const struct snapshot *n, const struct snapshot *l,
			      const struct view *nv, const struct view *lv, bool absolute)
{
	/* The entry is in the second file if there is one; else the program's own. */
	unsigned file = nv->files > 1 ? 1 : 0;
	uint64_t native = n->regs.rip, launched = l->regs.rip;
	const uint64_t zero[] = {l->regs.rax, l->regs.rbx, l->regs.rcx, l->regs.rdx, l->regs.rsi,
				 l->regs.rdi, l->regs.rbp, l->regs.r8,  l->regs.r9,  l->regs.r10,
				 l->regs.r11, l->regs.r12, l->regs.r13, l->regs.r14, l->regs.r15};

	if (file == 1 || !absolute) {
		native -= nv->base[file];
		launched -= lv->base[file];
	}
	if (native != launched)
		differ(path, "rip: %" PRIx64 ", natively %" PRIx64, launched, native);
	for (size_t i = 0; i < sizeof(zero) / sizeof(zero[0]); i++)
		if (zero[i] != 0)
			differ(path, "register %zu is %" PRIx64 " at the entry", i, zero[i]);
	if (l->regs.rsp % 16 != 0)
		differ(path, "rsp is %llx", l->regs.rsp);
	/* Single stepping shows in none of these; 0x100 would be the trap flag. */
	if ((n->regs.eflags & 0xfffffeff) != (l->regs.eflags & 0xfffffeff))
		differ(path, "eflags: %llx, natively %llx", l->regs.eflags, n->regs.eflags);
	if (n->regs.fs_base != l->regs.fs_base || n->regs.gs_base != l->regs.gs_base)
		differ(path, "fs or gs base is not as natively");
}

static void compare_stat(const char *path, const struct snapshot *n, const struct snapshot *l, const struct view *nv,
			 const struct view *lv, bool absolute)
{
	static const char *const names[] = {"start_code", "end_code", "start_stack", "start_data", "end_data",
					    "start_brk",  "arg",      "arg",         "env",        "env"};

	for (unsigned i = START_CODE; i <= START_BRK; i++) {
		uint64_t a = n->stat[i], b = l->stat[i];

		/* A program without code: the kernel's numbers are in no order. */
		if (i <= END_CODE && n->stat[START_CODE] >= n->stat[END_CODE])
			continue;
		if (i == START_STACK) {
			a -= n->regs.rsp;
			b -= l->regs.rsp;
		} else if (!absolute) {
			a -= nv->base[0];
			b -= lv->base[0];
		}
		/* The kernel moves the brk of these to where it puts other programs; ours are there. */
		if (i == START_BRK && !absolute)
			continue;
		if (a != b)
			differ(path, "%s: %" PRIx64 ", natively %" PRIx64, names[i], b, a);
	}
	for (unsigned i = ARG_START; i < STAT_FIELDS; i += 2)
		if (n->stat[i + 1] - n->stat[i] != l->stat[i + 1] - l->stat[i])
			differ(path, "%s strings: %" PRIx64 " bytes, natively %" PRIx64, names[i],
			       l->stat[i + 1] - l->stat[i], n->stat[i + 1] - n->stat[i]);
	if (n->cmdline_size != l->cmdline_size || memcmp(n->cmdline, l->cmdline, n->cmdline_size) != 0)
		differ(path, "cmdline is not as natively");
	if (n->environ_size != l->environ_size || memcmp(n->environ, l->environ, n->environ_size) != 0)
		differ(path, "environ is not as natively");
}

/* Of fixed address, or with an interpreter: the same addresses, whoever loads it. */
static bool is_absolute(const char *file, const struct snapshot *native)
{
	Elf64_Ehdr header = {.e_type = ET_NONE};
	FILE *f = fopen(file, "rb");
	bool has_base;

	if (f != NULL) {
		(void)!fread(&header, sizeof(header), 1, f);
		(void)fclose(f);
	}
	return header.e_type == ET_EXEC || auxv_value(native, AT_BASE, &has_base) != 0;
}

unsigned compare(const char *path, const char *label, const struct snapshot *native, const struct snapshot *launched)
{
	static const char *const outcomes[] = {"started", "refused", "killed", "broken"};
	static struct view nv, lv;
	bool absolute;

	differences = 0;
	if (native->outcome != launched->outcome || native->outcome == BROKEN ||
	    (native->outcome == REFUSED && native->error != launched->error)) {
		differ(label, "%s (%d), natively %s (%d)", outcomes[launched->outcome], launched->error,
		       outcomes[native->outcome], native->error);
		return differences;
	}
	if (native->outcome != STARTED)
		return 0;

	absolute = is_absolute(path, native);
	make_view(native->maps, absolute, false, &nv);
	make_view(launched->maps, absolute, true, &lv);
	if (strcmp(nv.text, lv.text) != 0)
		differ(label, "mappings\n%s  natively\n%s", lv.text, nv.text);
	compare_auxv(label, native, launched, &nv, &lv, absolute);
	compare_registers(label, native, launched, &nv, &lv, absolute);
	compare_stat(label, native, launched, &nv, &lv, absolute);
	return differences;
}
