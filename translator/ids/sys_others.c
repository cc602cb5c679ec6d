/*
 * Calls that the host does, about a process that somebody names: whether the guest sees it and may. To the host all guests are one
 * user, and so are programs outside of the instance. What concerns the caller itself never comes here.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/ioprio.h>
#include <sys/resource.h>

#include "base/host.h"
#include "base/layout.h"
#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"

typedef int may(struct tr_call *c, pid_t pid);

/* allows: NULL for what everybody may ask. */
static int look_at(struct tr_call *c, pid_t pid, may *allows)
{
	/* The host says what is wrong with a negative one. */
	if (pid <= 0 || pid == c->ns.pid || pid == tr_tid(c))
		return 0;
	/* Linux lets root change an init. Here: the host's is not ours to change. */
	if (tr_is_init(c, pid))
		return allows == NULL ? 0 : (int)tr_gap(c, -EPERM);
	if (!tr_pid_visible(c, pid))
		return -ESRCH;
	return allows == NULL ? 0 : allows(c, pid);
}

static long of_process(struct tr_call *c, pid_t pid, may *allows)
{
	int r = look_at(c, pid, allows);

	return r < 0 ? r : tr_native(c);
}

/* --- scheduling --------------------------------------------------------------------------------------------------------- */

/* set_one_prio_perm() of kernel/sys.c, check_same_owner() of kernel/sched. */
static int may_schedule(struct tr_call *c, pid_t pid)
{
	const struct creds *me = c->creds;
	struct creds them;
	int r = tr_creds_of(c, pid, &them);

	if (r < 0)
		return r;
	return me->euid == them.euid || me->euid == them.ruid || creds_capable(me, CAP_SYS_NICE) ? 0 : -EPERM;
}

long sys_sched_setparam(struct tr_call *c, const struct sched_setparam_args *a)
{
	return of_process(c, a->pid, may_schedule);
}

long sys_sched_getparam(struct tr_call *c, const struct sched_getparam_args *a)
{
	return of_process(c, a->pid, NULL);
}

long sys_sched_setscheduler(struct tr_call *c, const struct sched_setscheduler_args *a)
{
	return of_process(c, a->pid, may_schedule);
}

long sys_sched_getscheduler(struct tr_call *c, const struct sched_getscheduler_args *a)
{
	return of_process(c, a->pid, NULL);
}

long sys_sched_rr_get_interval(struct tr_call *c, const struct sched_rr_get_interval_args *a)
{
	return of_process(c, a->pid, NULL);
}

long sys_sched_setaffinity(struct tr_call *c, const struct sched_setaffinity_args *a)
{
	return of_process(c, a->pid, may_schedule);
}

long sys_sched_getaffinity(struct tr_call *c, const struct sched_getaffinity_args *a)
{
	return of_process(c, a->pid, NULL);
}

long sys_sched_setattr(struct tr_call *c, const struct sched_setattr_args *a)
{
	return of_process(c, a->pid, may_schedule);
}

long sys_sched_getattr(struct tr_call *c, const struct sched_getattr_args *a)
{
	return of_process(c, a->pid, NULL);
}

/* --- priorities --------------------------------------------------------------------------------------------------------- */

/* set_task_ioprio() of block/ioprio.c */
static int may_set_io(struct tr_call *c, pid_t pid)
{
	const struct creds *me = c->creds;
	struct creds them;
	int r = tr_creds_of(c, pid, &them);

	if (r < 0)
		return r;
	return them.ruid == me->euid || them.ruid == me->ruid || creds_capable(me, CAP_SYS_NICE) ? 0 : -EPERM;
}

/* __get_task_ioprio(): what counts for who has not set any comes from its nice value. */
static long io_in_force(pid_t tid, long priority)
{
	long nice;

	if (IOPRIO_PRIO_CLASS(priority) != IOPRIO_CLASS_NONE)
		return priority;
	/* The call itself answers 20 - nice. */
	nice = 20 - host_call(SYS_getpriority, PRIO_PROCESS, tid);
	return IOPRIO_PRIO_VALUE(IOPRIO_CLASS_BE, (int)(nice + 20) / 5);
}

