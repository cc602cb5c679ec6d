/* Content that goes from file to file: by the kernel where it can, which may not even copy. Private to distro. */
#ifndef LX_DISTRO_RANGE_COPY_H
#define LX_DISTRO_RANGE_COPY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/attr.h"

/* So much at once, that whoever waits hears of it. */
#define RANGE_MAX ((size_t)16 << 20)

/* Copies n bytes, or up to the end of `from`; 0 or -errno. *by_hand: the kernel cannot, it need not be asked again. */
MUST_CHECK int range_copy(int from, off_t at, int to, off_t where, size_t n, bool *by_hand);

#endif
