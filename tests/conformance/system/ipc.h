/* What msgctl(2), semctl(2) and shmctl(2) have in common: an object's owner. */
#ifndef LX_TESTS_CONFORMANCE_IPC_H
#define LX_TESTS_CONFORMANCE_IPC_H

#include "../check.h"

#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>

static inline void belongs(const struct ipc_perm *p, unsigned mode, const char *what)
{
	CHECK(p->uid == geteuid() && p->gid == getegid(), "%s: the owner", what);
	CHECK(p->cuid == geteuid() && p->cgid == getegid(), "%s: who made it", what);
	CHECK_EQUAL(p->mode & 0777, mode, what);
}

#endif
