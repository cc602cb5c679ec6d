/*
 * The sites of a segment. 0f 05 is found everywhere; more than half of the finds are no instructions, and a change of one of those
 * changes a constant or a table silently. So a site counts only if a `mov $nr,%eax` with a number of patched.def stands near in
 * front of it, the decoder, begun where a function does, comes by both instructions, and what stands between them does the same
 * wherever it is executed.
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
	[RW_NOT_STRAIGHT] = "what stands behind the number cannot be moved",
	[RW_IS_TARGET] = "something may jump into it",
	[RW_NO_ROOM] = "no room for its trampoline",
};

#define SYSCALL_SIZE 2
/* How far from its function's beginning a site may be. */
#define REACH 0x4000u
/* How far a short jump reaches. */
#define SHORT 128

struct finder {
	const struct rw_object *o;
	const struct rw_segment *s;
	const uint8_t *text;
	csh capstone;
	struct rw_site *sites;
	size_t count, room;
};

static int add(struct finder *f, const struct rw_site *site)
{
	if (f->count == f->room) {
		size_t more = f->room > 0 ? 2 * f->room : 256;
		struct rw_site *p = reallocarray(f->sites, more, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		f->sites = p;
		f->room = more;
	}
	f->sites[f->count++] = *site;
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

static bool is_wanted(const struct rw_object *o, uint32_t nr)
{
	return sys_is_patched(nr) || (o->is_linker && nr == SYSCALL_mmap);
}

/* mov $nr,%eax as compilers write it. */
static bool is_number(const uint8_t *p, uint32_t *ret)
{
	memcpy(ret, p + 1, sizeof(*ret));
	return p[0] == 0xb8 && *ret < SYSCALL_NUMBERS;
}

/* Something in reach of the site at `at` that could be the mov of a number that is wanted; *ret_nr: what stands directly there. */
static bool may_be_wanted(const struct finder *f, uint64_t at, uint32_t *ret_nr)
{
	uint64_t first = at > RW_GAP_MAX + RW_MOV_SIZE ? at - RW_GAP_MAX - RW_MOV_SIZE : 0;
	bool found = false;

	*ret_nr = UINT32_MAX;
	for (uint64_t i = first; i + RW_MOV_SIZE <= at; i++) {
		uint32_t nr;

		if (!is_number(f->text + i, &nr))
			continue;
		found |= is_wanted(f->o, nr);
		if (i + RW_MOV_SIZE == at)
			*ret_nr = nr;
	}
	return found;
}

/* --- decoding -------------------------------------------------------------------------------------------------------- */

static bool in_group(const struct finder *f, const cs_insn *i, unsigned group)
{
	return cs_insn_group(f->capstone, i, group);
}

static bool is_rax(uint16_t reg)
{
	return reg == X86_REG_RAX || reg == X86_REG_EAX || reg == X86_REG_AX || reg == X86_REG_AL || reg == X86_REG_AH;
}

/* Does the same at another place, and leaves the number alone. */
static bool can_be_moved(const struct finder *f, const cs_insn *i)
{
	const cs_x86 *x = &i->detail->x86;
	cs_regs read, written;
	uint8_t reads, writes;

	if (in_group(f, i, CS_GRP_JUMP) || in_group(f, i, CS_GRP_CALL) || in_group(f, i, CS_GRP_RET) ||
	    in_group(f, i, CS_GRP_INT) || in_group(f, i, CS_GRP_IRET) || in_group(f, i, CS_GRP_PRIVILEGE) ||
	    in_group(f, i, CS_GRP_BRANCH_RELATIVE))
		return false;
	if (cs_regs_access(f->capstone, i, read, &reads, written, &writes) != CS_ERR_OK)
		return false;
	for (uint8_t n = 0; n < writes; n++)
		if (is_rax(written[n]) || written[n] == X86_REG_RSP || written[n] == X86_REG_ESP)
			return false;
	for (uint8_t n = 0; n < reads; n++)
		if (read[n] == X86_REG_RIP || read[n] == X86_REG_EIP)
			return false;
	for (uint8_t n = 0; n < x->op_count; n++)
		if (x->operands[n].type == X86_OP_MEM &&
		    (x->operands[n].mem.base == X86_REG_RIP || x->operands[n].mem.base == X86_REG_EIP))
			return false;
	/* What is known to be plain: moves and arithmetic on general registers. */
	switch (i->id) {
	case X86_INS_MOV:
	case X86_INS_MOVABS:
	case X86_INS_MOVZX:
	case X86_INS_MOVSX:
	case X86_INS_MOVSXD:
	case X86_INS_LEA:
	case X86_INS_XOR:
	case X86_INS_OR:
	case X86_INS_AND:
	case X86_INS_ADD:
	case X86_INS_SUB:
	case X86_INS_NOP:
		return true;
	default:
		return false;
	}
}

/* A jump or call to a place in the mov, other than its beginning? */
static bool jumps_into(const struct finder *f, const cs_insn *i, uint64_t mov)
{
	const cs_x86 *x = &i->detail->x86;

	if (!in_group(f, i, CS_GRP_JUMP) && !in_group(f, i, CS_GRP_CALL))
		return false;
	for (uint8_t n = 0; n < x->op_count; n++)
		if (x->operands[n].type == X86_OP_IMM && (uint64_t)x->operands[n].imm > mov &&
		    (uint64_t)x->operands[n].imm < mov + RW_MOV_SIZE)
			return true;
	return false;
}

/* Decodes one instruction after the other from `start`. */
struct walk {
	const uint8_t *code;
	size_t left;
	uint64_t address;
	cs_insn *i;
};

static bool begin(const struct finder *f, uint64_t start, uint64_t end, struct walk *ret)
{
	if (end > f->s->address + f->s->size)
		end = f->s->address + f->s->size;
	*ret = (struct walk){f->text + (start - f->s->address), end - start, start, cs_malloc(f->capstone)};
	return ret->i != NULL;
}

static bool next(const struct finder *f, struct walk *w)
{
	return cs_disasm_iter(f->capstone, &w->code, &w->left, &w->address, w->i);
}

/* The mov that sets the number that the site is reached with, in a straight line. */
static enum rw_verdict find_mov(const struct finder *f, uint64_t start, struct rw_site *site)
{
	enum rw_verdict verdict = RW_NOT_CODE;
	bool seen = false, straight = false;
	struct walk w;

	if (!begin(f, start, site->address + SYSCALL_SIZE, &w))
		return RW_NOT_CODE;
	while (verdict == RW_NOT_CODE && next(f, &w)) {
		uint32_t nr;

		if (w.i->address == site->address) {
			if (w.i->id != X86_INS_SYSCALL)
				break;
			verdict = !seen ? RW_NO_NUMBER : straight ? RW_PATCHED : RW_NOT_STRAIGHT;
		} else if (w.i->id == X86_INS_MOV && w.i->size == RW_MOV_SIZE && is_number(w.i->bytes, &nr)) {
			seen = straight = true;
			site->mov = w.i->address;
			site->nr = nr;
		} else if (seen && !can_be_moved(f, w.i)) {
			straight = false;
		}
	}
	cs_free(w.i, 1);
	if (seen && site->address - (site->mov + RW_MOV_SIZE) > RW_GAP_MAX)
		return RW_NO_NUMBER;
	if (verdict == RW_PATCHED && !is_wanted(f->o, site->nr))
		return RW_NOT_CHANGED;
	return verdict;
}

/* Jumps of the function itself, also the short ones. */
static enum rw_verdict find_jumps(const struct finder *f, uint64_t start, const struct rw_site *site)
{
	enum rw_verdict verdict = RW_PATCHED;
	struct walk w;

	if (!begin(f, start, site->address + SYSCALL_SIZE + SHORT, &w))
		return RW_NOT_CODE;
	while (verdict == RW_PATCHED && next(f, &w))
		if (jumps_into(f, w.i, site->mov))
			verdict = RW_IS_TARGET;
	cs_free(w.i, 1);
	return verdict;
}

/* at: of 0f 05 in the text. */
static int look_at(struct finder *f, uint64_t at)
{
	struct rw_site site = {.address = f->s->address + at};
	uint64_t start;
	uint32_t nr;

	if (!may_be_wanted(f, at, &nr)) {
		site.nr = nr;
		site.verdict = nr < SYSCALL_NUMBERS ? RW_NOT_CHANGED : RW_NO_NUMBER;
	} else if (!find_start(f->o, site.address, &start) || start < f->s->address) {
		site.verdict = RW_NO_START;
	} else {
		site.verdict = find_mov(f, start, &site);
		if (site.verdict == RW_PATCHED)
			site.verdict = find_jumps(f, start, &site);
	}
	return add(f, &site);
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
	/* Sites stand at their syscall instructions: the next ones are those that the address may be in front of. */
	for (; low < f->count && f->sites[low].address - address <= RW_GAP_MAX + RW_MOV_SIZE; low++)
		if (f->sites[low].verdict == RW_PATCHED && address > f->sites[low].mov &&
		    address < f->sites[low].mov + RW_MOV_SIZE)
			return &f->sites[low];
	return NULL;
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
