/* getppid(2) and pidfd_open(2): who else is there. */
#include <errno.h>

#include "base/host.h"
#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"

#define INIT 1

static pid_t parent_pid(struct tr_call *c)
{
	struct ids_process p;

	if (c->frame != NULL)
		return (pid_t)host_call(SYS_getppid);
	return ids_process_read(c->ns.pid, &p) == 0 ? p.ppid : INIT;
}

long sys_getppid(struct tr_call *c, const struct getppid_args *a UNUSED)
{
	const pid_t parent = parent_pid(c);

	/* An init has no parent. */
	if (c->ns.pid == INIT && parent == 0)
		return 0;
	if (parent != c->process->parent) {
		c->process->parent_is_guest = parent > INIT && tr_is_guest(c, parent);
		__atomic_store_n(&c->process->parent, parent, __ATOMIC_RELEASE);
	}
	return c->process->parent_is_guest ? parent : INIT;
}

long sys_pidfd_open(struct tr_call *c, const struct pidfd_open_args *a)
{
	int fd CLEANUP(host_close_at) = -1;

	const bool init = tr_is_init(c, a->pid);

	fd = (int)host_call(SYS_pidfd_open, init ? c->ns.in->supervisor : a->pid, a->flags);
	if (fd < 0)
		return fd;
	if (!init && !tr_pid_visible(c, a->pid))
		return -ESRCH;
	return tr_give_fd(c, take_fd(&fd), true);
}