/* The threads of a process group, or of a guest user, whom the host does not know. */
struct many {
	struct tr_call *c;
	pid_t group; /* 0: of the user */
	uid_t user;
	may *allows; /* NULL: only asks */
	int which;   /* how the call names a single thread */
	int value;
	long best, error;
};

static int visit_thread(void *arg, pid_t tid)
{
	struct many *m = arg;
	long r = m->allows == NULL ? 0 : m->allows(m->c, tid);

	if (r == 0)
		r = host_call(m->c->nr, m->which, tid, m->value);
	if (r < 0 && r != -ESRCH)
		m->error = r;
	else if (r >= 0 && m->error == -ESRCH)
		m->error = 0;
	if (r >= 0 && m->c->nr == SYS_ioprio_get) {
		r = io_in_force(tid, r);
		m->best = m->best >= 0 && m->best < r ? m->best : r;
	} else if (r > m->best) {
		m->best = r;
	}
	return 0;
}

static int visit_process(void *arg, pid_t pid)
{
	struct many *m = arg;
	struct creds them;

	if (!tr_pid_visible(m->c, pid))
		return 0;
	if (m->group != 0 ? host_call(SYS_getpgid, pid) != m->group
			  : tr_creds_of(m->c, pid, &them) < 0 || them.ruid != m->user)
		return 0;
	(void)!ids_thread_each(pid, visit_thread, m);
	return 0;
}

static long of_many(struct many *m)
{
	int r;

	m->best = m->error = -ESRCH;
	r = ids_process_each(visit_process, m);
	if (r < 0)
		return r;
	return m->allows == NULL && m->best >= 0 ? m->best : m->error;
}

static long of_user(struct tr_call *c, int who, int which, int value, may *allows)
{
	struct many m = {.c = c, .allows = allows, .which = which, .value = value};

	m.user = who == 0 ? c->creds->ruid : (uid_t)who;
	return of_many(&m);
}

static long of_group(struct tr_call *c, int who, int which, int value, may *allows)
{
	struct many m = {.c = c, .allows = allows, .which = which, .value = value};

	m.group = who == 0 ? (pid_t)host_call(SYS_getpgid, 0) : who;
	return of_many(&m);
}

long sys_getpriority(struct tr_call *c, const struct getpriority_args *a)
{
	if (a->which == PRIO_USER)
		return of_user(c, a->who, PRIO_PROCESS, 0, NULL);
	return a->which == PRIO_PROCESS ? of_process(c, a->who, NULL) : tr_native(c);
}

long sys_setpriority(struct tr_call *c, const struct setpriority_args *a)
{
	if (a->which == PRIO_USER)
		return of_user(c, a->who, PRIO_PROCESS, a->prio, may_schedule);
	if (a->which == PRIO_PGRP)
		return of_group(c, a->who, PRIO_PROCESS, a->prio, may_schedule);
	return a->which == PRIO_PROCESS ? of_process(c, a->who, may_schedule) : tr_native(c);
}

long sys_ioprio_get(struct tr_call *c, const struct ioprio_get_args *a)
{
	if (a->which == IOPRIO_WHO_USER)
		return of_user(c, a->who, IOPRIO_WHO_PROCESS, 0, NULL);
	return a->which == IOPRIO_WHO_PROCESS ? of_process(c, a->who, NULL) : tr_native(c);
}

long sys_ioprio_set(struct tr_call *c, const struct ioprio_set_args *a)
{
	if (a->which == IOPRIO_WHO_USER)
		return of_user(c, a->who, IOPRIO_WHO_PROCESS, a->ioprio, may_set_io);
	if (a->which == IOPRIO_WHO_PGRP)
		return of_group(c, a->who, IOPRIO_WHO_PROCESS, a->ioprio, may_set_io);
	return a->which == IOPRIO_WHO_PROCESS ? of_process(c, a->who, may_set_io) : tr_native(c);
}

