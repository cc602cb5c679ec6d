/*
 * prctl(2): the operations on what is the guest's own idea of itself. All others are the host's to do, with the guest's
 * own registers.
 */
#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/rules.h"
#include "translator/seccomp/seccomp.h"

/* fs/exec.h's SUID_DUMP_DISABLE and SUID_DUMP_USER. */
#define DUMPABLE_MAX 1

static long change(struct tr_call *c, const struct prctl_args *a)
{
	struct creds next = *c->creds;
	int r;

	switch (a->option) {
	case PR_CAPBSET_DROP:
		r = creds_bounding_drop(&next, a->arg2);
		break;
	case PR_CAP_AMBIENT:
		r = creds_ambient(&next, a->arg2, a->arg3, a->arg4, a->arg5);
		break;
	case PR_SET_SECUREBITS:
		r = creds_set_securebits(&next, a->arg2);
		break;
	default:
		r = creds_set_keepcaps(&next, a->arg2);
		break;
	}
	if (r == 0)
		tr_creds_commit(c, &next);
	return r;
}

static long set_dumpable(struct tr_call *c, uint64_t value)
{
	if (value > DUMPABLE_MAX)
		return -EINVAL;
	c->process->dumpable = (int32_t)value;
	tr_process_changed(c);
	return 0;
}

static long set_no_new_privs(struct tr_call *c, const struct prctl_args *a)
{
	if (a->arg2 != 1 || a->arg3 != 0 || a->arg4 != 0 || a->arg5 != 0)
		return -EINVAL;
	c->process->flags |= PROCESS_NO_NEW_PRIVS;
	tr_process_changed(c);
	return 0;
}

static long get_no_new_privs(struct tr_call *c, const struct prctl_args *a)
{
	if (a->arg2 != 0 || a->arg3 != 0 || a->arg4 != 0 || a->arg5 != 0)
		return -EINVAL;
	return (c->process->flags & PROCESS_NO_NEW_PRIVS) != 0;
}

static long set_seccomp(struct tr_call *c, uint64_t mode, uint64_t program)
{
	switch (mode) {
	case SECCOMP_MODE_STRICT:
		return tr_seccomp_set(c, SECCOMP_SET_MODE_STRICT, 0, 0);
	case SECCOMP_MODE_FILTER:
		return tr_seccomp_set(c, SECCOMP_SET_MODE_FILTER, 0, program);
	default:
		return -EINVAL;
	}
}

/* The addresses of code, data and arguments are the loader's to tell the kernel, and the executable is virtual. */
static long set_mm(const struct tr_call *c, const struct prctl_args *a)
{
	const uint64_t what = a->arg2;

	if (a->arg5 != 0 ||
	    (a->arg4 != 0 && what != PR_SET_MM_AUXV && what != PR_SET_MM_MAP && what != PR_SET_MM_MAP_SIZE))
		return -EINVAL;
	return tr_gap(c, -EPERM);
}

long sys_prctl(struct tr_call *c, const struct prctl_args *a)
{
	switch (a->option) {
	case PR_CAPBSET_READ:
		return creds_bounding_read(c->creds, a->arg2);
	case PR_GET_SECUREBITS:
		return c->creds->securebits;
	case PR_GET_KEEPCAPS:
		return creds_get_keepcaps(c->creds);
	case PR_CAP_AMBIENT:
		if (a->arg2 == PR_CAP_AMBIENT_IS_SET)
			return creds_ambient_read(c->creds, a->arg3, a->arg4, a->arg5);
		return change(c, a);
	case PR_CAPBSET_DROP:
	case PR_SET_SECUREBITS:
	case PR_SET_KEEPCAPS:
		return change(c, a);
	case PR_GET_DUMPABLE:
		return c->process->dumpable;
	case PR_SET_DUMPABLE:
		return set_dumpable(c, a->arg2);
	case PR_GET_NO_NEW_PRIVS:
		return get_no_new_privs(c, a);
	case PR_SET_NO_NEW_PRIVS:
		return set_no_new_privs(c, a);
	case PR_GET_SECCOMP:
		return c->process->seccomp_mode;
	case PR_SET_SECCOMP:
		return set_seccomp(c, a->arg2, a->arg3);
	case PR_SET_MM:
		return set_mm(c, a);
	case PR_SET_SYSCALL_USER_DISPATCH:
		/* Its selector would also turn the resident's own calls into signals. */
		return tr_gap(c, -EINVAL);
	case INSIDE_PRCTL:
		return INSIDE_ANSWER;
	default:
		return tr_native(c);
	}
}
