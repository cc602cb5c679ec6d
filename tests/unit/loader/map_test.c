/* What the comparison with the kernel cannot show: that nothing is ever replaced, and that a failure leaves nothing. */
#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/layout.h"
#include "elfmaker.h"
#include "loader/loader.h"

#define PIE_BASE 0x555555554000ul
#define PIE_END  (PIE_BASE + (1ul << 40) + 0x100000)

static int open_made(const struct made_elf *elf)
{
	char path[] = "/tmp/lx-map-XXXXXX";
	int fd = mkstemp(path);

	cr_assert(fd >= 0 && write_made(elf, path));
	close(fd);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	cr_assert(fd >= 0);
	unlink(path);
	return fd;
}

static int map_made(const struct made_elf *elf, unsigned flags, uint64_t random, struct ldr_image *ret)
{
	int fd = open_made(elf), r = ldr_map(fd, flags, random, NULL, ret);

	close(fd);
	return r;
}

/* The lines of maps in which a program could be: without the heap, whose end moves with what the test itself does. */
static void read_maps(char *buf, size_t size)
{
	FILE *f = fopen("/proc/self/maps", "r");
	char line[512];
	size_t used = 0;

	cr_assert(f != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		if (strstr(line, "[heap]") == NULL && strstr(line, "[stack]") == NULL)
			used += (size_t)snprintf(buf + used, size - used, "%s", line);
	(void)fclose(f);
}

static bool is_mapped(uint64_t at)
{
	unsigned char state;

	return mincore((void *)at, 4096, &state) == 0;
}

static void unmap_image(const struct ldr_image *image)
{
	cr_assert_eq(munmap((void *)image->start, image->end - image->start), 0);
}

static void *occupy(uint64_t at, size_t size)
{
	void *p = mmap((void *)at, size, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);

	cr_assert_eq(p, (void *)at);
	return p;
}

Test(map, contents)
{
	struct ldr_image image;
	struct made_elf elf;
	const unsigned char *p;

	make_elf(&elf, ET_DYN, NULL);
	cr_assert_eq(map_made(&elf, LDR_NO_RANDOMIZE, 0, &image), 0);
	cr_expect_eq(image.bias, PIE_BASE);
	cr_expect_eq(image.start, PIE_BASE);
	cr_expect_eq(image.end, PIE_BASE + 0x6000);
	cr_expect_eq(image.entry, PIE_BASE + 0x1000);
	cr_expect_eq(image.phdr, PIE_BASE + sizeof(Elf64_Ehdr));
	cr_expect_eq(image.phnum, elf.header.e_phnum);
	cr_expect_eq(image.phent, sizeof(Elf64_Phdr));
	cr_expect_eq(image.start_code, PIE_BASE + 0x1000);
	cr_expect_eq(image.end_code, PIE_BASE + 0x1100);
	cr_expect_eq(image.start_data, PIE_BASE + 0x3010);
	cr_expect_eq(image.end_data, PIE_BASE + 0x3810);
	cr_expect_eq(image.bss_end, PIE_BASE + 0x5910);
	cr_expect_not(image.stack_executable);

	cr_expect_eq(memcmp((void *)image.phdr, elf.ph, image.phnum * sizeof(elf.ph[0])), 0);
	/* The file's bytes, what is in front of them on their page too, then nothing but zeros. */
	p = (const unsigned char *)image.bias;
	for (size_t i = 0x3000; i < 0x3810; i++)
		cr_assert_eq(p[i], 0xee, "at %zx", i);
	for (size_t i = 0x3810; i < 0x6000; i++)
		cr_assert_eq(p[i], 0, "at %zx", i);
	/* A hole between the segments. */
	cr_expect_not(is_mapped(image.bias + 0x2000));
}

Test(map, executable_stack_is_the_last_header_that_speaks_of_it)
{
	struct ldr_image image;
	struct made_elf elf;

	make_elf(&elf, ET_DYN, NULL);
	elf.ph[elf.header.e_phnum] = elf.ph[elf.header.e_phnum - 1];
	elf.ph[elf.header.e_phnum++].p_flags = PF_R | PF_W | PF_X;
	cr_assert_eq(map_made(&elf, 0, 0, &image), 0);
	cr_expect(image.stack_executable);
}

Test(map, random_addresses)
{
	uint64_t seen = 0, low = UINT64_MAX, high = 0;
	struct made_elf elf;

	make_elf(&elf, ET_DYN, NULL);
	for (uint64_t i = 0; i < 300; i++) {
		struct ldr_image image;

		elf.ph[0].p_align = i % 2 == 0 ? 0x1000 : 0x200000;
		cr_assert_eq(map_made(&elf, 0, i * 0x9e3779b97f4a7c15ul, &image), 0);
		cr_expect_eq(image.start % elf.ph[0].p_align, 0);
		cr_expect(image.start >= (PIE_BASE & -0x200000ul) && image.end <= PIE_END);
		cr_expect_neq(image.start, seen);
		seen = image.start;
		low = image.start < low ? image.start : low;
		high = image.start > high ? image.start : high;
		unmap_image(&image);
	}
	/* They use the range, and not a corner of it. */
	cr_expect(high - low > 1ul << 39);
}

Test(map, alignment_that_is_no_power_of_two_is_ignored)
{
	struct ldr_image image;
	struct made_elf elf;

	make_elf(&elf, ET_DYN, NULL);
	elf.ph[0].p_align = 0x201000;
	cr_assert_eq(map_made(&elf, LDR_NO_RANDOMIZE, 0, &image), 0);
	cr_expect_eq(image.start, PIE_BASE);
}

Test(map, takes_another_place_when_the_first_is_taken)
{
	char *taken = occupy(PIE_BASE + 0x3000, 4096);
	struct ldr_image image;
	struct made_elf elf;

	*taken = 'x';
	make_elf(&elf, ET_DYN, NULL);
	cr_assert_eq(map_made(&elf, LDR_NO_RANDOMIZE, 12345, &image), 0);
	cr_expect(image.start > PIE_BASE + 0x3000);
	cr_expect(image.end <= PIE_END);
	cr_expect_eq(*taken, 'x');
}

Test(map, takes_any_place_when_all_of_them_are_taken)
{
	struct ldr_image image;
	struct made_elf elf;

	/* Criterion and the test itself may stand there. */
	for (uint64_t at = PIE_BASE; at < PIE_END; at += 1ul << 30)
		(void)mmap((void *)at, 1ul << 30, PROT_NONE,
			   MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_NORESERVE, -1, 0);
	make_elf(&elf, ET_DYN, NULL);
	elf.ph[0].p_align = 0x40000000;
	cr_assert_eq(map_made(&elf, 0, 1, &image), 0);
	cr_expect(image.start >= PIE_END || image.end <= PIE_BASE);
	cr_expect_eq(image.start % 0x40000000, 0);
}

Test(map, interpreter_goes_where_the_kernel_likes)
{
	struct ldr_image image;
	struct made_elf elf;

	make_elf(&elf, ET_DYN, NULL);
	cr_assert_eq(map_made(&elf, LDR_INTERPRETER, 0, &image), 0);
	cr_expect(image.start >= 0x700000000000ul);
	elf.ph[0].p_align = 0x400000;
	cr_assert_eq(map_made(&elf, LDR_INTERPRETER, 0, &image), 0);
	cr_expect(image.start >= 0x700000000000ul);
	cr_expect_eq(image.start % 0x400000, 0);
}

Test(map, fixed_program_never_replaces_anything)
{
	static char before[1 << 17], after[1 << 17];
	static const uint64_t places[] = {0x400000, 0x401000, 0x402000, 0x403000, 0x404000, 0x405000};

	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		char *taken = occupy(places[i], 4096);
		struct ldr_image image;
		struct made_elf elf;

		*taken = 'x';
		make_elf(&elf, ET_EXEC, NULL);
		read_maps(before, sizeof(before));
		cr_expect_eq(map_made(&elf, 0, 0, &image), -EEXIST);
		read_maps(after, sizeof(after));
		cr_expect_str_eq(before, after);
		cr_expect_eq(*taken, 'x');
		cr_assert_eq(munmap(taken, 4096), 0);
	}
}