/* --- limits and groups -------------------------------------------------------------------------------------------------- */

/* check_prlimit_permission() of kernel/sys.c */
static int may_limit(struct tr_call *c, pid_t pid)
{
	const struct creds *me = c->creds;
	struct creds them;
	int r = tr_creds_of(c, pid, &them);

	if (r < 0)
		return r;
	if (creds_are(&them, me->ruid, me->rgid))
		return 0;
	return creds_capable(me, CAP_SYS_RESOURCE) ? 0 : -EPERM;
}

/* Init's limits are the caller's, as in /proc/1/limits. */
static long limit_of_init(struct tr_call *c, const struct prlimit64_args *a)
{
	struct rlimit64 limit;
	long r = may_limit(c, a->pid);

	if (r == 0 && a->new_limit != 0)
		r = tr_gap(c, -EPERM);
	if (r == 0)
		r = host_call(SYS_prlimit64, c->ns.pid, a->resource, 0, &limit);
	return r < 0 || a->old_limit == 0 ? r : tr_write(c, a->old_limit, &limit, sizeof(limit));
}

long sys_prlimit64(struct tr_call *c, const struct prlimit64_args *a)
{
	if (tr_is_init(c, a->pid))
		return limit_of_init(c, a);
	return of_process(c, a->pid, may_limit);
}

long sys_getpgid(struct tr_call *c, const struct getpgid_args *a)
{
	if (tr_is_init(c, a->pid))
		return a->pid;
	return of_process(c, a->pid, NULL);
}

long sys_getsid(struct tr_call *c, const struct getsid_args *a)
{
	if (tr_is_init(c, a->pid))
		return a->pid;
	return of_process(c, a->pid, NULL);
}

/* --- memory and descriptors --------------------------------------------------------------------------------------------- */

static int may_access(struct tr_call *c, pid_t pid)
{
	return tr_may_access(c, pid, TR_ACCESS_BY_REAL);
}

long sys_process_vm_readv(struct tr_call *c, const struct process_vm_readv_args *a)
{
	return of_process(c, a->pid, may_access);
}

long sys_process_vm_writev(struct tr_call *c, const struct process_vm_writev_args *a)
{
	return of_process(c, a->pid, may_access);
}

long sys_migrate_pages(struct tr_call *c, const struct migrate_pages_args *a)
{
	return of_process(c, a->pid, may_access);
}

long sys_move_pages(struct tr_call *c, const struct move_pages_args *a)
{
	return of_process(c, a->pid, may_access);
}

long sys_get_robust_list(struct tr_call *c, const struct get_robust_list_args *a)
{
	return of_process(c, a->pid, may_access);
}

long sys_kcmp(struct tr_call *c, const struct kcmp_args *a)
{
	int r = look_at(c, a->pid1, may_access);

	return r < 0 ? r : of_process(c, a->pid2, may_access);
}

long sys_pidfd_getfd(struct tr_call *c, const struct pidfd_getfd_args *a)
{
	int fd = tr_borrow_fd(c, a->pidfd);
	pid_t pid;
	int r;

	if (fd < 0)
		return fd;
	pid = ids_process_of_pidfd(fd);
	/* Gone, or no pidfd: the host tells which. */
	if (pid < 0)
		return tr_native(c);
	if (pid == c->ns.in->supervisor)
		return tr_gap(c, -EPERM);
	if (!tr_pid_visible(c, pid))
		return -ESRCH;
	r = tr_may_access(c, pid, TR_ACCESS_BY_REAL);
	if (r < 0)
		return r;
	return a->targetfd == RESERVED_FD ? -EBADF : tr_native(c);
}
