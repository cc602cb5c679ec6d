/*
 * Prints filter_program.h: the seccomp filter as constant arrays, made from the table. Runs at build time on the building
 * machine and asks nothing of its kernel.
 *
 * libseccomp makes the decision tree. It knows neither the instruction pointer nor ranges of numbers, so
 *  - it gets an action of its own (WANT_*) for each return that must look at the instruction pointer, and finish() turns
 *    each of these into a jump to a tail behind the program, which lets the resident through;
 *  - numbers that belong to no call are looked for in front of its program.
 * Neither stands on the path of an untranslated call's number, so that one never depends on more than number and
 * architecture: what the kernel needs to answer it from a bitmap, without running the program.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ioprio.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/attr.h"
#include "base/layout.h"

/* Stand for returns that finish() puts in. Tracing is the one action with data that a filter of ours has no use for. */
#define WANT_TRAP            SCMP_ACT_TRACE(1) /* the resident is let through, all others trap */
#define WANT_NOTIFY          SCMP_ACT_TRACE(2) /* the resident is let through, all others ask the supervisor */
#define WANT_NOTIFY_ANYWHERE SCMP_ACT_TRACE(3)

#define X32_BIT              0x40000000u

enum how { ALLOWED, TRANSLATED, TRANSLATED_IF, REFUSED };

struct comparison {
	unsigned reg;
	enum scmp_compare op;
	uint64_t mask; /* for SCMP_CMP_MASKED_EQ */
	uint64_t value;
};

struct rule {
	unsigned n;
	struct comparison compare[2];
};

struct row {
	uint32_t nr;
	const char *name;
	enum how how;
	struct rule rules[8];
};

#define EQ           SCMP_CMP_EQ, 0
#define NE           SCMP_CMP_NE, 0
#define LT           SCMP_CMP_LT, 0
#define LE           SCMP_CMP_LE, 0
#define GT           SCMP_CMP_GT, 0
#define GE           SCMP_CMP_GE, 0
#define MASKED(mask) SCMP_CMP_MASKED_EQ, (mask)

/* clang-format off */
#define RULE1(reg, op, value) {1, {{reg, op, value}}}
#define RULE2(reg, op, value, reg2, op2, value2) {2, {{reg, op, value}, {reg2, op2, value2}}}
#define RULES(...) {__VA_ARGS__}

static const struct row rows[] = {
#define NATIVE(nr, name, args) {nr, #name, ALLOWED, {{0}}},
#define XLATE(nr, name, args, gap) {nr, #name, TRANSLATED, {{0}}},
#define XLATE_IF(nr, name, args, rules, gap) {nr, #name, TRANSLATED_IF, rules},
#define REFUSE(nr, name, args, error, reason) {nr, #name, REFUSED, {{0}}},
#include "syscall-tables/each.h"
};

static const struct notified {
	const char *name;
	unsigned reg;
	uint64_t bits; /* the call traps if one of them is set in the register */
} notify[] = {
#define NOTIFY(name) {#name, 0, 0},
#define NOTIFY_UNLESS(name, reg, bits) {#name, reg, bits},
#include "syscall-tables/notify.def"
#undef NOTIFY
#undef NOTIFY_UNLESS
};
/* clang-format on */

static void check(bool ok, const char *what)
{
	if (ok)
		return;
	fprintf(stderr, "filter generator: %s failed: %s\n", what, strerror(errno));
	exit(1);
}

static void *allocate(size_t n, size_t size)
{
	void *p = calloc(n, size);

	check(p != NULL, "memory");
	return p;
}

struct program {
	size_t n;
	struct sock_filter code[BPF_MAXINSNS];
};

static void emit(struct program *p, struct sock_filter instruction)
{
	check(p->n < BPF_MAXINSNS, "a program that fits");
	p->code[p->n++] = instruction;
}

static const struct notified *find_notified(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(notify); i++)
		if (strcmp(notify[i].name, name) == 0)
			return &notify[i];
	return NULL;
}

/* The decision tree: exact numbers, and arguments of the calls that have rules. */
static void add_rule(scmp_filter_ctx filter, uint32_t action, const struct row *row, const struct rule *rule)
{
	struct scmp_arg_cmp compare[2];

	for (unsigned i = 0; i < rule->n; i++) {
		const struct comparison *from = &rule->compare[i];
		bool masked = from->op == SCMP_CMP_MASKED_EQ;

		compare[i] = (struct scmp_arg_cmp){
			.arg = from->reg,
			.op = from->op,
			.datum_a = masked ? from->mask : from->value,
			.datum_b = masked ? from->value : 0,
		};
	}
	errno = -seccomp_rule_add_array(filter, action, (int)row->nr, rule->n, compare);
	check(errno == 0, row->name);
}