static int map_at(uint64_t vaddr, uint64_t size)
{
	struct ldr_image image;
	struct made_elf elf;
	int r;

	make_elf(&elf, ET_EXEC, NULL);
	elf.header.e_phnum = 0;
	add_load(&elf, PF_R, 0, vaddr, 0x1000, 0x1000);
	add_load(&elf, PF_R | PF_W, 0x2000, vaddr + size - 0x1000, 0x1000, 0x1000);
	r = map_made(&elf, 0, 0, &image);
	if (r == 0)
		unmap_image(&image);
	return r;
}

Test(map, fixed_program_stays_out_of_the_residents_area)
{
	cr_expect_eq(map_at(RESIDENT_BASE, 0x2000), -ENOMEM);
	cr_expect_eq(map_at(RESIDENT_BASE - 0x1000, 0x2000), -ENOMEM);
	cr_expect_eq(map_at(RESIDENT_STACKS, 0x2000), -ENOMEM);
	cr_expect_eq(map_at(INSTANCE_BASE, 0x2000), -ENOMEM);
	cr_expect_eq(map_at(RESIDENT_AREA_END - 0x1000, 0x2000), -ENOMEM);
	cr_expect_eq(map_at(RESIDENT_BASE - 0x1000, RESIDENT_AREA_END - RESIDENT_BASE + 0x2000), -ENOMEM);
	cr_expect_eq(map_at(RESIDENT_BASE - 0x2000, 0x2000), 0);
	cr_expect_eq(map_at(RESIDENT_AREA_END, 0x2000), 0);
}

