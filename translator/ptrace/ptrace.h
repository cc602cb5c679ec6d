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
 * The same at the end of execve, in the new image, with everything masked: makes the process a tracee that stops at its
 * first instruction.
 */
void tr_ptrace_executed(const struct instance *in, struct tr_process *p);

#endif
