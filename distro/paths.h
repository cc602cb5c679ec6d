/* Private to distro/: what paths are made of. */
#ifndef LX_DISTRO_PATHS_H
#define LX_DISTRO_PATHS_H

#include <stddef.h>

#include "base/attr.h"

/* The directory of stores that were given no location. */
MUST_CHECK int paths_stores(char *ret, size_t size);

#endif
