/* arch_prctl(2), as far as a translator must have a word in it. */
#include <errno.h>

#include "translator/args.h"

/*
 * Shadow stacks (the only operations that the filter sends here): the resident leaves handlers by ways that a shadow stack
 * would call an attack. The answer is that of a processor without them.
 */
long sys_arch_prctl(struct tr_call *c, const struct arch_prctl_args *a)
{
	(void)a;
	return tr_gap(c, -EOPNOTSUPP);
}
