/* What the host's /proc says of a process, for the calls that name one. */
#ifndef LX_TRANSLATOR_IDS_PROCESS_H
#define LX_TRANSLATOR_IDS_PROCESS_H

#include <sys/types.h>

#include "base/attr.h"

struct ids_process {
	pid_t tgid, ppid;
	char state; /* R, S, Z .. of proc_pid_status(5) */
};

/* Of a process or thread; -ESRCH if there is none. */
MUST_CHECK int ids_process_read(pid_t pid, struct ids_process *ret);

/*
 * Calls visit for every process of the host that is listed in /proc, in no order, until it answers something other
 * than 0: that, or 0 at the end, or -errno where /proc cannot be read.
 */
MUST_CHECK int ids_process_each(int (*visit)(void *arg, pid_t pid), void *arg);

/* The same for the threads of a process. */
MUST_CHECK int ids_thread_each(pid_t pid, int (*visit)(void *arg, pid_t tid), void *arg);

/* The process of a pidfd (or of a descriptor of a directory /proc/PID); -EBADF where fd is neither, or it is gone. */
MUST_CHECK pid_t ids_process_of_pidfd(int fd);

#endif
