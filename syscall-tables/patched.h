/* Which calls' sites are changed in prepared text (patched.def). */
#ifndef LX_SYSCALL_TABLES_PATCHED_H
#define LX_SYSCALL_TABLES_PATCHED_H

#include <stdbool.h>
#include <stdint.h>

bool sys_is_patched(uint32_t nr);
/* Of all that is baked into prepared text: other text is of no use to this program's resident. */
uint64_t sys_patched_hash(void);

#endif
