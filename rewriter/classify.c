/*
 * The sites of a segment. 0f 05 is found everywhere; more than half of the finds are no instructions, and a change of one of those
 * changes a constant or a table silently. So a site counts only if the five bytes in front of it are `mov $nr,%eax`, a number of
 * patched.def, and the decoder, begun where a function does, comes by both instructions.
 */
#include <capstone/capstone.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "rewriter/rewriter.h"
#include "syscall-tables/names.h"
#include "syscall-tables/patched.h"

const char *const rw_verdict_texts[RW_VERDICTS] = {
	[RW_PATCHED] = "changed",
	[RW_NOT_CHANGED] = "a call that is not changed",
	[RW_NO_NUMBER] = "no constant number in front of it",
	[RW_NO_START] = "no function begins near in front of it",
	[RW_NOT_CODE] = "no instruction",
	[RW_IS_TARGET] = "something may jump into it",
	[RW_NO_ROOM] = "no room for its trampoline",
};

#define MOV_SIZE  5
#define SITE_SIZE 7
/* How far from its function's beginning a site may be. */
#define REACH     0x4000u
/* How far a short jump reaches. */
#define SHORT     128

struct finder {
	const struct rw_object *o;
	const struct rw_segment *s;
	const uint8_t *text;
	csh capstone;
	struct rw_site *sites;
	size_t count, room;
};