Test(map, aligned_program_stays_out_of_the_residents_area)
{
	struct made_elf elf;

	make_elf(&elf, ET_DYN, NULL);
	for (unsigned bits = 12; bits < 47; bits++) {
		struct ldr_image image;

		elf.ph[0].p_align = 1ul << bits;
		cr_assert_eq(map_made(&elf, LDR_NO_RANDOMIZE, 0, &image), 0, "2^%u", bits);
		cr_expect(image.end <= RESIDENT_BASE || image.start >= RESIDENT_AREA_END);
		cr_expect_eq(image.start % elf.ph[0].p_align, 0);
		unmap_image(&image);
	}
}

Test(map, failure_leaves_nothing_mapped)
{
	static char before[1 << 17], after[1 << 17];
	struct ldr_image image = {.entry = 42};

	for (unsigned kind = 0; kind < 6; kind++) {
		unsigned flags = kind % 3 == 2 ? LDR_INTERPRETER : 0;
		struct made_elf elf;
		int expected = -EINVAL;

		make_elf(&elf, kind % 3 == 0 ? ET_EXEC : ET_DYN, NULL);
		if (kind < 3) {
			elf.ph[2].p_offset += 1; /* not congruent: mmap refuses the third segment */
		} else {
			elf.size = 0x2000; /* the data is behind the end of the file */
			expected = -EFAULT;
		}
		read_maps(before, sizeof(before));
		cr_expect_eq(map_made(&elf, flags, 7, &image), expected, "kind %u", kind);
		read_maps(after, sizeof(after));
		cr_expect_str_eq(before, after);
	}
	cr_expect_eq(image.entry, 42);
}

