/* Which sites are changed, and what becomes of them: made text, and the libraries of the machine. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/layout.h"
#include "rewriter/rewriter.h"

#define BASE 0x1000ul

static uint64_t function_at[] = {BASE};

static struct rw_object object_of(const uint8_t *text, size_t size)
{
	return (struct rw_object){.bytes = text,
				  .size = size,
				  .segment = {{.address = BASE, .offset = 0, .size = size}},
				  .segments = 1,
				  .starts = function_at,
				  .start_count = 1};
}

/* The verdict on the only site. */
static enum rw_verdict verdict_of(const void *text, size_t size)
{
	struct rw_object o = object_of(text, size);
	struct rw_site *sites = NULL;
	enum rw_verdict v;
	long n = rw_classify(&o, &o.segment[0], &sites);

	cr_assert_eq(n, 1, "%ld sites", n);
	v = sites[0].verdict;
	free(sites);
	return v;
}
#define VERDICT(...) verdict_of((const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

/* mov $4,%eax: stat */
#define STAT    0xb8, 4, 0, 0, 0
#define SYSCALL 0x0f, 0x05

Test(rewriter, a_number_and_the_call)
{
	cr_expect_eq(VERDICT(STAT, SYSCALL, 0xc3), RW_PATCHED);
	cr_expect_eq(VERDICT(0x90, STAT, SYSCALL, 0xc3), RW_PATCHED);
}

Test(rewriter, calls_that_are_not_changed)
{
	/* read, rt_sigreturn, clone, execve */
	cr_expect_eq(VERDICT(0xb8, 0, 0, 0, 0, SYSCALL, 0xc3), RW_NOT_CHANGED);
	cr_expect_eq(VERDICT(0xb8, 15, 0, 0, 0, SYSCALL), RW_NOT_CHANGED);
	cr_expect_eq(VERDICT(0x48, 0xc7, 0xc0, 15, 0, 0, 0, SYSCALL), RW_NO_NUMBER);
	cr_expect_eq(VERDICT(0xb8, 56, 0, 0, 0, SYSCALL, 0xc3), RW_NOT_CHANGED);
	cr_expect_eq(VERDICT(0xb8, 59, 0, 0, 0, SYSCALL, 0xc3), RW_NOT_CHANGED);
	/* mmap: in dynamic linkers only */
	cr_expect_eq(VERDICT(0xb8, 9, 0, 0, 0, SYSCALL, 0xc3), RW_NOT_CHANGED);
	/* from a register */
	cr_expect_eq(VERDICT(0x89, 0xf8, SYSCALL, 0xc3), RW_NO_NUMBER);
}

Test(rewriter, what_stands_between)
{
	/* mov %ebx,%edx; mov %ecx,%r10d */
	cr_expect_eq(VERDICT(STAT, 0x89, 0xda, 0x41, 0x89, 0xca, SYSCALL, 0xc3), RW_PATCHED);
	/* lea 8(%rip),%rdi is another address elsewhere */
	cr_expect_eq(VERDICT(STAT, 0x48, 0x8d, 0x3d, 8, 0, 0, 0, SYSCALL, 0xc3), RW_NOT_STRAIGHT);
	/* a jump, a push, another number in the register */
	cr_expect_eq(VERDICT(STAT, 0x74, 0x00, SYSCALL, 0xc3), RW_NOT_STRAIGHT);
	cr_expect_eq(VERDICT(STAT, 0x50, SYSCALL, 0xc3), RW_NOT_STRAIGHT);
	cr_expect_eq(VERDICT(STAT, 0x31, 0xc0, SYSCALL, 0xc3), RW_NOT_STRAIGHT);
}

Test(rewriter, bytes_that_are_no_instructions)
{
	/* The site is the constant of movabs $..., %rcx. */
	cr_expect_eq(VERDICT(0x48, 0xb9, STAT, SYSCALL, 0, 0xc3), RW_NOT_CODE);
	/* 0f 05 in the constant behind a real mov. */
	cr_expect_eq(VERDICT(STAT, 0xb9, SYSCALL, 0, 0, 0xc3), RW_NOT_CODE);
	/* Data that is no code at all: the decoder gives up in front of it. */
	cr_expect_eq(VERDICT(0x06, 0x06, STAT, SYSCALL, 0xc3), RW_NOT_CODE);
}

Test(rewriter, no_function_begins_there)
{
	static const uint8_t text[] = {STAT, SYSCALL, 0xc3};
	struct rw_object o = object_of(text, sizeof(text));
	struct rw_site *sites = NULL;

	o.start_count = 0;
	cr_assert_eq(rw_classify(&o, &o.segment[0], &sites), 1);
	cr_expect_eq(sites[0].verdict, RW_NO_START);
	free(sites);
}

