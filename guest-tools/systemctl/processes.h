/*
 * Which processes belong to a service. There are no control groups: its monitor is their parent or adopts them
 * (PR_SET_CHILD_SUBREAPER), so they descend from it; and what was started carries INVOCATION_ID in its environment, which
 * finds them too when the monitor was killed.
 */
#ifndef LX_GUEST_TOOLS_PROCESSES_H
#define LX_GUEST_TOOLS_PROCESSES_H

#include <sys/types.h>

#include "guest-tools/pool.h"

/* A process for sure: numbers are used again, with other times of start. */
struct process {
	pid_t pid;                  /* 0: none */
	unsigned long long started; /* clock ticks since boot */
};

struct pids {
	pid_t *items;
	size_t count;
};

/* {0, 0} if there is none or it has ended and nobody has asked for its status. */
struct process process_of(pid_t pid);
bool process_is_alive(const struct process *p);
/* Its command line with blanks, or [name]. */
char *process_command(struct pool *p, pid_t pid);
char *process_name(struct pool *p, pid_t pid);

/* In the order of their numbers; without the monitor and the caller. `monitor` 0 or `invocation` "": only the other counts. */
void processes_find(struct pool *p, pid_t monitor, const char *invocation, struct pids *ret);
/* Signals all; `except` 0: no exception. */
void processes_signal(const struct pids *pids, int signal, pid_t except);

#endif