Test(map, segments_in_any_order)
{
	struct ldr_image image;
	struct made_elf elf;

	make_elf(&elf, ET_EXEC, NULL);
	elf.header.e_phnum = 0;
	add_load(&elf, PF_R | PF_W, 0x2000, 0x10009000, 0x1000, 0x1000);
	add_load(&elf, PF_R, 0, 0x10000000, 0x1000, 0x1000);
	add_load(&elf, PF_R | PF_X, 0x1000, 0x10005000, 0x1000, 0x3000);
	cr_assert_eq(map_made(&elf, 0, 0, &image), 0);
	for (unsigned i = 0; i < 10; i++)
		cr_expect_eq(is_mapped(0x10000000 + i * 0x1000), i == 0 || (i >= 5 && i <= 7) || i == 9, "page %u", i);
	cr_expect_eq(*(unsigned char *)0x10005000, 0xb8);
	cr_expect_eq(*(unsigned char *)0x10006000, 0);
}

/* More headers than fit into one read, and at an odd place. */
Test(map, many_headers)
{
	struct ldr_program program;
	struct ldr_image image;
	struct made_elf elf;
	int fd;

	make_elf(&elf, ET_DYN, NULL);
	elf.header.e_phnum = 0;
	for (unsigned i = 0; i < 30; i++)
		add_load(&elf, PF_R, 0x1000, 0x2000 * i, 0x1000, 0x1000);
	memmove((char *)elf.ph + 5, elf.ph, 30 * sizeof(elf.ph[0]));
	elf.header.e_phoff += 5;
	fd = open_made(&elf);
	cr_expect_eq(ldr_probe(fd, &program), 0);
	cr_assert_eq(ldr_map(fd, LDR_NO_RANDOMIZE, 0, NULL, &image), 0);
	for (unsigned i = 0; i < 59; i++)
		cr_expect_eq(is_mapped(image.start + i * 0x1000), i % 2 == 0, "page %u", i);
	cr_expect_eq(image.end - image.start, 59 * 0x1000);
	cr_expect_eq(lseek(fd, 0, SEEK_CUR), 0);
	close(fd);
}

struct race {
	int fd;
	atomic_bool stop;
	Elf64_Phdr other, own;
	off_t at;
};

static void *change(void *argument)
{
	struct race *r = argument;

	for (unsigned i = 0; !atomic_load(&r->stop); i++)
		if (pwrite(r->fd, i % 2 ? &r->own : &r->other, sizeof(r->own), r->at) < 0)
			break;
	return NULL;
}

/* The file may change between the look at it and the mapping: what is outside of the reserved span is still safe. */
Test(map, file_that_changes_meanwhile)
{
	struct race race = {.fd = memfd_create("race", MFD_CLOEXEC)};
	char *taken = occupy(0x20000000, 0x10000);
	struct made_elf elf;
	pthread_t thread;
	char path[64];
	unsigned mapped = 0;

	memset(taken, 'x', 0x10000);
	make_elf(&elf, ET_EXEC, NULL);
	elf.header.e_phnum = 0;
	elf.header.e_phoff = 0x2000; /* so that it is read each time it is looked at */
	for (unsigned i = 0; i < 20; i++)
		add_load(&elf, PF_R | PF_W, 0x1000, 0x10000000 + 0x1000 * i, 0x800, 0x1000);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", race.fd);
	cr_assert(write_made(&elf, path));
	cr_assert_eq(pwrite(race.fd, elf.ph, sizeof(elf.ph), 0x2000), (ssize_t)sizeof(elf.ph));

	race.own = race.other = elf.ph[18];
	race.other.p_vaddr = 0x20001000;
	race.at = 0x2000 + 18 * (off_t)sizeof(elf.ph[0]);
	cr_assert_eq(pthread_create(&thread, NULL, change, &race), 0);
	for (unsigned i = 0; i < 20000; i++) {
		struct ldr_image image;

		if (ldr_map(race.fd, 0, 0, NULL, &image) == 0) {
			mapped++;
			cr_assert_leq(image.end, 0x20000000);
			unmap_image(&image);
		}
	}
	atomic_store(&race.stop, true);
	pthread_join(thread, NULL);
	cr_expect_gt(mapped, 0);
	for (unsigned i = 0; i < 0x10000; i++)
		cr_assert_eq(taken[i], 'x');
}
