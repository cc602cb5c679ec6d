/* The table as constant data, and what the compiler can check about it. */
#include <errno.h>
#include <stdbool.h>

#include "syscall-tables/names.h"

#define ARG(kind, name) {ARGUMENT_##kind, #name},
/* One more than the arguments, so that a row without any is an array too. */
#define COUNT(...) (sizeof((const struct syscall_argument[]){__VA_ARGS__{0}}) / sizeof(struct syscall_argument) - 1)
/* The arguments come last: they have commas. */
#define ROW(nr, name_, how_, error_, note_, ...) \
	[nr] = {                                 \
		.name = #name_,                  \
		.note = note_,                   \
		.arg = {__VA_ARGS__},            \
		.argc = COUNT(__VA_ARGS__),      \
		.how = how_,                     \
		.error = error_,                 \
	},

/* Rows are in the order of their numbers: one that is not does not fit in here. */
static const struct syscall_info infos[SYSCALL_NUMBERS] = {
#define NATIVE(nr, name, args)                 ROW(nr, name, SYSCALL_IS_NATIVE, 0, "", args)
#define XLATE(nr, name, args, gap)             ROW(nr, name, SYSCALL_IS_XLATE, 0, gap, args)
#define XLATE_IF(nr, name, args, rules, gap)   ROW(nr, name, SYSCALL_IS_XLATE_IF, 0, gap, args)
#define REFUSE(nr, name, args, error_, reason) ROW(nr, name, SYSCALL_IS_REFUSE, error_, reason, args)
#include "syscall-tables/each.h"
};

/* Who is refused a call must be told why, and must see an error. */
#define REFUSE(nr, name, args, error_, reason)                                    \
	_Static_assert(sizeof(reason) > 1, #name " is refused without a reason"); \
	_Static_assert((error_) > 0 && (error_) < 4096, #name " is refused without an error");
#include "syscall-tables/each.h"

/* No number twice: a switch does not take it. (No name twice: enum syscall_number does not take that.) */
static bool belongs_to_a_row(uint32_t nr)
{
	switch (nr) {
#define NATIVE(nr, name, args)                 case nr:
#define XLATE(nr, name, args, gap)             case nr:
#define XLATE_IF(nr, name, args, rules, gap)   case nr:
#define REFUSE(nr, name, args, error_, reason) case nr:
#include "syscall-tables/each.h"
		return true;
	default:
		return false;
	}
}

const struct syscall_info *syscall_info(uint32_t nr)
{
	return belongs_to_a_row(nr) ? &infos[nr] : NULL;
}

static const struct {
	const char *name;
	unsigned registers;
} kinds[] = {
#define K(name, type, registers) [ARGUMENT_##name] = {#name, registers},
	ARGUMENT_KINDS(K)
#undef K
};

unsigned sys_kind_registers(enum argument_kind kind)
{
	return kinds[kind].registers;
}

const char *sys_kind_name(enum argument_kind kind)
{
	return kinds[kind].name;
}
