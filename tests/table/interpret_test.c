/*
 * The interpreter against the kernel: which programs it takes, and what they answer.
 *
 * A program that the kernel runs answers ERRNO with twelve bits of its result for one number that belongs to no call, and
 * ALLOW for all others.
 */
#include <criterion/criterion.h>
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/host.h"
#include "program.h"
#include "translator/filter/interpret.h"

#define TEST_NR  0x4d00
#define ARGUMENT offsetof(struct seccomp_data, args)

static const struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};

static long install(const struct sock_filter *code, size_t n, unsigned long flags)
{
	struct sock_filter copy[BPF_MAXINSNS];
	struct sock_fprog program = {.len = (unsigned short)n, .filter = copy};

	memcpy(copy, code, n * sizeof(*code));
	return host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* Any instruction that has a meaning somewhere, most of them allowed, with operands at the edges of what is. */
static struct sock_filter any_instruction(uint64_t *state, size_t left)
{
	static const uint16_t codes[] = {
		BPF_LD | BPF_W | BPF_ABS,
		BPF_LD | BPF_H | BPF_ABS,
		BPF_LD | BPF_W | BPF_IND,
		BPF_LD | BPF_W | BPF_LEN,
		BPF_LDX | BPF_W | BPF_LEN,
		BPF_LD | BPF_IMM,
		BPF_LDX | BPF_IMM,
		BPF_LD | BPF_MEM,
		BPF_LDX | BPF_MEM,
		BPF_LDX | BPF_B | BPF_MSH,
		BPF_ST,
		BPF_STX,
		BPF_ST | BPF_MEM,
		BPF_RET | BPF_K,
		BPF_RET | BPF_A,
		BPF_RET | BPF_X,
		BPF_MISC | BPF_TAX,
		BPF_MISC | BPF_TXA,
		BPF_MISC | BPF_TXA | 0x40,
		BPF_JMP | BPF_JA,
		BPF_JMP | BPF_JA | BPF_X,
		BPF_ALU | BPF_NEG,
		BPF_ALU | BPF_NEG | BPF_X,
		0x100,
	};
	static const uint32_t operands[] = {0,  1,  2,  4,  15, 16, 31,         32,        33,
					    60, 61, 62, 63, 64, 68, 0x7fffffff, UINT32_MAX};
	struct sock_filter i;

	if (next_random(state) % 3 == 0)
		i.code = codes[next_random(state) % ARRAY_SIZE(codes)];
	else if (next_random(state) % 2)
		i.code =
			(uint16_t)(BPF_ALU | (next_random(state) % 16) << 4 | (next_random(state) % 2 ? BPF_X : BPF_K));
	else
		i.code = (uint16_t)(BPF_JMP | (next_random(state) % 6) << 4 | (next_random(state) % 2 ? BPF_X : BPF_K));
	i.k = operands[next_random(state) % ARRAY_SIZE(operands)];
	/* Mostly in range, sometimes just behind it. */
	i.jt = (uint8_t)(next_random(state) % (left + 2));
	i.jf = (uint8_t)(next_random(state) % (left + 2));
	if (BPF_CLASS(i.code) == BPF_JMP && BPF_OP(i.code) == BPF_JA)
		i.k = (uint32_t)(next_random(state) % (left + 2));
	return i;
}

/*
 * With a listener in place, the kernel refuses a second one with EBUSY, but only after it has checked the program: so it
 * checks any number of programs without keeping one.
 */
Test(interpret, takes_the_programs_that_the_kernel_takes)
{
	const long rounds = 200000;
	uint64_t state = 7;
	long taken = 0;

	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	cr_assert_geq(install(allow, ARRAY_SIZE(allow), SECCOMP_FILTER_FLAG_NEW_LISTENER), 0);
	for (long round = 0; round < rounds; round++) {
		struct sock_filter code[8];
		size_t n = 1 + next_random(&state) % ARRAY_SIZE(code);
		bool kernel, ours;
		long r;

		for (size_t i = 0; i < n; i++)
			code[i] = any_instruction(&state, n - i - 1);
		if (next_random(&state) % 8)
			code[n - 1] = allow[0];
		r = install(code, n, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		cr_assert(r == -EBUSY || r == -EINVAL, "%ld", r);
		kernel = r == -EBUSY;
		ours = tr_filter_check(code, n) == 0;
		taken += kernel;
		if (kernel != ours)
			for (size_t i = 0; i < n; i++)
				cr_log_warn("%zu: {%#x, %u, %u, %#x}", i, code[i].code, code[i].jt, code[i].jf,
					    code[i].k);
		cr_assert_eq(kernel, ours, "the kernel %s this one", kernel ? "takes" : "refuses");
	}
	cr_assert(taken > rounds / 100 && taken < rounds * 9 / 10, "%ld programs of %ld were taken", taken, rounds);
}

Test(interpret, takes_no_empty_and_no_too_long_program)
{
	struct sock_filter *code = calloc(BPF_MAXINSNS + 1, sizeof(*code));

	for (size_t i = 0; i <= BPF_MAXINSNS; i++)
		code[i] = allow[0];
	cr_assert_eq(tr_filter_check(code, 0), -EINVAL);
	cr_assert_eq(tr_filter_check(code, BPF_MAXINSNS), 0);
	cr_assert_eq(tr_filter_check(code, BPF_MAXINSNS + 1), -EINVAL);
	free(code);
}

struct writer {
	struct sock_filter code[256];
	size_t n;
};

static void put(struct writer *w, struct sock_filter instruction)
{
	w->code[w->n++] = instruction;
}

#define PUT(w, ...) put(w, (struct sock_filter)__VA_ARGS__)

/* An instruction that computes something. The instruction pointer is not loaded: the test does not know it. */
static void put_any(struct writer *w, uint64_t *state, size_t left)
{
	static const uint16_t alu[] = {BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_AND,
				       BPF_OR,  BPF_XOR, BPF_LSH, BPF_RSH, BPF_NEG};
	static const uint16_t jumps[] = {BPF_JEQ, BPF_JGE, BPF_JGT, BPF_JSET};
	uint16_t source = next_random(state) % 2 ? BPF_X : BPF_K;
	uint32_t k = (uint32_t)(next_random(state) >> next_random(state) % 64);
	uint32_t word = (uint32_t)(next_random(state) % 14) * 4;
	uint32_t memory = (uint32_t)(next_random(state) % 15);

	switch (next_random(state) % 8) {
	case 0:
		PUT(w, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, word < 8 ? word : word + 8));
		break;
	case 1:
		PUT(w, BPF_STMT((next_random(state) % 2 ? BPF_LD : BPF_LDX) | BPF_MEM, memory));
		break;
	case 2:
		PUT(w, BPF_STMT(next_random(state) % 2 ? BPF_ST : BPF_STX, memory));
		break;
	case 3:
		PUT(w, BPF_STMT(BPF_MISC | (next_random(state) % 2 ? BPF_TAX : BPF_TXA), 0));
		break;
	case 4:
		PUT(w,
		    BPF_STMT((next_random(state) % 2 ? BPF_LD : BPF_LDX) | (next_random(state) % 3 ? BPF_IMM : BPF_LEN),
			     k));
		break;
	case 5:
		PUT(w, BPF_JUMP(BPF_JMP | jumps[next_random(state) % ARRAY_SIZE(jumps)] | source, k,
				(uint8_t)(next_random(state) % left), (uint8_t)(next_random(state) % left)));
		break;
	default: {
		uint16_t op = alu[next_random(state) % ARRAY_SIZE(alu)];

		if (op == BPF_NEG)
			source = BPF_K;
		if (source == BPF_K && (op == BPF_LSH || op == BPF_RSH))
			k %= 32;
		if (source == BPF_K && op == BPF_DIV && k == 0)
			k = 3;
		PUT(w, BPF_STMT(BPF_ALU | op | source, k));
		break;
	}
	}
}

/* The sixth argument says which twelve bits of the result the call is to answer. */
static void write_program(struct writer *w, uint64_t *state)
{
	PUT(w, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)));
	PUT(w, BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TEST_NR, 1, 0));
	PUT(w, allow[0]);
	for (uint32_t i = 0; i < BPF_MEMWORDS; i++)
		PUT(w, BPF_STMT(BPF_ST, i));
	PUT(w, BPF_STMT(BPF_LDX | BPF_IMM, 5));
	for (size_t left = 60; left > 0; left--)
		put_any(w, state, left);
	PUT(w, BPF_STMT(BPF_ST, 15));
	PUT(w, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ARGUMENT + 5 * 8));
	PUT(w, BPF_STMT(BPF_MISC | BPF_TAX, 0));
	PUT(w, BPF_STMT(BPF_LD | BPF_MEM, 15));
	PUT(w, BPF_STMT(BPF_ALU | BPF_RSH | BPF_X, 0));
	PUT(w, BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0x7ff));
	PUT(w, BPF_STMT(BPF_ALU | BPF_OR | BPF_K, SECCOMP_RET_ERRNO));
	PUT(w, BPF_STMT(BPF_RET | BPF_A, 0));
}

