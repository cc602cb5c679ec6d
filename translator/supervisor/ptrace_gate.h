/* The ptrace gate: guests whose calls are stopped by a tracer instead of a filter. Theory: README.md. */
#ifndef LX_TRANSLATOR_SUPERVISOR_PTRACE_GATE_H
#define LX_TRANSLATOR_SUPERVISOR_PTRACE_GATE_H

#include <sys/types.h>

#include "base/attr.h"

/*
 * Starts to trace pid (PTRACE_SEIZE: it goes on running) and everything it will start. If this process dies, so do they.
 * -EPERM where the host forbids it (Yama: the process must have named this one by PR_SET_PTRACER), -ESRCH.
 */
MUST_CHECK int ptrace_gate_seize(pid_t pid);

/* Serves until no process that the calling thread traces is left. Several threads may do so side by side. 0, or -errno. */
MUST_CHECK int ptrace_gate_serve(void);

#endif
