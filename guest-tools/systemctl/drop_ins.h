/* The files NAME.d/X.conf, and NAME.wants/ and its kin. */
#ifndef LX_GUEST_TOOLS_DROP_INS_H
#define LX_GUEST_TOOLS_DROP_INS_H

#include "guest-tools/pool.h"

/* The drop-in files of a unit with these names, in the order in which they are read. */
void drop_ins_find(struct pool *p, const struct list *names, struct list *ret);

/* The units that links in NAME.<kind> ("wants", "requires") name. */
void drop_ins_dependencies(struct pool *p, const char *name, const char *kind, struct list *ret);

#endif
