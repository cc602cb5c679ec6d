/*
 * The table at run time, for traces and documents: what a call, its arguments, an error, a signal or a flag is called.
 *
 * Constant data, freestanding. All strings live forever.
 */
#ifndef LX_SYSCALL_TABLES_NAMES_H
#define LX_SYSCALL_TABLES_NAMES_H

#include <stddef.h>
#include <stdint.h>

#include "base/attr.h"
#include "syscall-tables/kinds.h"

/* SYSCALL_<name> for every row, and SYSCALL_NUMBERS, one past the highest. Not every number below it belongs to a row. */
enum syscall_number {
#define NATIVE(nr, name, args)                 SYSCALL_##name = nr,
#define XLATE(nr, name, args, gap)             SYSCALL_##name = nr,
#define XLATE_IF(nr, name, args, rules, gap)   SYSCALL_##name = nr,
#define REFUSE(nr, name, args, error_, reason) SYSCALL_##name = nr,
#include "syscall-tables/each.h"
	SYSCALL_NUMBERS
};

/* The verbs of the rows (each.h). */
enum syscall_how {
	SYSCALL_IS_NATIVE,
	SYSCALL_IS_XLATE,
	SYSCALL_IS_XLATE_IF,
	SYSCALL_IS_REFUSE,
};

struct syscall_argument {
	enum argument_kind kind;
	const char *name;
};

struct syscall_info {
	const char *name;
	const char *note; /* of a translated call its gap, of a refused one the reason; "" where there is none */
	struct syscall_argument arg[6];
	uint8_t argc;  /* arguments, of which an AT takes two registers */
	uint8_t how;   /* enum syscall_how */
	int16_t error; /* of a refused call, positive */
};

/* NULL for a number that belongs to no row. */
const struct syscall_info *syscall_info(uint32_t nr);

/* How many registers an argument takes. */
unsigned sys_kind_registers(enum argument_kind kind);
/* "OUTBUF" */
const char *sys_kind_name(enum argument_kind kind);

/* "ENOENT" for ENOENT (positive); NULL for a number without a name. */
const char *sys_errno_name(int error);
/* "SIGCHLD" for 1..31; NULL for others, so for real-time signals. */
const char *sys_signal_name(int sig);

/* The sets of flags.def. */
enum flag_set {
	FLAGS_OPEN,
	FLAGS_AT,
	FLAGS_CLONE,
	FLAGS_PROT,
	FLAGS_MAP,
};

/*
 * The flags' names joined by '|', what has no name in hexadecimal behind them, "0" for nothing at all. Ends with a NUL
 * where size > 0; returns the length of the whole text, as snprintf does.
 */
size_t sys_format_flags(char *to, size_t size, enum flag_set set, uint64_t value);

#endif
