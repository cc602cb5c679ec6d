/*
 * Any file at all: the probes and the mapping of it never crash, never replace a mapping, and leave nothing behind. The
 * mapping is done in this process, over which it must not have any power.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/host.h"
#include "base/layout.h"
#include "loader/loader.h"

#define TASK_SIZE 0x7ffffffff000ul
/* Where the seeds want to be: one page among theirs is taken. */
#define CANARY 0x405000ul

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition)
{
	if (!condition)
		abort();
}

static unsigned char *canary(void)
{
	static unsigned char *page;

	if (page == NULL) {
		page = mmap((void *)CANARY, 4096, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
		require(page == (void *)CANARY);
		memset(page, 'x', 4096);
	}
	return page;
}

static int file_of(const uint8_t *data, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("input", MFD_CLOEXEC);
	require(fd >= 0 && ftruncate(fd, 0) == 0 && pwrite(fd, data, size, 0) == (ssize_t)size);
	return fd;
}

static void check_program(const struct ldr_program *p)
{
	require(p->kind == LDR_ELF || p->kind == LDR_SCRIPT);
	require(memchr(p->interpreter, '\0', sizeof(p->interpreter)) != NULL);
	require(memchr(p->argument, '\0', sizeof(p->argument)) != NULL);
	require(p->kind == LDR_ELF || p->interpreter[0] != '\0');
	require(p->has_argument || p->argument[0] == '\0');
}

static void check_image(const struct ldr_image *image)
{
	require(image->start <= image->end && image->end <= TASK_SIZE);
	require(image->start % 4096 == 0 && image->end % 4096 == 0);
	require(image->start == image->end || image->end <= RESIDENT_BASE || image->start >= RESIDENT_AREA_END);
}

static void map(int fd, unsigned flags, uint64_t random)
{
	struct ldr_image image = {.entry = 0};

	if (ldr_map(fd, flags, random, NULL, &image) < 0)
		return;
	check_image(&image);
	if (image.start < image.end)
		require(munmap((void *)image.start, image.end - image.start) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned char *page = canary();
	static struct ldr_program program;
	int fd = file_of(data, size);

	if (ldr_probe(fd, &program) == 0)
		check_program(&program);
	(void)!ldr_probe_interpreter(fd);
	map(fd, LDR_NO_RANDOMIZE, size);
	map(fd, 0, size * 0x9e3779b97f4a7c15ul);
	map(fd, LDR_INTERPRETER, 0);
	for (unsigned i = 0; i < 4096; i++)
		require(page[i] == 'x');
	return 0;
}
