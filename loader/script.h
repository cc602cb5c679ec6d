/* The "#!" line of a script. Private to loader/. */
#ifndef LX_LOADER_SCRIPT_H
#define LX_LOADER_SCRIPT_H

#include "base/attr.h"
#include "loader/loader.h"

/*
 * Takes the first LDR_HEAD_SIZE bytes of a file that begins with "#!" apart; what the file does not have is zero.
 * -ENOEXEC without an interpreter or where its path is cut; -EACCES for an empty one, as opening "" answers the kernel.
 */
MUST_CHECK int ldr_parse_script(const char head[LDR_HEAD_SIZE], struct ldr_program *ret);

#endif