Test(rewriter, somebody_jumps_into_it)
{
	/* jmp to the second byte of the mov; a short one, and one with 32 bits */
	cr_expect_eq(VERDICT(0xeb, 1, STAT, SYSCALL, 0xc3), RW_IS_TARGET);
	cr_expect_eq(VERDICT(STAT, SYSCALL, 0xe9, 0xf5, 0xff, 0xff, 0xff, 0xc3), RW_IS_TARGET);
	/* to its first byte, and to the syscall instruction */
	cr_expect_eq(VERDICT(0xeb, 0, STAT, SYSCALL, 0xc3), RW_PATCHED);
	cr_expect_eq(VERDICT(0xeb, 5, STAT, SYSCALL, 0xc3), RW_PATCHED);
	/* an address in a table */
	cr_expect_eq(VERDICT(STAT, SYSCALL, 0xc3, 0x02, 0x10, 0, 0, 0, 0, 0, 0), RW_IS_TARGET);
}

Test(rewriter, the_copy)
{
	static const uint8_t text[] = {STAT, 0x89, 0xda, SYSCALL, 0xc3};
	const uint64_t gate = RESIDENT_GATE;
	struct rw_object o = object_of(text, sizeof(text));
	struct rw_site *sites = NULL;
	uint8_t *copy = NULL;
	size_t size;
	int32_t distance;

	cr_assert_eq(rw_classify(&o, &o.segment[0], &sites), 1);
	cr_assert_eq(rw_prepare(&o, &o.segment[0], sites, 1, &copy, &size), 1);
	cr_expect_eq(size, 4096);
	/* A jump to what is behind the text; what follows it stays. */
	cr_expect_eq(copy[0], 0xe9);
	memcpy(&distance, copy + 1, sizeof(distance));
	cr_expect_eq(distance, (int32_t)sizeof(text) - 5);
	cr_expect_arr_eq(copy + 5, text + 5, sizeof(text) - 5);
	/* There: what the site had, then the address behind the syscall instruction, and the gate. */
	cr_expect_arr_eq(copy + sizeof(text), text, 7);
	memcpy(&distance, copy + sizeof(text) + 10, sizeof(distance));
	cr_expect_eq(distance, 9 - (int32_t)(sizeof(text) + 14));
	cr_expect_arr_eq(copy + sizeof(text) + 16, &gate, sizeof(gate));
	cr_expect_eq(copy[sizeof(text) + 27], 2);
	free(copy);
	free(sites);
}

Test(rewriter, no_room)
{
	static uint8_t text[4096 - 20];
	struct rw_object o = object_of(text, sizeof(text));
	struct rw_site *sites = NULL;
	uint8_t *copy = NULL;
	size_t size;

	memcpy(text, (const uint8_t[]){STAT, SYSCALL, 0xc3}, 8);
	cr_assert_eq(rw_classify(&o, &o.segment[0], &sites), 1);
	cr_expect_eq(rw_prepare(&o, &o.segment[0], sites, 1, &copy, &size), 0);
	cr_expect_eq(sites[0].verdict, RW_NO_ROOM);
	cr_expect_arr_eq(copy, text, sizeof(text));
	free(copy);
	free(sites);
}

/* How many sites of an installed file are changed; -1 where there is no such file. */
static long changed_in(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	struct rw_object o;
	long changed = 0;

	if (fd < 0)
		return -1;
	cr_assert_eq(rw_object_open(fd, &o), 0, "%s", path);
	for (unsigned i = 0; i < o.segments; i++) {
		struct rw_site *sites = NULL;
		long n = rw_classify(&o, &o.segment[i], &sites);

		for (long k = 0; k < n; k++) {
			changed += sites[k].verdict == RW_PATCHED;
			cr_expect(sites[k].verdict != RW_PATCHED || sites[k].nr != 15, "%s: rt_sigreturn", path);
		}
		free(sites);
	}
	rw_object_done(&o);
	close(fd);
	return changed;
}

Test(rewriter, libraries)
{
	static const char *const without[] = {
		/* Tables of constants in its text; a changed one makes wrong keys. */
		"/usr/lib/x86_64-linux-gnu/libcrypto.so.3",
		"/usr/lib/x86_64-linux-gnu/libgcrypt.so.20",
		"/usr/lib/x86_64-linux-gnu/libstdc++.so.6",
	};
	long n = changed_in("/lib/x86_64-linux-gnu/libc.so.6");

	cr_expect(n == -1 || n >= 40, "%ld of libc's", n);
	n = changed_in("/lib64/ld-linux-x86-64.so.2");
	cr_expect(n == -1 || n >= 5, "%ld of the dynamic linker's", n);
	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
		cr_expect_leq(changed_in(without[i]), 0, "%s", without[i]);
}