#define SHIFTS 3

struct outcome {
	int killed_by;
	long result[SHIFTS];
};

static struct outcome by_kernel(const struct writer *w, uint64_t arg[6], struct outcome *shared)
{
	pid_t pid;
	int status;

	memset(shared, 0, sizeof(*shared));
	pid = fork();
	if (pid == 0) {
		if (install(w->code, w->n, 0) < 0)
			_exit(1);
		for (uint64_t i = 0; i < SHIFTS; i++)
			shared->result[i] = host_call(TEST_NR, arg[0], arg[1], arg[2], arg[3], arg[4], i * 11);
		_exit(0);
	}
	cr_assert_eq(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		return (struct outcome){.killed_by = WTERMSIG(status)};
	cr_assert_eq(WEXITSTATUS(status), 0, "the kernel does not take the program");
	return *shared;
}

static struct outcome by_interpreter(const struct writer *w, uint64_t arg[6])
{
	struct outcome outcome = {0};

	for (uint64_t i = 0; i < SHIFTS; i++) {
		struct seccomp_data data;
		uint32_t action;

		arg[5] = i * 11;
		data = call(TEST_NR, OUTSIDE, arg);
		action = tr_filter_run(w->code, w->n, &data, NULL);
		if (action == SECCOMP_RET_KILL_THREAD)
			return (struct outcome){.killed_by = SIGSYS};
		cr_assert_eq(action & SECCOMP_RET_ACTION_FULL, SECCOMP_RET_ERRNO);
		outcome.result[i] = -(long)(action & SECCOMP_RET_DATA);
	}
	return outcome;
}

Test(interpret, computes_what_the_kernel_computes)
{
	const int rounds = 1500;
	struct outcome *shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	uint64_t state = 11;
	int killed = 0;

	cr_assert_neq(shared, MAP_FAILED);
	cr_assert_eq(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), 0);
	for (int round = 0; round < rounds; round++) {
		struct writer w = {.n = 0};
		struct outcome kernel, ours;
		uint64_t arg[6];

		write_program(&w, &state);
		cr_assert_eq(tr_filter_check(w.code, w.n), 0);
		for (int i = 0; i < 6; i++)
			arg[i] = next_random(&state);
		kernel = by_kernel(&w, arg, shared);
		ours = by_interpreter(&w, arg);
		cr_assert_eq(kernel.killed_by, ours.killed_by, "round %d: killed by %d, not %d", round, ours.killed_by,
			     kernel.killed_by);
		for (int i = 0; i < SHIFTS; i++)
			cr_assert_eq(kernel.result[i], ours.result[i], "round %d, bits from %d: %ld, not %ld", round,
				     i * 11, ours.result[i], kernel.result[i]);
		killed += kernel.killed_by != 0;
	}
	cr_assert(killed > 0 && killed < rounds / 2, "%d programs of %d divided by zero", killed, rounds);
	munmap(shared, sizeof(*shared));
}

Test(interpret, reports_what_was_loaded)
{
	const struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, TEST_NR, 0, 1),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 60),
		BPF_STMT(BPF_RET | BPF_A, 0),
	};
	uint64_t arg[6] = {0, 0, 0, 0, 0, 0x1234567800000000};
	struct seccomp_data data = call(TEST_NR, OUTSIDE, arg);
	uint32_t loaded;

	cr_assert_eq(tr_filter_check(code, ARRAY_SIZE(code)), 0);
	cr_assert_eq(tr_filter_run(code, ARRAY_SIZE(code), &data, &loaded), 0x12345678);
	cr_assert_eq(loaded, 1u | 1u << 15);
	data.nr++;
	cr_assert_eq(tr_filter_run(code, ARRAY_SIZE(code), &data, &loaded), TEST_NR + 1);
	cr_assert_eq(loaded, 1u);
}