/* One bit: set, the call traps; clear, it goes to the supervisor. */
static void add_split_row(scmp_filter_ctx filter, const struct row *row, const struct notified *n)
{
	struct rule rule = {.n = 1, .compare = {{.reg = n->reg, .op = SCMP_CMP_MASKED_EQ, .mask = n->bits}}};

	add_rule(filter, WANT_NOTIFY, row, &rule);
	rule.compare[0].value = n->bits;
	add_rule(filter, WANT_TRAP, row, &rule);
}

static void add_row(scmp_filter_ctx filter, const struct row *row, bool notified)
{
	const struct notified *to_supervisor = notified ? find_notified(row->name) : NULL;
	uint32_t action = to_supervisor != NULL ? WANT_NOTIFY : WANT_TRAP;
	const struct rule always = {0};

	if (to_supervisor != NULL && to_supervisor->bits != 0) {
		add_split_row(filter, row, to_supervisor);
		return;
	}

	switch (row->how) {
	case ALLOWED:
		break;
	case TRANSLATED:
	case REFUSED:
		add_rule(filter, action, row, &always);
		break;
	case TRANSLATED_IF:
		for (size_t i = 0; i < ARRAY_SIZE(row->rules) && row->rules[i].n > 0; i++)
			add_rule(filter, action, row, &row->rules[i]);
		break;
	}
}

static void export_to(scmp_filter_ctx filter, struct program *ret)
{
	int fd = memfd_create("filter", MFD_CLOEXEC);
	ssize_t n;

	check(fd >= 0, "a temporary file");
	errno = -seccomp_export_bpf(filter, fd);
	check(errno == 0, "seccomp_export_bpf");
	n = pread(fd, ret->code, sizeof(ret->code), 0);
	check(n > 0 && (size_t)n < sizeof(ret->code) && (size_t)n % sizeof(*ret->code) == 0, "the exported program");
	ret->n = (size_t)n / sizeof(*ret->code);
	close(fd);
}

static void make_tree(struct program *ret, bool notified)
{
	static const struct row instance_call = {.nr = INSTANCE_CALL_NR, .name = "the instance call"};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);

	check(filter != NULL, "seccomp_init");
	check(seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2) == 0, "a binary tree");
	/* i386 and x32: as a kernel that is built without them. */
	check(seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(ENOSYS)) == 0, "foreign architectures");
	check(seccomp_arch_exist(filter, SCMP_ARCH_X86_64) == 0, "a building machine of x86-64");
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		add_row(filter, &rows[i], notified);
	add_rule(filter, WANT_NOTIFY_ANYWHERE, &instance_call, &(struct rule){0});
	export_to(filter, ret);
	seccomp_release(filter);
}

static int compare_rows(const void *a, const void *b)
{
	const struct row *const *x = a;
	const struct row *const *y = b;

	return ((*x)->nr > (*y)->nr) - ((*x)->nr < (*y)->nr);
}

/* A jump whose target comes later: to(p, at) sets it to the next instruction. */
static size_t jump(struct program *p)
{
	emit(p, (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, 0));
	return p->n - 1;
}

static void to(struct program *p, size_t at)
{
	p->code[at].k = (uint32_t)(p->n - at - 1);
}

/* Calls that the resident makes most, which need not go down the tree. None of them has a rule. */
static const uint32_t frequent[] = {SYS_newfstatat, SYS_openat2, SYS_fstat, SYS_getdents64, SYS_statx, SYS_getppid};

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))

/* close(2) traps for one descriptor only, which needs no tree, either. */
static void emit_close(struct program *p)
{
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 4));
	emit(p, (struct sock_filter)LOAD(args[0]));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, RESERVED_FD, 1, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, WANT_TRAP));
}

/*
 * In front of the tree: numbers between and behind the rows trap, for a newer kernel may know them. Everything else, and
 * what is not x86-64 at all, goes on to the tree. The accumulator is of no use to the tree: it loads what it needs.
 */
