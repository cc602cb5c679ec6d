#include <linux/prctl.h>

#include "base/host.h"
#include "base/str.h"
#include "loader/elf_file.h"
#include "loader/loader.h"

/* How far behind the program the kernel lets brk begin: up to 1 GiB, in pages. */
#define BRK_RANDOM_PAGES (1ul << 18)

static uint64_t brk_start(const struct ldr_image *program, unsigned flags, uint64_t random)
{
	uint64_t start = page_up(program->bss_end);

	if (flags & LDR_NO_RANDOMIZE)
		return start;
	/* ldr_map() takes the low bits for the address: the same value may be given to both. */
	return start + ELF_PAGE + (random >> 32) % BRK_RANDOM_PAGES * ELF_PAGE;
}

/* The strings of a NULL-terminated list, which stand one behind the other. Both are `empty` if there are none. */
static void find_strings(char **list, uint64_t empty, __u64 *ret_start, __u64 *ret_end)
{
	char **last = list;

	*ret_start = *ret_end = empty;
	if (*list == NULL)
		return;
	while (last[1] != NULL)
		last++;
	*ret_start = (uintptr_t)*list;
	*ret_end = (uintptr_t)*last + strlen(*last) + 1;
}

int ldr_set_mm(const struct ldr_stack *stack, const struct ldr_image *program, unsigned flags, uint64_t random)
{
	struct prctl_mm_map map = {
		.start_code = program->start_code,
		.end_code = program->end_code,
		.start_data = program->start_data,
		.end_data = program->end_data,
		.start_brk = brk_start(program, flags, random),
		.start_stack = stack->sp,
		.auxv = (__u64 *)(void *)stack->auxv,
		.auxv_size = (__u32)stack->auxv_size,
		.exe_fd = (__u32)-1,
	};

	map.brk = map.start_brk;
	/* A program without code of its own: Linux has no order of these then, but its prctl wants one. */
	if (map.start_code >= map.end_code) {
		map.start_code = program->start;
		map.end_code = program->end;
	}
	find_strings(stack->argv, stack->sp, &map.arg_start, &map.arg_end);
	find_strings(stack->envp, map.arg_end, &map.env_start, &map.env_end);
	return (int)host_call(SYS_prctl, PR_SET_MM, PR_SET_MM_MAP, &map, sizeof(map));
}
