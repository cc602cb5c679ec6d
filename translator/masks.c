/*
 * Calls that carry a signal mask: SIGSYS never gets in, whichever way it comes. What the guest asks for otherwise holds
 * exactly. While a call runs everything is masked, so a new mask goes into the frame that the call returns to.
 */
#include <errno.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/state.h"

static int read_mask(struct tr_call *c, uint64_t at, uint64_t size, uint64_t *ret)
{
	if (size != sizeof(*ret))
		return -EINVAL;
	if (tr_read(c, ret, at, sizeof(*ret)) < 0)
		return -EFAULT;
	*ret &= ~(TR_SIGNAL_BIT(SIGSYS) | TR_SIGNAL_BIT(SIGKILL) | TR_SIGNAL_BIT(SIGSTOP));
	return 0;
}

long sys_rt_sigprocmask(struct tr_call *c, const struct rt_sigprocmask_args *a)
{
	uint64_t *mask = tr_context_mask(c->frame->context);
	uint64_t old = *mask, set;
	int r;

	if (a->sigsetsize != sizeof(set))
		return -EINVAL;
	if (a->set != 0) {
		r = read_mask(c, a->set, a->sigsetsize, &set);
		if (r < 0)
			return r;
		switch (a->how) {
		case SIG_BLOCK:
			*mask = old | set;
			break;
		case SIG_UNBLOCK:
			*mask = old & ~set;
			break;
		case SIG_SETMASK:
			*mask = set;
			break;
		default:
			return -EINVAL;
		}
		tr_faults_mask_is(*mask);
	}
	return a->oldset != 0 ? tr_write(c, a->oldset, &old, sizeof(old)) : 0;
}

/* A call that waits with a mask of its own: the kernel swaps it in and out; outside of the wait all stays masked. */
static long wait_with_mask(struct tr_call *c, const uint64_t arg[6], uint64_t base)
{
	c->frame->deferred_base = base;
	return host_call(c->nr, arg[0], arg[1], arg[2], arg[3], arg[4], arg[5]);
}

long sys_rt_sigsuspend(struct tr_call *c, const struct rt_sigsuspend_args *a)
{
	uint64_t arg[6] = {0}, mask;
	int r = read_mask(c, a->mask, a->sigsetsize, &mask);

	if (r < 0)
		return r;
	arg[0] = (uint64_t)(uintptr_t)&mask;
	arg[1] = sizeof(mask);
	return wait_with_mask(c, arg, mask);
}

/* The same for calls that have the mask in register `at` and its size behind it. */
static long wait_with_mask_at(struct tr_call *c, unsigned at)
{
	uint64_t arg[6], mask;
	int r;

	memcpy(arg, c->arg, sizeof(arg));
	if (arg[at] == 0)
		return tr_native(c);
	r = read_mask(c, arg[at], arg[at + 1], &mask);
	if (r < 0)
		return r;
	arg[at] = (uint64_t)(uintptr_t)&mask;
	return wait_with_mask(c, arg, mask);
}

long sys_ppoll(struct tr_call *c, const struct ppoll_args *a)
{
	(void)a;
	return wait_with_mask_at(c, 3);
}

long sys_epoll_pwait(struct tr_call *c, const struct epoll_pwait_args *a)
{
	(void)a;
	return wait_with_mask_at(c, 4);
}

long sys_epoll_pwait2(struct tr_call *c, const struct epoll_pwait2_args *a)
{
	(void)a;
	return wait_with_mask_at(c, 4);
}

/* pselect6 and io_pgetevents: the sixth register points to { mask address, size }. */
static long wait_with_packed_mask(struct tr_call *c)
{
	struct {
		uint64_t mask, size;
	} packed;
	uint64_t arg[6], mask;
	int r;

	memcpy(arg, c->arg, sizeof(arg));
	if (arg[5] == 0)
		return tr_native(c);
	if (tr_read(c, &packed, arg[5], sizeof(packed)) < 0)
		return -EFAULT;
	if (packed.mask == 0)
		return tr_native(c);
	r = read_mask(c, packed.mask, packed.size, &mask);
	if (r < 0)
		return r;
	packed.mask = (uint64_t)(uintptr_t)&mask;
	arg[5] = (uint64_t)(uintptr_t)&packed;
	return wait_with_mask(c, arg, mask);
}

long sys_pselect6(struct tr_call *c, const struct pselect6_args *a)
{
	(void)a;
	return wait_with_packed_mask(c);
}

long sys_io_pgetevents(struct tr_call *c, const struct io_pgetevents_args *a)
{
	(void)a;
	return wait_with_packed_mask(c);
}

/* rt_sigtimedwait, signalfd: a set that would take SIGSYS away. */
static long with_set(struct tr_call *c, unsigned at, unsigned size_at)
{
	uint64_t arg[6], mask;
	int r;

	memcpy(arg, c->arg, sizeof(arg));
	r = read_mask(c, arg[at], arg[size_at], &mask);
	if (r < 0)
		return r;
	arg[at] = (uint64_t)(uintptr_t)&mask;
	return tr_blocking_call(c, c->nr, arg);
}

long sys_rt_sigtimedwait(struct tr_call *c, const struct rt_sigtimedwait_args *a)
{
	(void)a;
	return with_set(c, 0, 3);
}

long sys_signalfd(struct tr_call *c, const struct signalfd_args *a)
{
	(void)a;
	return with_set(c, 1, 2);
}

long sys_signalfd4(struct tr_call *c, const struct signalfd4_args *a)
{
	(void)a;
	return with_set(c, 1, 2);
}

long sys_rt_sigreturn(struct tr_call *c, const struct rt_sigreturn_args *a)
{
	uint64_t at = c->sp + offsetof(ucontext_t, uc_sigmask), mask;

	(void)a;
	/* A guest may have edited the mask in its frame. A frame that cannot be read is the kernel's to complain about. */
	if (tr_read(c, &mask, at, sizeof(mask)) == 0) {
		tr_faults_mask_is(mask);
		if ((mask & TR_SIGNAL_BIT(SIGSYS)) != 0) {
			mask &= ~TR_SIGNAL_BIT(SIGSYS);
			(void)!tr_write(c, at, &mask, sizeof(mask));
		}
	}
	tr_trace_leaving(c);
	tr_leave_to_frame(c->sp, c->frame);
}
