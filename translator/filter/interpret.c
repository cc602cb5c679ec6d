/* Classic BPF over struct seccomp_data. The instruction set is what Linux's seccomp_check_filter() lets through. */
#include "translator/filter/interpret.h"

#include <errno.h>
#include <stdbool.h>

#include "base/str.h"

_Static_assert(sizeof(struct seccomp_data) <= 32 * 4, "a bit for each word");

static bool load_is_valid(const struct sock_filter *i)
{
	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		return i->k < sizeof(struct seccomp_data) && i->k % 4 == 0;
	case BPF_LD | BPF_W | BPF_LEN:
	case BPF_LDX | BPF_W | BPF_LEN:
	case BPF_LD | BPF_IMM:
	case BPF_LDX | BPF_IMM:
		return true;
	case BPF_LD | BPF_MEM:
	case BPF_LDX | BPF_MEM:
		return i->k < BPF_MEMWORDS;
	default:
		return false;
	}
}

static bool alu_is_valid(const struct sock_filter *i)
{
	bool constant = BPF_SRC(i->code) == BPF_K;

	if ((i->code & ~(BPF_CLASS(i->code) | BPF_SRC(i->code) | BPF_OP(i->code))) != 0)
		return false;
	switch (BPF_OP(i->code)) {
	case BPF_ADD:
	case BPF_SUB:
	case BPF_MUL:
	case BPF_AND:
	case BPF_OR:
	case BPF_XOR:
		return true;
	case BPF_DIV:
		return !constant || i->k != 0;
	case BPF_LSH:
	case BPF_RSH:
		return !constant || i->k < 32;
	case BPF_NEG:
		return constant;
	default:
		return false;
	}
}

/* left: how many instructions come behind this one. */
static bool jump_is_valid(const struct sock_filter *i, size_t left)
{
	switch (i->code) {
	case BPF_JMP | BPF_JA:
		return i->k < left;
	case BPF_JMP | BPF_JEQ | BPF_K:
	case BPF_JMP | BPF_JEQ | BPF_X:
	case BPF_JMP | BPF_JGE | BPF_K:
	case BPF_JMP | BPF_JGE | BPF_X:
	case BPF_JMP | BPF_JGT | BPF_K:
	case BPF_JMP | BPF_JGT | BPF_X:
	case BPF_JMP | BPF_JSET | BPF_K:
	case BPF_JMP | BPF_JSET | BPF_X:
		return i->jt < left && i->jf < left;
	default:
		return false;
	}
}

static bool is_valid(const struct sock_filter *i, size_t left)
{
	switch (BPF_CLASS(i->code)) {
	case BPF_LD:
	case BPF_LDX:
		return load_is_valid(i);
	case BPF_ST:
	case BPF_STX:
		return i->code == BPF_CLASS(i->code) && i->k < BPF_MEMWORDS;
	case BPF_ALU:
		return alu_is_valid(i);
	case BPF_JMP:
		return jump_is_valid(i, left);
	case BPF_RET:
		return i->code == (BPF_RET | BPF_K) || i->code == (BPF_RET | BPF_A);
	default:
		return i->code == (BPF_MISC | BPF_TAX) || i->code == (BPF_MISC | BPF_TXA);
	}
}

/*
 * No word of scratch memory is read on a path that has not written it. Jumps lead forward only, so one pass will do. As in
 * the kernel, what stands behind a return counts as if it were reached from there.
 */
static bool memory_is_written_first(const struct sock_filter *program, size_t n)
{
	uint16_t written[BPF_MAXINSNS]; /* on every path that jumps here */
	uint16_t here = 0;              /* on every path that arrives here */

	memset(written, 0xff, n * sizeof(*written));
	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &program[pc];

		here &= written[pc];
		switch (BPF_CLASS(i->code)) {
		case BPF_ST:
		case BPF_STX:
			here |= (uint16_t)(1u << i->k);
			break;
		case BPF_LD:
		case BPF_LDX:
			if (BPF_MODE(i->code) == BPF_MEM && !(here & 1u << i->k))
				return false;
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA) {
				written[pc + 1 + i->k] &= here;
			} else {
				written[pc + 1 + i->jt] &= here;
				written[pc + 1 + i->jf] &= here;
			}
			here = 0xffff;
			break;
		default:
			break;
		}
	}
	return true;
}

