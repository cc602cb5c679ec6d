/* The other parts of lxrun. */
#ifndef LX_CLI_LIBEXEC_H
#define LX_CLI_LIBEXEC_H

#include <stdbool.h>
#include <stddef.h>

/*
 * The path of a part: beside this program in a build, in ../libexec/lxrun when installed, or where LXRUN_LIBEXEC says. Reports
 * and exits where there is none.
 */
void libexec_find(const char *part, char *ret, size_t size);
/* The same for a part that can be missed: false where there is none. */
bool libexec_look(const char *part, char *ret, size_t size);

#endif
