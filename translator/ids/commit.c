#include <linux/prctl.h>

#include "base/host.h"
#include "translator/ids/ids.h"

/* The kernel's commit_creds(): who changed like this may know more than the one who would look at it. */
static bool protects_itself(const struct creds *old, const struct creds *next)
{
	return old->euid != next->euid || old->egid != next->egid || old->fsuid != next->fsuid ||
	       old->fsgid != next->fsgid || (next->cap_permitted & ~old->cap_permitted) != 0;
}

void tr_creds_commit(struct tr_call *c, const struct creds *next)
{
	const bool protects = protects_itself(c->creds, next);

	*tr_creds_for_change(c) = *next;
	tr_creds_changed(c);
	if (!protects)
		return;
	if (c->process->dumpable != 0) {
		c->process->dumpable = 0;
		tr_process_changed(c);
	}
	/* The host keeps the parent-death signal, which is the calling thread's: only reachable from inside it. */
	if (c->frame != NULL)
		(void)host_call(SYS_prctl, PR_SET_PDEATHSIG, 0);
}
