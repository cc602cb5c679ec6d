/* Installs the generated program, with as many of the kernel's features as it has. */
#include "translator/filter/filter.h"

#include <errno.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "base/host.h"
#include "translator/filter/filter_program.h"

/* Linux 5.19: a signal does not abort a wait that the supervisor has begun to serve, so the call is not done twice. */
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif

/* Without SPEC_ALLOW, kernels before 5.16 switch on costly mitigations for every process with a filter. */
static const unsigned long attempts[] = {
	SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV,
	SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_SPEC_ALLOW,
	SECCOMP_FILTER_FLAG_SPEC_ALLOW,
	0,
};

const struct sock_filter *tr_filter_program(unsigned flags, size_t *ret_n)
{
	if (flags & TR_FILTER_NOTIFY) {
		*ret_n = ARRAY_SIZE(filter_program_notify);
		return filter_program_notify;
	}
	*ret_n = ARRAY_SIZE(filter_program);
	return filter_program;
}

int tr_filter_install(unsigned flags, int *ret_listener)
{
	/* What the kernel's struct sock_fprog is, with a pointer to constants. */
	struct {
		unsigned short n;
		const struct sock_filter *program;
	} filter;
	size_t n;
	long r;

	if (flags & ~TR_FILTER_NOTIFY)
		return -EINVAL;
	filter.program = tr_filter_program(flags, &n);
	filter.n = (unsigned short)n;

	r = host_call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (r < 0)
		return (int)r;
	for (size_t i = 0; i < ARRAY_SIZE(attempts); i++) {
		bool listens = attempts[i] & SECCOMP_FILTER_FLAG_NEW_LISTENER;

		if (!listens && (flags & TR_FILTER_NOTIFY))
			break;
		r = host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, attempts[i], &filter);
		if (r >= 0) {
			*ret_listener = listens ? (int)r : -1;
			return 0;
		}
		/* EINVAL: a flag that this kernel does not know. EBUSY: the process has a listener already. */
		if (r != -EINVAL && r != -EBUSY)
			break;
	}
	return (int)r;
}
