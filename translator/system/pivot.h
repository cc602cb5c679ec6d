/* pivot_root(2), as far as it concerns the mount table. */
#ifndef LX_TRANSLATOR_SYSTEM_PIVOT_H
#define LX_TRANSLATOR_SYSTEM_PIVOT_H

#include "base/attr.h"
#include "base/instance.h"

/*
 * The mount at new_root becomes the root of namespace ns, with all that is below it; what was the root, with all the rest, is
 * mounted at put_old, which is new_root or below it. Where both are the same, the old root is hidden by the new one until
 * pivot_drop_old(). -EINVAL: new_root is no mount point, or put_old is not below it; -ENOSPC, -ENAMETOOLONG.
 */
MUST_CHECK int pivot_mounts(struct instance *in, uint32_t ns, const char *new_root, const char *put_old);

/*
 * The last mount of the namespace whose source is the host's directory `source`: its point goes to buf, PATH_MAX bytes. False if
 * there is none.
 */
MUST_CHECK bool pivot_find(struct instance *in, uint32_t ns, const char *source, char *buf);

/* umount2(2) of "/" after that: the hidden root goes with all that was in it. False if there is none. */
MUST_CHECK bool pivot_drop_old(struct instance *in, uint32_t ns);

#endif
