/* The initial stack, on this process's own and on one that is made up. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <unistd.h>

#include "loader/loader.h"

extern char **environ;

/* A field of /proc/self/stat, as proc(5) numbers them. */
static uint64_t stat_field(int number)
{
	FILE *f = fopen("/proc/self/stat", "r");
	char text[2048], *p;
	size_t n;

	cr_assert(f != NULL);
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	p = strrchr(text, ')');
	for (int i = 2; i < number && p != NULL; i++)
		p = strchr(p + 1, ' ');
	cr_assert(p != NULL);
	return strtoull(p, NULL, 10);
}

Test(stack, of_this_process)
{
	struct ldr_stack stack;
	uint64_t value;

	ldr_read_stack(stat_field(28), &stack);
	cr_expect_eq(stack.envp, environ);
	cr_expect_gt(stack.argc, 0);
	cr_expect_null(stack.argv[stack.argc]);
	cr_expect(ldr_auxv_get(&stack, AT_PAGESZ, &value));
	cr_expect_eq(value, 4096);
	cr_expect(ldr_auxv_get(&stack, AT_PHDR, &value));
	cr_expect_eq(value, getauxval(AT_PHDR));
	cr_expect_not(ldr_auxv_get(&stack, 0x7777, &value));
	cr_expect_not(ldr_auxv_get(&stack, AT_NULL, &value));
	cr_expect_eq(stack.auxv[stack.auxv_size / sizeof(stack.auxv[0]) - 1].a_type, AT_NULL);
}

static uint64_t get(const struct ldr_stack *stack, uint64_t type)
{
	uint64_t value;

	cr_assert(ldr_auxv_get(stack, type, &value), "type %lu", type);
	return value;
}

Test(stack, finish)
{
	uint64_t words[] = {
		1,
		(uintptr_t) "argument",
		0,
		(uintptr_t) "A=1",
		(uintptr_t) "B=2",
		0,
		/* the vector; no AT_PHENT, which is not added */
		AT_PHDR,
		1,
		AT_PHNUM,
		2,
		AT_BASE,
		3,
		AT_ENTRY,
		4,
		AT_UID,
		5,
		AT_EUID,
		6,
		AT_GID,
		7,
		AT_EGID,
		8,
		AT_SECURE,
		9,
		AT_EXECFN,
		10,
		AT_HWCAP,
		11,
		AT_NULL,
		0,
		0x1234,
		0x5678,
	};
	struct ldr_image program = {.phdr = 101, .phnum = 102, .phent = 56, .entry = 104, .bias = 99};
	struct ldr_image interpreter = {.bias = 103, .entry = 98};
	struct ldr_identity who = {105, 106, 107, 108, true, 110};
	struct ldr_stack stack;

	ldr_read_stack((uintptr_t)words, &stack);
	cr_expect_eq(stack.argc, 1);
	cr_expect_str_eq(stack.argv[0], "argument");
	cr_expect_str_eq(stack.envp[1], "B=2");
	cr_expect_eq(stack.auxv_size, 12 * sizeof(Elf64_auxv_t));
	ldr_finish_stack(&stack, &program, &interpreter, &who);
	cr_expect_eq(get(&stack, AT_PHDR), 101);
	cr_expect_eq(get(&stack, AT_PHNUM), 102);
	cr_expect_eq(get(&stack, AT_BASE), 103);
	cr_expect_eq(get(&stack, AT_ENTRY), 104);
	cr_expect_eq(get(&stack, AT_UID), 105);
	cr_expect_eq(get(&stack, AT_EUID), 106);
	cr_expect_eq(get(&stack, AT_GID), 107);
	cr_expect_eq(get(&stack, AT_EGID), 108);
	cr_expect_eq(get(&stack, AT_SECURE), 1);
	cr_expect_eq(get(&stack, AT_EXECFN), 110);
	cr_expect_eq(get(&stack, AT_HWCAP), 11);
	cr_expect_eq(words[sizeof(words) / sizeof(words[0]) - 2], 0x1234);

	ldr_finish_stack(&stack, &program, NULL, &who);
	cr_expect_eq(get(&stack, AT_BASE), 0);
}

/* The pages below sp grow with it, so they are executable too when they come to be. */
Test(stack, make_executable)
{
	volatile unsigned char code[16] = {0xb8, 42, 0, 0, 0, 0xc3}; /* return 42 */
	int (*function)(void) = (int (*)(void))(uintptr_t)code;

	cr_assert_eq(ldr_make_stack_executable((uintptr_t)code), 0);
	cr_expect_eq(function(), 42);
}

/* brk begins behind the program: at its last page without a random part, else up to 1 GiB behind it. */
Test(mm, brk)
{
	struct ldr_image image = {.start = 0x10000000, .end = 0x10010000, .bss_end = 0x1000f001};
	uint64_t low = UINT64_MAX, high = 0;
	struct ldr_stack stack;

	image.start_code = image.start_data = image.start;
	image.end_code = image.end_data = image.bss_end;
	ldr_read_stack(stat_field(28), &stack);
	cr_assert_eq(ldr_set_mm(&stack, &image, LDR_NO_RANDOMIZE, 77), 0);
	cr_expect_eq(stat_field(47), 0x10010000);
	cr_expect_eq(stat_field(26), image.start_code);
	cr_expect_eq(stat_field(46), image.end_data);
	cr_expect_eq(stat_field(48), (uintptr_t)stack.argv[0]);
	for (uint64_t i = 0; i < 200; i++) {
		uint64_t start;

		cr_assert_eq(ldr_set_mm(&stack, &image, 0, i * 0x9e3779b97f4a7c15ul), 0);
		start = stat_field(47);
		cr_expect_eq(start % 4096, 0);
		low = start < low ? start : low;
		high = start > high ? start : high;
	}
	cr_expect_geq(low, 0x10011000);
	cr_expect_lt(high, 0x10011000 + (1ul << 30));
	cr_expect_gt(high - low, 1ul << 29);
}

Test(mm, program_without_code_or_environment)
{
	uint64_t words[] = {1, (uintptr_t) "argument", 0, 0, AT_NULL, 0};
	struct ldr_image image = {
		.start = 0x10000000,
		.end = 0x10010000,
		.start_code = UINT64_MAX,
		.start_data = 0x10000000,
		.end_data = 0x10000100,
		.bss_end = 0x1000f001,
	};
	struct ldr_stack stack;

	ldr_read_stack((uintptr_t)words, &stack);
	cr_assert_eq(ldr_set_mm(&stack, &image, LDR_NO_RANDOMIZE, 0), 0);
	cr_expect_eq(stat_field(48), words[1]);
	cr_expect_eq(stat_field(49), words[1] + sizeof("argument"));
	cr_expect_eq(stat_field(50), stat_field(51));
}
