#include <linux/prctl.h>

#include "base/host.h"
#include "translator/ids/ids.h"
#include "translator/ids/rules.h"

void tr_creds_commit(struct tr_call *c, const struct creds *next)
{
	const bool protects = creds_protect(c->creds, next);

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
