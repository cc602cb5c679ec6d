/* The other parts of lxrun. */
#ifndef LX_CLI_LIBEXEC_H
#define LX_CLI_LIBEXEC_H

#include <stddef.h>

/*
 * The path of a part: beside this program in a build, in ../libexec/lxrun when installed, or where LXRUN_LIBEXEC says. Reports
 * and exits where there is none.
 */
void libexec_find(const char *part, char *ret, size_t size);

#endif
