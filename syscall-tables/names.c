/* Names of errors, signals and flags. */
#include "syscall-tables/names.h"

/* The kernel's own headers: glibc's O_LARGEFILE is 0, and the two kinds do not go together in one file. */
#include <asm/errno.h>
#include <asm/mman.h>
#include <asm/signal.h>
#include <linux/fcntl.h>
#include <linux/mman.h>
#include <linux/sched.h>

#include "base/str.h"

static const char *const errors[] = {
#define ERROR(name) [name] = #name,
#include "syscall-tables/errno.def"
#undef ERROR
};

static const char *const signals[] = {
#define SIGNAL(name) [name] = #name,
#include "syscall-tables/signal.def"
#undef SIGNAL
};

const char *sys_errno_name(int error)
{
	return error > 0 && (size_t)error < ARRAY_SIZE(errors) ? errors[error] : NULL;
}

const char *sys_signal_name(int sig)
{
	return sig > 0 && (size_t)sig < ARRAY_SIZE(signals) ? signals[sig] : NULL;
}

struct flag {
	enum flag_set set;
	uint32_t mask;
	uint32_t value;
	const char *name;
};

static const struct flag flags[] = {
#define FLAG(set, name)         {FLAGS_##set, name, name, #name},
#define FIELD(set, mask, name)  {FLAGS_##set, mask, name, #name},
#define ALIAS(set, value, name) {FLAGS_##set, value, value, name},
#include "syscall-tables/flags.def"
#undef FLAG
#undef FIELD
#undef ALIAS
};

/* Appends a word behind what is there; what does not fit only counts. Returns the new length. */
static size_t append(char *to, size_t size, size_t length, const char *word)
{
	size_t at = length < size ? length : size;

	return length + str_format(to + at, size - at, "%s%s", length > 0 ? "|" : "", word);
}

size_t sys_format_flags(char *to, size_t size, enum flag_set set, uint64_t value)
{
	char number[sizeof("0x") + 16];
	uint64_t unnamed = ~0ull; /* bits that no row has spoken for: a field is named once, also where it is zero */
	size_t length = 0;

	for (size_t i = 0; i < ARRAY_SIZE(flags); i++) {
		const struct flag *f = &flags[i];

		if (f->set != set || (f->mask & ~unnamed) != 0 || (value & f->mask) != f->value)
			continue;
		length = append(to, size, length, f->name);
		unnamed &= ~(uint64_t)f->mask;
	}
	if ((value & unnamed) != 0 || length == 0) {
		str_format(number, sizeof(number), "%s%lx", value & unnamed ? "0x" : "", value & unnamed);
		length = append(to, size, length, number);
	}
	return length;
}
