/*
 * The changed copy of a segment. Of a site only the five bytes of its mov become a jump; the syscall instruction stays, for whoever
 * jumps or returns to it. The trampolines are in what the text's last page has behind the text: mapped with it, unmapped with it,
 * and the same bytes in every process, since they refer to each other by distances and to the resident by its one address.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/layout.h"
#include "base/text.h"
#include "rewriter/rewriter.h"

/*
 * mov $nr,%eax; what stood between mov and syscall; lea behind(%rip),%rcx; movabs $gate,%r11; jmp *%r11; how many bytes stood between.
 * translator/patched.c takes it apart: each instruction in front of the lea has its like in the text, at the same distance
 * from the syscall instruction.
 */
struct __attribute__((packed)) ending {
	uint8_t lea[3];
	int32_t behind;
	uint8_t movabs[2];
	uint64_t gate;
	uint8_t jmp[3];
	uint8_t gap;
};
_Static_assert(sizeof(struct ending) == 21, "translator/patched.c");

static size_t gap_of(const struct rw_site *site)
{
	return site->address - (site->mov + RW_MOV_SIZE);
}

static size_t trampoline_size(const struct rw_site *site)
{
	return RW_MOV_SIZE + gap_of(site) + sizeof(struct ending);
}

/* from: the site's mov and what follows it. */
static void put_trampoline(uint8_t *to, uint64_t at, const uint8_t *from, const struct rw_site *site)
{
	size_t moved = RW_MOV_SIZE + gap_of(site);
	const struct ending e = {
		.lea = {0x48, 0x8d, 0x0d},
		.behind = (int32_t)(site->address + 2 - (at + moved + offsetof(struct ending, movabs))),
		.movabs = {0x49, 0xbb},
		.gate = RESIDENT_GATE,
		.jmp = {0x41, 0xff, 0xe3},
		.gap = (uint8_t)gap_of(site),
	};

	memcpy(to, from, moved);
	memcpy(to + moved, &e, sizeof(e));
}

static void put_jump(uint8_t *to, uint64_t from, uint64_t target)
{
	int32_t distance = (int32_t)(target - (from + RW_MOV_SIZE));

	to[0] = 0xe9;
	memcpy(to + 1, &distance, sizeof(distance));
}

long rw_prepare(const struct rw_object *o, const struct rw_segment *s, struct rw_site *sites, size_t count,
		uint8_t **ret, size_t *ret_size)
{
	uint64_t before = s->offset & (TEXT_PAGE - 1), start = s->offset - before;
	uint64_t base = s->address - before, used = before + s->size;
	size_t size = (used + TEXT_PAGE - 1) & ~(TEXT_PAGE - 1);
	size_t from_file = o->size - start < size ? o->size - start : size;
	uint8_t *p;
	long n = 0;

	/* Distances of 32 bits. */
	if (size > INT32_MAX)
		return -EFBIG;
	p = calloc(1, size);
	if (p == NULL)
		return -ENOMEM;
	memcpy(p, o->bytes + start, from_file);
	for (size_t i = 0; i < count; i++) {
		uint64_t mov = sites[i].mov - base;

		if (sites[i].verdict != RW_PATCHED)
			continue;
		if (used + trampoline_size(&sites[i]) > size) {
			sites[i].verdict = RW_NO_ROOM;
			continue;
		}
		put_trampoline(p + used, base + used, p + mov, &sites[i]);
		put_jump(p + mov, base + mov, base + used);
		used += trampoline_size(&sites[i]);
		n++;
	}
	*ret = p;
	*ret_size = size;
	return n;
}
