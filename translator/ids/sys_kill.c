/*
 * kill(2), tkill(2), tgkill(2): signals to processes that the guest can see, by the guest's own rights. To the host all
 * of them belong to one user, so what is allowed here the host allows too.
 *
 * Process groups are the host's: a group is reachable if a guest is in it, and then the signal goes to the group as it
 * is, host programs of the same pipeline included, as a terminal's would.
 */
#include <errno.h>
#include <limits.h>
#include <linux/capability.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"

#define INIT 1

/* Many targets at once: a process group, or everything (group 0). */
struct crowd {
	struct tr_call *c;
	pid_t group;
	int sig;
	bool deliver; /* send it to those that may have it; else only look */
	int allowed;  /* how many may have it */
	int last_error;
};

static int visit(void *arg, pid_t pid)
{
	struct crowd *w = arg;
	int r;

	if (pid == w->c->ns.pid || (w->group != 0 && host_call(SYS_getpgid, pid) != w->group) ||
	    (w->group == 0 && pid == INIT) || !tr_pid_visible(w->c, pid))
		return 0;
	r = tr_may_signal(w->c, pid, w->sig);
	if (r == 0 && w->deliver)
		r = host_kill(pid, w->sig);
	if (r == 0)
		w->allowed++;
	else if (r != -ESRCH)
		w->last_error = r;
	return 0;
}

/* kill(-1): everyone in the instance but the caller and init. A refusal does not count as long as there is anyone. */
static int kill_all(struct tr_call *c, int sig)
{
	struct crowd all = {.c = c, .sig = sig, .deliver = true};
	int r = ids_process_each(visit, &all);

	if (r < 0)
		return r;
	if (all.allowed > 0)
		return 0;
	if (all.last_error == 0)
		return -ESRCH;
	return all.last_error == -EPERM ? 0 : all.last_error;
}

/* The caller is one of those that get it. */
static long kill_with_self(struct tr_call *c, pid_t pid, int sig)
{
	return tr_signal_self(c, sig, SYS_kill, (const uint64_t[6]){(uint64_t)pid, (uint64_t)sig});
}

static long kill_group(struct tr_call *c, pid_t group, int sig)
{
	struct crowd look = {.c = c, .group = group, .sig = sig};
	const bool own = group == host_call(SYS_getpgid, 0);
	int r;

	/* With the right to signal everybody only one member has to be known. */
	if (creds_capable(c->creds, CAP_KILL) && (own || tr_is_guest(c, group)))
		return own ? kill_with_self(c, -group, sig) : host_kill(-group, sig);
	r = ids_process_each(visit, &look);
	if (r < 0)
		return r;
	if (!own && look.allowed == 0)
		return look.last_error != 0 ? look.last_error : -ESRCH;
	if (look.last_error == 0)
		return own ? kill_with_self(c, -group, sig) : host_kill(-group, sig);
	/* A mixed group: one by one, the caller last, who might not survive it. */
	look.deliver = true;
	r = ids_process_each(visit, &look);
	if (r < 0)
		return r;
	return own ? kill_with_self(c, c->ns.pid, sig) : 0;
}

long sys_kill(struct tr_call *c, const struct kill_args *a)
{
	int r;

	if (a->pid == c->ns.pid)
		return kill_with_self(c, a->pid, a->sig);
	if (a->pid == INT_MIN)
		return -ESRCH;
	if (a->pid == -1)
		return kill_all(c, a->sig);
	if (a->pid <= 0)
		return kill_group(c, a->pid == 0 ? (pid_t)host_call(SYS_getpgid, 0) : -a->pid, a->sig);
	if (!tr_pid_visible(c, a->pid))
		return tr_is_init(c, a->pid) ? tr_signal_init(c, a->sig) : -ESRCH;
	r = tr_may_signal(c, a->pid, a->sig);
	return r < 0 ? r : host_kill(a->pid, a->sig);
}

long sys_tgkill(struct tr_call *c, const struct tgkill_args *a)
{
	int r;

	if (a->tgid <= 0 || a->tid <= 0)
		return -EINVAL;
	if (a->tgid != c->ns.pid) {
		if (tr_is_init(c, a->tgid) && a->tid == a->tgid)
			return tr_signal_init(c, a->sig);
		if (!tr_pid_visible(c, a->tgid))
			return -ESRCH;
		r = host_tgkill(a->tgid, a->tid, 0);
		if (r == 0)
			r = tr_may_signal(c, a->tid, a->sig);
		if (r < 0)
			return r;
	}
	return host_tgkill(a->tgid, a->tid, a->sig);
}

long sys_tkill(struct tr_call *c, const struct tkill_args *a)
{
	int r;

	if (a->tid <= 0)
		return -EINVAL;
	if (a->tid != tr_tid(c)) {
		if (tr_is_init(c, a->tid))
			return tr_signal_init(c, a->sig);
		if (!tr_pid_visible(c, a->tid))
			return -ESRCH;
		r = tr_may_signal(c, a->tid, a->sig);
		if (r < 0)
			return r;
	}
	return host_call(SYS_tkill, a->tid, a->sig);
}
