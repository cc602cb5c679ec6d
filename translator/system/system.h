/*
 * What handlers elsewhere share with the calls on the system as a whole. Theory: translator/system/README.md.
 */
#ifndef LX_TRANSLATOR_SYSTEM_SYSTEM_H
#define LX_TRANSLATOR_SYSTEM_SYSTEM_H

#include <stdint.h>

#include "base/attr.h"
#include "translator/translator.h"

/*
 * What clone(2) and unshare(2) answer to flags with any CLONE_NEW* in them: -EPERM where Linux would not allow it to
 * the caller, else -EINVAL, which is a kernel without that namespace. 0 if there is none of them in flags but CLONE_NEWNS.
 */
MUST_CHECK long tr_refuse_namespaces(const struct tr_call *c, uint64_t flags);

/*
 * CLONE_NEWNS in flags: a new mount namespace, which lives at least until *ret_fd is closed; else the process's own, and -1. 0 or
 * -errno.
 */
MUST_CHECK long tr_new_mount_ns(struct tr_call *c, uint64_t flags, uint32_t *ret, int *ret_fd);

#endif