static void emit_unknown_numbers(struct program *p, bool notified)
{
	const struct row **sorted = allocate(ARRAY_SIZE(rows), sizeof(const struct row *));
	uint32_t next = 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		sorted[i] = &rows[i];
	qsort(sorted, ARRAY_SIZE(rows), sizeof(const struct row *), compare_rows);

	emit(p, (struct sock_filter)LOAD(arch));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0));
	size_t foreign = jump(p);

	emit(p, (struct sock_filter)LOAD(nr));
	if (!notified)
		emit_close(p);
	for (size_t i = 0; !notified && i < ARRAY_SIZE(frequent); i++) {
		emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, frequent[i], 0, 1));
		emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, WANT_TRAP));
	}
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (sorted[i]->nr != next) {
			emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, next, 0, 2));
			emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, sorted[i]->nr, 1, 0));
			emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, WANT_TRAP));
		}
		next = sorted[i]->nr + 1;
	}
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, next, 0, 3));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, INSTANCE_CALL_NR, 2, 0));
	emit(p, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 1, 0));
	emit(p, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, WANT_TRAP));
	to(p, foreign);
	free(sorted);
}

/* Allows what comes from the resident. The pointer is 64 bits wide, a load 32; its lower half comes first in memory. */
static void emit_tail(struct program *p, uint32_t action)
{
	const uint32_t pointer = offsetof(struct seccomp_data, instruction_pointer);
	const struct sock_filter tail[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, pointer + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(RESIDENT_BASE >> 32), 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, pointer),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)RESIDENT_BASE, 0, 1),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, (uint32_t)RESIDENT_TEXT_END, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};

	_Static_assert(RESIDENT_BASE >> 32 == RESIDENT_TEXT_END >> 32, "one comparison for the upper half");
	for (size_t i = 0; i < ARRAY_SIZE(tail); i++)
		emit(p, tail[i]);
}

/* Sends every return of the action `want` to one tail that ends in `action`. */
static void finish(struct program *p, uint32_t want, uint32_t action)
{
	const size_t tail = p->n;
	bool used = false;

	for (size_t pc = 0; pc < tail; pc++) {
		struct sock_filter *i = &p->code[pc];

		if (i->code != (BPF_RET | BPF_K) || i->k != want)
			continue;
		*i = (struct sock_filter)BPF_STMT(BPF_JMP | BPF_JA, (uint32_t)(tail - pc - 1));
		used = true;
	}
	if (used)
		emit_tail(p, action);
}

static void print(const struct program *p, const char *name)
{
	printf("static const struct sock_filter %s[] = {\n", name);
	for (size_t pc = 0; pc < p->n; pc++)
		printf("\t{0x%02x, %u, %u, 0x%08x},\n", p->code[pc].code, p->code[pc].jt, p->code[pc].jf,
		       p->code[pc].k);
	printf("};\n");
}

static void make(const char *name, bool notified)
{
	struct program *tree = allocate(1, sizeof(*tree));
	struct program *p = allocate(1, sizeof(*p));

	make_tree(tree, notified);
	emit_unknown_numbers(p, notified);
	for (size_t pc = 0; pc < tree->n; pc++)
		emit(p, tree->code[pc]);
	for (size_t pc = 0; pc < p->n; pc++)
		if (p->code[pc].code == (BPF_RET | BPF_K) && p->code[pc].k == WANT_NOTIFY_ANYWHERE)
			p->code[pc].k = SECCOMP_RET_USER_NOTIF;
	finish(p, WANT_TRAP, SECCOMP_RET_TRAP | TRAP_MARK);
	finish(p, WANT_NOTIFY, SECCOMP_RET_USER_NOTIF);
	print(p, name);
	free(tree);
	free(p);
}

int main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(notify); i++) {
		bool found = false;

		for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
			found |= strcmp(rows[j].name, notify[i].name) == 0 && rows[j].how == TRANSLATED;
		errno = EINVAL;
		check(found, notify[i].name);
	}
	for (size_t i = 0; i < ARRAY_SIZE(frequent); i++) {
		bool found = false;

		for (size_t j = 0; j < ARRAY_SIZE(rows); j++)
			found |= rows[j].nr == frequent[i] && rows[j].how == TRANSLATED;
		errno = EINVAL;
		check(found, "a frequent call");
	}
	printf("/* Made by translator/filter/generate.c from syscall-tables/x86_64.def. */\n");
	make("filter_program", false);
	make("filter_program_notify", true);
	return ferror(stdout) || fflush(stdout) != 0;
}
