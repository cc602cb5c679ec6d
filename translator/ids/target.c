/* Who another process of the instance is, and what may be sent to it. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"

/* How often a slot that is being written is looked at again, and how many ancestors are asked. */
#define TRIES       1000
#define GENERATIONS 64
/* The highest signal number of the kernel: _NSIG. */
#define SIGNALS 64

/* The identity in pid's slot. A writer that died halfway leaves a slot that is as good as what it last said. */
static bool read_slot(struct tr_call *c, pid_t pid, struct creds *ret)
{
	struct process_slot *s = instance_find_filled_slot(c->ns.in, pid);

	if (s == NULL)
		return false;
	for (int i = 0; i < TRIES; i++) {
		uint32_t before = atomic_load_explicit(&s->sequence, memory_order_acquire);

		*ret = s->creds;
		atomic_thread_fence(memory_order_acquire);
		if ((before & 1) == 0 && atomic_load_explicit(&s->sequence, memory_order_relaxed) == before)
			break;
	}
	if (ret->group_count > CREDS_GROUPS_MAX)
		ret->group_count = CREDS_GROUPS_MAX;
	return instance_find_slot(c->ns.in, pid) == s;
}

bool tr_is_init(struct tr_call *c, pid_t pid)
{
	return pid == 1 && !tr_is_guest(c, pid);
}

int tr_creds_of(struct tr_call *c, pid_t pid, struct creds *ret)
{
	if (pid == c->ns.pid || pid == tr_tid(c)) {
		*ret = *c->creds;
		return 0;
	}
	if (tr_is_init(c, pid)) {
		creds_of_init(ret);
		return 0;
	}
	/* A thread is found by its process. A child that has not made a translated call yet has no slot: it is who its
	 * parent was. */
	for (int i = 0; i < GENERATIONS; i++) {
		struct ids_process p;

		if (read_slot(c, pid, ret))
			return 0;
		if (ids_process_read(pid, &p) < 0)
			return -ESRCH;
		pid = p.tgid != pid ? p.tgid : p.ppid;
		if (!tr_is_guest(c, pid))
			break;
	}
	/* Its parent ended before it made a call of its own: what is known is that it is of this instance. */
	*ret = *c->creds;
	return 0;
}

/* A process that has ended, or that is about to be a zombie and has given back its memory: nothing tells its executable. */
static bool has_ended(pid_t pid, const struct ids_process *p)
{
	struct stat st;
	char exe[32];

	(void)str_format(exe, sizeof(exe), "/proc/%d/exe", pid);
	return p->state == 'Z' || host_fstatat(AT_FDCWD, exe, &st, 0) == -ENOENT;
}

/* What only the host's init can still wait for. */
static bool is_left_over(pid_t pid)
{
	struct stat st;
	char exe[32];

	(void)str_format(exe, sizeof(exe), "/proc/%d/exe", pid);
	return host_fstatat(AT_FDCWD, exe, &st, 0) == -ENOENT && vfs_process_ended(pid);
}

bool tr_pid_visible(struct tr_call *c, pid_t pid)
{
	struct ids_process p;

	if (pid == c->ns.pid || pid == tr_tid(c) || (tr_is_guest(c, pid) && !is_left_over(pid)))
		return true;
	/* Of a guest's children it is told what has become of them. */
	return ids_process_read(pid, &p) == 0 && has_ended(pid, &p) && p.ppid > 1 && tr_is_guest(c, p.ppid);
}

static bool same_session(pid_t pid)
{
	long theirs = host_call(SYS_getsid, pid);

	return theirs < 0 || theirs == host_call(SYS_getsid, 0);
}

int tr_signal_init(struct tr_call *c, int sig)
{
	const struct creds *me = c->creds;

	if (sig < 0 || sig > SIGNALS)
		return -EINVAL;
	return me->ruid == 0 || me->euid == 0 || creds_capable(me, CAP_KILL) ? 0 : -EPERM;
}

int tr_may_signal(struct tr_call *c, pid_t pid, int sig)
{
	const struct creds *me = c->creds;
	struct creds them;
	int r;

	if (sig < 0 || sig > SIGNALS)
		return -EINVAL;
	if (pid == c->ns.pid || pid == tr_tid(c) || creds_capable(me, CAP_KILL))
		return 0;
	/* One's own threads need no right either, but only the host knows who they are. */
	if (host_tgkill(c->ns.pid, pid, 0) == 0)
		return 0;
	r = tr_creds_of(c, pid, &them);
	if (r < 0)
		return r;
	if (me->euid == them.suid || me->euid == them.ruid || me->ruid == them.suid || me->ruid == them.ruid)
		return 0;
	return sig == SIGCONT && same_session(pid) ? 0 : -EPERM;
}