int tr_filter_check(const struct sock_filter *program, size_t n)
{
	if (n == 0 || n > BPF_MAXINSNS)
		return -EINVAL;
	for (size_t pc = 0; pc < n; pc++)
		if (!is_valid(&program[pc], n - pc - 1))
			return -EINVAL;
	if (BPF_CLASS(program[n - 1].code) != BPF_RET)
		return -EINVAL;
	return memory_is_written_first(program, n) ? 0 : -EINVAL;
}

struct machine {
	uint32_t a, x;
	uint32_t memory[BPF_MEMWORDS];
	const struct seccomp_data *data;
	uint32_t loaded;
};

static uint32_t load(struct machine *m, const struct sock_filter *i)
{
	uint32_t word;

	switch (BPF_MODE(i->code)) {
	case BPF_ABS:
		memcpy(&word, (const char *)m->data + i->k, sizeof(word));
		m->loaded |= 1u << i->k / 4;
		return word;
	case BPF_LEN:
		return sizeof(struct seccomp_data);
	case BPF_MEM:
		return m->memory[i->k];
	default:
		return i->k;
	}
}

/* Shifts by 32 and more take the shift's low five bits, as the kernel's run; division by a zero in X ends the program. */
static uint32_t alu(const struct machine *m, const struct sock_filter *i)
{
	uint32_t by = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_ADD:
		return m->a + by;
	case BPF_SUB:
		return m->a - by;
	case BPF_MUL:
		return m->a * by;
	case BPF_DIV:
		return m->a / by;
	case BPF_AND:
		return m->a & by;
	case BPF_OR:
		return m->a | by;
	case BPF_XOR:
		return m->a ^ by;
	case BPF_LSH:
		return m->a << (by & 31);
	case BPF_RSH:
		return m->a >> (by & 31);
	default:
		return -m->a;
	}
}

static bool jump_is_taken(const struct machine *m, const struct sock_filter *i)
{
	uint32_t with = BPF_SRC(i->code) == BPF_X ? m->x : i->k;

	switch (BPF_OP(i->code)) {
	case BPF_JEQ:
		return m->a == with;
	case BPF_JGE:
		return m->a >= with;
	case BPF_JGT:
		return m->a > with;
	default:
		return (m->a & with) != 0;
	}
}

static bool divides_by_zero(const struct machine *m, const struct sock_filter *i)
{
	return i->code == (BPF_ALU | BPF_DIV | BPF_X) && m->x == 0;
}

static uint32_t run(struct machine *m, const struct sock_filter *program, size_t n)
{
	for (size_t pc = 0; pc < n; pc++) {
		const struct sock_filter *i = &program[pc];

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			m->a = load(m, i);
			break;
		case BPF_LDX:
			m->x = load(m, i);
			break;
		case BPF_ST:
			m->memory[i->k] = m->a;
			break;
		case BPF_STX:
			m->memory[i->k] = m->x;
			break;
		case BPF_ALU:
			if (divides_by_zero(m, i))
				return 0;
			m->a = alu(m, i);
			break;
		case BPF_JMP:
			if (BPF_OP(i->code) == BPF_JA)
				pc += i->k;
			else
				pc += jump_is_taken(m, i) ? i->jt : i->jf;
			break;
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? m->a : i->k;
		default:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				m->x = m->a;
			else
				m->a = m->x;
			break;
		}
	}
	lx_bug(); /* tr_filter_check() was not asked: a checked program returns */
}

uint32_t tr_filter_run(const struct sock_filter *program, size_t n, const struct seccomp_data *data,
		       uint32_t *ret_loaded)
{
	struct machine m = {.data = data};
	uint32_t action = run(&m, program, n);

	if (ret_loaded)
		*ret_loaded = m.loaded;
	return action;
}
