/* What the tests of the filter share: a call as the kernel shows it to a filter. */
#ifndef LX_TESTS_TABLE_PROGRAM_H
#define LX_TESTS_TABLE_PROGRAM_H

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/attr.h"

#define OUTSIDE 0x7f0000001000ul /* an instruction pointer of a guest */

struct program {
	const struct sock_filter *code;
	size_t n;
};

static inline struct seccomp_data call(uint32_t nr, uint64_t ip, const uint64_t arg[6])
{
	struct seccomp_data data = {.nr = (int)nr, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = ip};

	if (arg)
		memcpy(data.args, arg, sizeof(data.args));
	return data;
}

/* Numbers that look random and are the same in every run. */
static inline uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

#endif
