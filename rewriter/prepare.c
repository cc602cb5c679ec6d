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

#define MOV_SIZE  5
#define SITE_SIZE 7

/* mov $nr,%eax; lea behind(%rip),%rcx; movabs $gate,%r11; jmp *%r11. translator/patched.c takes it apart. */
struct __attribute__((packed)) trampoline {
	uint8_t mov;
	uint32_t nr;
	uint8_t lea[3];
	int32_t behind;
	uint8_t movabs[2];
	uint64_t gate;
	uint8_t jmp[3];
};
_Static_assert(sizeof(struct trampoline) == 25, "translator/patched.c");

static void put_trampoline(uint8_t *to, uint64_t at, const struct rw_site *site)
{
	const struct trampoline t = {
		.mov = 0xb8,
		.nr = site->nr,
		.lea = {0x48, 0x8d, 0x0d},
		.behind = (int32_t)(site->address + SITE_SIZE - MOV_SIZE - (at + offsetof(struct trampoline, movabs))),
		.movabs = {0x49, 0xbb},
		.gate = RESIDENT_GATE,
		.jmp = {0x41, 0xff, 0xe3},
	};

	memcpy(to, &t, sizeof(t));
}

static void put_jump(uint8_t *to, uint64_t from, uint64_t target)
{
	int32_t distance = (int32_t)(target - (from + MOV_SIZE));

	to[0] = 0xe9;
	memcpy(to + 1, &distance, sizeof(distance));
}

long rw_prepare(const struct rw_object *o, const struct rw_segment *s, struct rw_site *sites, size_t count, uint8_t **ret,
		size_t *ret_size)
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
		uint64_t mov = sites[i].address - MOV_SIZE - base;

		if (sites[i].verdict != RW_PATCHED)
			continue;
		if (used + sizeof(struct trampoline) > size) {
			sites[i].verdict = RW_NO_ROOM;
			continue;
		}
		put_trampoline(p + used, base + used, &sites[i]);
		put_jump(p + mov, base + mov, base + used);
		used += sizeof(struct trampoline);
		n++;
	}
	*ret = p;
	*ret_size = size;
	return n;
}
