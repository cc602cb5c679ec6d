/*
 * The seccomp filter of an instance: which of the guest's calls trap, and its installation.
 *
 * The program is constant, made at build time from the table (generate.c). Theory: README.md.
 */
#ifndef LX_TRANSLATOR_FILTER_FILTER_H
#define LX_TRANSLATOR_FILTER_FILTER_H

#include <linux/filter.h>
#include <stddef.h>

#include "base/attr.h"

/* Calls of notify.def go to the supervisor instead of trapping. Needs a listener. */
#define TR_FILTER_NOTIFY 1u

/*
 * Sets no_new_privs and installs the filter for the calling thread and whatever it starts from now on. From then on the
 * caller's own calls must come from [RESIDENT_BASE, RESIDENT_TEXT_END), or trap.
 *
 * *ret_listener: the notification descriptor (close-on-exec, the caller's), or -1 where there can be none because another
 * filter of this process holds one or the kernel knows none: then the instance call answers ENOSYS.
 * 0, or -errno: -EINVAL (a kernel without seccomp filters, or an unknown flag), -EBUSY or -EINVAL where TR_FILTER_NOTIFY
 * was asked for and there can be no listener, -ENOMEM.
 */
MUST_CHECK int tr_filter_install(unsigned flags, int *ret_listener);

/* The program that tr_filter_install(flags) installs; its length in *ret_n. */
const struct sock_filter *tr_filter_program(unsigned flags, size_t *ret_n);

#endif
