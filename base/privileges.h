/* Giving up what a caller who is the real root has: version 1 works without, and has one way of working. */
#ifndef LX_BASE_PRIVILEGES_H
#define LX_BASE_PRIVILEGES_H

#include "base/attr.h"

/*
 * Empties the calling thread's permitted, effective, inheritable and ambient capabilities and, where it may, its bounding
 * set, and locks the securebits, so that neither exec nor uid 0 brings any back (capabilities(7)). 0 or -errno.
 */
MUST_CHECK int privileges_drop(void);

#endif
