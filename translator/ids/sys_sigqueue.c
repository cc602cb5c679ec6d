/* rt_sigqueueinfo(2), rt_tgsigqueueinfo(2), pidfd_send_signal(2): signals with data that the sender makes up. */
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/process.h"

/* What the kernel knows of a siginfo; it reads the rest of the 128 bytes only for codes that it does not know. */
#define KNOWN 48

static int read_info(struct tr_call *c, uint64_t at, siginfo_t *ret)
{
	memset(ret, 0, sizeof(*ret));
	if (tr_read(c, ret, at, sizeof(*ret)) == 0)
		return 0;
	memset(ret, 0, sizeof(*ret));
	return tr_read(c, ret, at, KNOWN);
}

/* Nobody may pretend to be the kernel, kill(2) or tgkill(2), except to himself. */
static bool forged(struct tr_call *c, pid_t target, const siginfo_t *info)
{
	return (info->si_code >= 0 || info->si_code == SI_TKILL) && target != tr_tid(c);
}

long sys_rt_sigqueueinfo(struct tr_call *c, const struct rt_sigqueueinfo_args *a)
{
	siginfo_t info;
	int r;

	r = read_info(c, a->info, &info);
	if (r < 0)
		return r;
	if (forged(c, a->tgid, &info))
		return -EPERM;
	if (tr_is_init(c, a->tgid))
		return tr_signal_init(c, a->sig);
	if (a->tgid <= 0 || !tr_pid_visible(c, a->tgid))
		return -ESRCH;
	r = tr_may_signal(c, a->tgid, a->sig);
	if (r < 0 || a->tgid != c->ns.pid)
		return r < 0 ? r : host_call(SYS_rt_sigqueueinfo, a->tgid, a->sig, &info);
	return tr_signal_self(c, a->sig, SYS_rt_sigqueueinfo,
			      (const uint64_t[6]){(uint64_t)a->tgid, (uint64_t)a->sig, (uintptr_t)&info});
}

long sys_rt_tgsigqueueinfo(struct tr_call *c, const struct rt_tgsigqueueinfo_args *a)
{
	siginfo_t info;
	int r;

	r = read_info(c, a->info, &info);
	if (r < 0)
		return r;
	if (a->tid <= 0 || a->tgid <= 0)
		return -EINVAL;
	if (forged(c, a->tid, &info))
		return -EPERM;
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
	return host_call(SYS_rt_tgsigqueueinfo, a->tgid, a->tid, a->sig, &info);
}

long sys_pidfd_send_signal(struct tr_call *c, const struct pidfd_send_signal_args *a)
{
	siginfo_t info;
	pid_t pid;
	int fd, r;

	/* Negative numbers stand for the caller itself (Linux 6.14). */
	fd = a->fd < 0 ? a->fd : tr_borrow_fd(c, a->fd);
	if (a->fd >= 0 && fd < 0)
		return fd;
	if (a->info != 0) {
		r = read_info(c, a->info, &info);
		if (r < 0)
			return r;
	}
	pid = fd >= 0 ? ids_process_of_pidfd(fd) : -EBADF;
	/* Init's: what is wrong with the flags the host says. */
	if (pid > 0 && pid == c->ns.in->supervisor) {
		r = tr_signal_init(c, a->sig);
		return r < 0 ? r : host_call(SYS_pidfd_send_signal, fd, 0, 0, a->flags);
	}
	r = pid > 0 ? tr_may_signal(c, pid, a->sig) : 0;
	if (r == -EPERM)
		return r;
	return host_call(SYS_pidfd_send_signal, fd, a->sig, a->info != 0 ? (uint64_t)(uintptr_t)&info : 0, a->flags);
}
