/* What each row of the table declares: struct <name>_args and sys_<name>(). */
#ifndef LX_TRANSLATOR_ARGS_H
#define LX_TRANSLATOR_ARGS_H

#include "syscall-tables/kinds.h"
#include "translator/translator.h"

#define K(name, type, registers) typedef type arg_##name;
ARGUMENT_KINDS(K)
#undef K

#define ARG(kind, name) arg_##kind name;
#define XLATE(nr, name, args, gap) \
	struct name##_args {       \
		args               \
	};                         \
	long sys_##name(struct tr_call *c, const struct name##_args *a);
#define XLATE_IF(nr, name, args, rules, gap) XLATE(nr, name, args, gap)
#include "syscall-tables/each.h"

#endif
