/*
 * The rows' numbers against numbers.txt, and numbers.txt against the installed headers where those know the name. The
 * header is made from numbers.txt (CMakeLists.txt).
 */
#include <asm/unistd.h>

#include "syscall-tables/names.h"
#include "syscall-tables/numbers_check.h"

enum {
	ROWS = 0
#define NATIVE(nr, name, args)                 +1
#define XLATE(nr, name, args, gap)             +1
#define XLATE_IF(nr, name, args, rules, gap)   +1
#define REFUSE(nr, name, args, error_, reason) +1
#include "syscall-tables/each.h"
};

_Static_assert(ROWS == NUMBERS_IN_FILE, "a row for each line of numbers.txt, and a line for each row");
