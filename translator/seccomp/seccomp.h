/*
 * The guest's own seccomp filters: installed for real, and asked again for the calls that the translator makes. Theory:
 * README.md.
 */
#ifndef LX_TRANSLATOR_SECCOMP_SECCOMP_H
#define LX_TRANSLATOR_SECCOMP_SECCOMP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/attr.h"
#include "translator/translator.h"

/*
 * seccomp(2), for that call and for prctl(PR_SET_SECCOMP): op is SECCOMP_*, args its third argument. 0, or what the man
 * page says: a thread's id with SECCOMP_FILTER_FLAG_TSYNC, -EACCES, -EINVAL, -EFAULT, -ENOMEM, -EBUSY, -EOPNOTSUPP.
 */
MUST_CHECK long tr_seccomp_set(struct tr_call *c, unsigned op, unsigned flags, uint64_t args);

/*
 * What the calling thread's filters say of a call that is about to be dispatched. True if it must not be made: *ret is
 * what the guest gets. Does not return if a filter kills. A trap has then been sent as SIGSYS to the thread and arrives
 * when the call's frame is left.
 */
MUST_CHECK bool tr_seccomp_check(struct tr_call *c, long *ret);

#endif
