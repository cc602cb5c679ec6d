/* patched.def at run time. */
#include "syscall-tables/patched.h"

#include "base/layout.h"
#include "base/text.h"
#include "syscall-tables/names.h"

static const uint16_t numbers[] = {
#define PATCHED(name)        SYSCALL_##name,
#define PATCHED_MASKED(name) SYSCALL_##name,
#include "syscall-tables/patched.def"
#undef PATCHED
#undef PATCHED_MASKED
};

bool sys_is_patched(uint32_t nr)
{
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (numbers[i] == nr)
			return true;
	return false;
}

static uint64_t mix(uint64_t h, uint64_t n)
{
	return (h ^ n) * 1099511628211ull;
}

uint64_t sys_patched_hash(void)
{
	uint64_t h = mix(mix(14695981039346656037ull, TEXT_VERSION), RESIDENT_GATE);

	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		h = mix(h, numbers[i]);
	return h;
}