static int add(struct finder *f, uint64_t at, uint32_t nr, enum rw_verdict verdict)
{
	if (f->count == f->room) {
		size_t more = f->room > 0 ? 2 * f->room : 256;
		struct rw_site *p = reallocarray(f->sites, more, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		f->sites = p;
		f->room = more;
	}
	f->sites[f->count++] = (struct rw_site){.address = f->s->address + at, .nr = nr, .verdict = verdict};
	return 0;
}

/* The last function that begins at the address or in front of it; false if there is none in reach. */
static bool find_start(const struct rw_object *o, uint64_t address, uint64_t *ret)
{
	size_t low = 0, high = o->start_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (o->starts[middle] <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || address - o->starts[low - 1] > REACH)
		return false;
	*ret = o->starts[low - 1];
	return true;
}

/* A jump or call to a place in the mov, other than its beginning? */
static bool jumps_into(csh capstone, const cs_insn *i, uint64_t mov)
{
	const cs_x86 *x = &i->detail->x86;

	if (!cs_insn_group(capstone, i, CS_GRP_JUMP) && !cs_insn_group(capstone, i, CS_GRP_CALL))
		return false;
	for (uint8_t n = 0; n < x->op_count; n++)
		if (x->operands[n].type == X86_OP_IMM && (uint64_t)x->operands[n].imm > mov &&
		    (uint64_t)x->operands[n].imm < mov + MOV_SIZE)
			return true;
	return false;
}

/* Decodes from `start` to behind the site: is it met as two instructions, and does nothing here jump into the first? */
static enum rw_verdict decode(const struct finder *f, uint64_t start, uint64_t mov)
{
	const uint8_t *code = f->text + (start - f->s->address);
	uint64_t address = start, end = mov + SITE_SIZE + SHORT;
	enum rw_verdict verdict = RW_NOT_CODE;
	size_t left;
	cs_insn *i = cs_malloc(f->capstone);

	if (i == NULL)
		return RW_NOT_CODE;
	if (end > f->s->address + f->s->size)
		end = f->s->address + f->s->size;
	left = end - start;
	while (cs_disasm_iter(f->capstone, &code, &left, &address, i)) {
		if (i->address == mov)
			verdict = i->id == X86_INS_MOV && i->size == MOV_SIZE ? RW_NO_START : RW_NOT_CODE;
		else if (i->address == mov + MOV_SIZE && verdict == RW_NO_START)
			verdict = i->id == X86_INS_SYSCALL ? RW_PATCHED : RW_NOT_CODE;
		if (jumps_into(f->capstone, i, mov)) {
			verdict = RW_IS_TARGET;
			break;
		}
		if (i->address > mov && verdict == RW_NOT_CODE)
			break;
	}
	cs_free(i, 1);
	return verdict == RW_NO_START ? RW_NOT_CODE : verdict;
}

static bool is_wanted(const struct rw_object *o, uint32_t nr)
{
	return sys_is_patched(nr) || (o->is_linker && nr == SYSCALL_mmap);
}

/* at: of 0f 05 in the text. */
static int look_at(struct finder *f, uint64_t at)
{
	const uint8_t *p = f->text + at;
	uint64_t start, mov = f->s->address + at - MOV_SIZE;
	uint32_t nr;

	if (at < MOV_SIZE || p[-MOV_SIZE] != 0xb8)
		return add(f, at, 0, RW_NO_NUMBER);
	memcpy(&nr, p - MOV_SIZE + 1, sizeof(nr));
	if (!is_wanted(f->o, nr))
		return add(f, at, nr, nr < SYSCALL_NUMBERS ? RW_NOT_CHANGED : RW_NO_NUMBER);
	if (!find_start(f->o, mov, &start) || start < f->s->address)
		return add(f, at, nr, RW_NO_START);
	return add(f, at, nr, decode(f, start, mov));
}

/* --- who may jump ---------------------------------------------------------------------------------------------------- */

/* The site into whose mov, behind its first byte, the address points; NULL for none. */
static struct rw_site *find_inside(const struct finder *f, uint64_t address)
{
	size_t low = 0, high = f->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (f->sites[middle].address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	/* Sites are at their syscall instruction: the next one is what the address may be in front of. */
	if (low == f->count || f->sites[low].verdict != RW_PATCHED || f->sites[low].address - address >= MOV_SIZE)
		return NULL;
	return &f->sites[low];
}

/* Whatever could be a jump with 32 bits at any byte, or an address in any table, instruction or not. */
static void reject_targets(const struct finder *f)
{
	const uint8_t *p = f->text, *bytes = f->o->bytes;
	struct rw_site *site;

	for (uint64_t i = 0; i + 6 <= f->s->size; i++) {
		unsigned skip = p[i] == 0xe8 || p[i] == 0xe9 ? 1 : p[i] == 0x0f && (p[i + 1] & 0xf0) == 0x80 ? 2 : 0;
		int32_t distance;

		if (skip == 0)
			continue;
		memcpy(&distance, p + i + skip, sizeof(distance));
		site = find_inside(f, f->s->address + i + skip + 4 + (uint64_t)(int64_t)distance);
		if (site != NULL)
			site->verdict = RW_IS_TARGET;
	}
	for (size_t i = 0; i + 8 <= f->o->size; i += 8) {
		uint64_t address;

		memcpy(&address, bytes + i, sizeof(address));
		if (address - f->s->address >= f->s->size)
			continue;
		site = find_inside(f, address);
		if (site != NULL)
			site->verdict = RW_IS_TARGET;
	}
}

static bool has_patched(const struct finder *f)
{
	for (size_t i = 0; i < f->count; i++)
		if (f->sites[i].verdict == RW_PATCHED)
			return true;
	return false;
}

long rw_classify(const struct rw_object *o, const struct rw_segment *s, struct rw_site **ret)
{
	struct finder f = {.o = o, .s = s, .text = o->bytes + s->offset};
	static const uint8_t instruction[] = {0x0f, 0x05};
	const uint8_t *end = f.text + s->size, *at = f.text;
	int r = 0;

	if (cs_open(CS_ARCH_X86, CS_MODE_64, &f.capstone) != CS_ERR_OK)
		return -ENOMEM;
	(void)cs_option(f.capstone, CS_OPT_DETAIL, CS_OPT_ON);
	while (r == 0 && (at = memmem(at, (size_t)(end - at), instruction, sizeof(instruction))) != NULL) {
		r = look_at(&f, (uint64_t)(at - f.text));
		at++;
	}
	(void)cs_close(&f.capstone);
	if (r < 0) {
		free(f.sites);
		return r;
	}
	if (has_patched(&f))
		reject_targets(&f);
	*ret = f.sites;
	return (long)f.count;
}
