/* What the rest of the translator has to do with ptrace(2). Theory: README.md. */
#ifndef LX_TRANSLATOR_PTRACE_PTRACE_H
#define LX_TRANSLATOR_PTRACE_PTRACE_H

#include <signal.h>
#include <ucontext.h>

#include "translator/translator.h"

/*
 * A process that said PTRACE_TRACEME (PROCESS_TRACE_ME) is about to make call c->nr: makes it a tracee if its tracer is
 * meant to see what follows.
 */
void tr_ptrace_before(struct tr_call *c);

/* The same for a signal that has arrived with the guest's context uc: true if it comes again, for the tracer to see. */
MUST_CHECK bool tr_ptrace_signal(const struct instance *in, struct tr_process *p, int sig, const siginfo_t *info,
				 ucontext_t *uc);

/*
 * The guest's seccomp programs say SECCOMP_RET_TRACE, with data, to call c: true if *ret is its result; else it is made, as
 * the tracer has left it.
 */
MUST_CHECK bool tr_ptrace_seccomp(struct tr_call *c, uint16_t data, long *ret);
/* A SIGSYS that was only sent for the tracer's sake. */
bool tr_ptrace_is_event(const siginfo_t *info);

/* True for a process with tracees: its SIGCHLD is tr_ptrace_child()'s first. */
bool tr_ptrace_is_tracer(const struct tr_process *p);
/* True if there is nothing in a SIGCHLD for the guest to know; else *info may tell of another child than before. */
MUST_CHECK bool tr_ptrace_child(struct tr_process *p, siginfo_t *info, struct tr_frame *f);

/* True if who traces the caller, or will from execve on, could not trace what it may become: it lacks CAP_SYS_PTRACE. */
MUST_CHECK bool tr_ptrace_is_watched(struct tr_call *c);

/* Before and, if it fails, after the host's execve: what the guest ignores must be ignored in the kernel's eyes. */
void tr_ptrace_exec_begins(struct tr_process *p);
void tr_ptrace_exec_failed(struct tr_process *p);

/*
 * PTRACE_TRACEME at the end of execve, in the new image, with everything masked: makes the process a tracee that stops at its
 * first instruction.
 */
void tr_ptrace_executed(const struct instance *in, struct tr_process *p);

#endif
