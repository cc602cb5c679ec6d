/* Who may use a System V object or a POSIX queue. Private to translator/ipc/. */
#ifndef LX_TRANSLATOR_IPC_IPC_H
#define LX_TRANSLATOR_IPC_IPC_H

#include <sys/types.h>

#include "base/attr.h"
#include "base/ipc.h"
#include "translator/translator.h"

/* What the host's object always allows its user. */
#define IPC_HOST_MODE 0600

/* May the caller do what the bits of mode (0777, of whichever class) stand for? 0 or -EACCES: ipcperms() of ipc/util.c. */
MUST_CHECK int ipc_may(struct tr_call *c, enum ipc_kind kind, int id, mode_t mode);
/* May it change or remove the object? 0 or -EPERM: ipcctl_obtain_check(). capability: what stands for being the owner. */
MUST_CHECK int ipc_may_own(struct tr_call *c, enum ipc_kind kind, int id, int capability);
/* Keeps whose it is. */
void ipc_keep(struct tr_call *c, enum ipc_kind kind, uint64_t id, const struct ipc_owner *o);
/* The caller has made it. */
void ipc_made(struct tr_call *c, enum ipc_kind kind, uint64_t id, uint32_t uid, uint32_t gid, mode_t mode);

#endif
