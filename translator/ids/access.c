/* ptrace(2), "Ptrace access mode checking", with the identities that guests believe in. */
#include <errno.h>
#include <linux/capability.h>

#include "base/host.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"

int tr_may_access(struct tr_call *c, pid_t pid, enum tr_access_by by)
{
	const struct creds *me = c->creds;
	const uint64_t caps = by == TR_ACCESS_BY_FS ? me->cap_effective : me->cap_permitted;
	const struct process_slot *slot;
	struct ids_process p;
	struct creds them;
	int r = ids_process_read(pid, &p);

	if (r < 0)
		return r;
	if (p.tgid == c->ns.pid || creds_capable(me, CAP_SYS_PTRACE))
		return 0;
	r = tr_creds_of(c, pid, &them);
	if (r < 0)
		return r;
	if (!creds_are(&them, by == TR_ACCESS_BY_FS ? me->fsuid : me->ruid,
		       by == TR_ACCESS_BY_FS ? me->fsgid : me->rgid) ||
	    (them.cap_permitted & ~caps) != 0)
		return -EPERM;
	slot = instance_find_filled_slot(c->ns.in, p.tgid);
	return slot == NULL || slot->dumpable == 1 ? 0 : -EPERM;
}
