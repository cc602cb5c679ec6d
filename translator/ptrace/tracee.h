/*
 * What a tracer knows of its tracees, and the few requests that everything here is made of. Private to this folder;
 * theory: README.md.
 */
#ifndef LX_TRANSLATOR_PTRACE_TRACEE_H
#define LX_TRANSLATOR_PTRACE_TRACEE_H

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>

#include "base/attr.h"
#include "translator/frame.h"
#include "translator/translator.h"

/* As PTRACE_O_TRACESYSGOOD marks them. */
#define SYSCALL_STOP (SIGTRAP | 0x80)

/* include/linux/errno.h: results that only tracers see. */
#define ERESTARTSYS           512
#define ERESTARTNOINTR        513
#define ERESTARTNOHAND        514
#define ERESTART_RESTARTBLOCK 516

/* How a stop that the tracer was told of differs from what the host's kernel says of it. */
enum appearance {
	AS_IT_IS,
	/* The thread is in the resident: its registers are those in its signal frame. */
	IN_CALL,
	/* The same, where a seccomp program has sent the call to the tracer: its number, arguments and result count. */
	IN_SECCOMP,
	/* A call that is made again because of a signal, at its exit: natively an error that only tracers see. */
	RESTARTED,
	/* The host's thread is about to begin the guest's program, from a signal frame; the guest's is in its execve. */
	EXECUTED,
	/* The host's thread is at a syscall stop, the guest's stop has another reason: `code` and `info`. */
	PRETENDED,
};

/* The kernel's _NSIG. */
#define SIGNALS 64

/* The length of a syscall instruction. */
#define SYSCALL_SIZE 2

/* A signal whose stop was put off. */
struct held {
	int sig;   /* 0: none */
	bool sent; /* it will come */
	siginfo_t info;
};

struct tracee {
	pid_t tid, tracer; /* host's thread ids; only the thread `tracer` looks at the rest */
	uint32_t options;  /* PTRACE_O_*, as the tracer set them */
	bool configured;   /* the host's own are ours: with PTRACE_O_TRACESYSGOOD */
	bool unpatched;    /* its prepared text traps */
	int want;          /* the request that last resumed it: PTRACE_CONT, PTRACE_SYSCALL .. */

	/* The stop that the tracer knows or will be told of. */
	bool stopped;
	bool told; /* by a wait that took it */
	enum appearance appearance;
	int code; /* signal | event << 8, as in a wait status */
	siginfo_t info;
	uint64_t message;
	uint64_t context, frame; /* addresses of the ucontext_t that has its registers, of its struct tr_frame */
	bool waiting;            /* IN_CALL: in a call of the host that the signal or stop interrupted */

	/* Where it is. */
	uint64_t out_ip;     /* its instruction pointer at its last system call stop */
	bool inside;         /* was in the resident when it last stopped */
	bool at_entry;       /* and that stop was the entry of a call */
	bool entered_inside; /* the last call that it entered was one of the resident's */
	bool in_call;        /* the resident works on a call of the guest's, not on a signal */
	uint32_t nr;         /* that call, or the last one; where it returns to, with which stack */
	uint64_t ip, sp;
	bool exit_due;   /* the tracer has yet to be told of the call's exit, if it wants to be */
	bool restarting; /* the host makes a call again that the tracer knows to be interrupted */
	bool executing;  /* in execve's second half, of which the tracer is told at its end */

	/* Ways that we go with it. */
	bool driving;  /* through the resident, from call to call */
	bool stepping; /* out of the end of a signal's entry, by single steps */
	struct held held[4];
	bool interrupt_held; /* a PTRACE_INTERRUPT, or a new child's first stop */
	bool interrupted;    /* the tracer said PTRACE_INTERRUPT and has seen no stop since: hidden ones take it away */
	int resent;          /* a signal that the resident sends again, and that the tracer has already seen */
	int delivered;       /* what the tracer last let through */
};

/* --- tracee.c ------------------------------------------------------------------------------------------------------- */

/* The tracee of the calling thread, or NULL. */
struct tracee *tracee_find(struct tr_call *c, pid_t tid);
/* A new one, or the old one of that number made new; NULL when there are too many. */
struct tracee *tracee_add(struct tr_call *c, pid_t tid);
void tracee_forget(struct tr_call *c, pid_t tid);
/* tracee_settle() for all of the calling thread's. */
void tracee_settle_all(struct tr_call *c);
/* An unknown thread turns out to be a tracee: a child that asked for it, or one that an option caught. */
struct tracee *tracee_meet(struct tr_call *c, pid_t tid);

/* --- host.c --------------------------------------------------------------------------------------------------------- */

/* ptrace(2) on the tracee, as the raw call: PEEK requests write to *data. */
MUST_CHECK long tracee_request(const struct tracee *t, long request, uint64_t addr, void *data);
MUST_CHECK int tracee_read(const struct tracee *t, void *to, uint64_t from, size_t words);
MUST_CHECK int tracee_write(const struct tracee *t, uint64_t to, const void *from, size_t words);
/* True if a signal with this number, and for SIGSYS with our mark, waits to be delivered to the thread. */
bool tracee_has_pending(const struct tracee *t, int sig);
/* True if the host's kernel would call a handler for sig. */
bool tracee_catches(const struct tracee *t, int sig);
/* A number of proc_pid_status(5); key ends with ":\t". */
MUST_CHECK int host_status(pid_t tid, const char *key, unsigned base, uint64_t *ret);
/* A SIGSYS that the filter sent. */
bool is_trap(const siginfo_t *info);
bool is_inside(uint64_t ip);

/* --- registers.c ----------------------------------------------------------------------------------------------------- */

/* The tracee's registers as its tracer has to see them. */
MUST_CHECK int tracee_get_registers(const struct tracee *t, struct user_regs_struct *ret);
MUST_CHECK int tracee_set_registers(struct tracee *t, const struct user_regs_struct *r);
/* Finds the signal frame of a thread that stopped in the resident with these registers; false where there is none. */
bool tracee_find_context(struct tracee *t, const struct user_regs_struct *r);

/* Where a call that the tracer takes away has its result. */
MUST_CHECK int tracee_write_result(const struct tracee *t, uint64_t result);

/* --- seccomp.c ------------------------------------------------------------------------------------------------------- */

/* The SIGSYS that stands for PTRACE_EVENT_SECCOMP: false if the tracer does not want to know. */
MUST_CHECK bool tracee_on_seccomp(struct tracee *t, const struct user_regs_struct *r, const siginfo_t *info);

/* --- stop.c ---------------------------------------------------------------------------------------------------------- */

/*
 * The tracee has stopped in the host's eyes, with code as in a wait status. If the tracer has to know, t->stopped is true
 * and t->code says what it must be told; else it runs again.
 */
void tracee_on_stop(struct tr_call *c, struct tracee *t, int code);

/* --- held.c ---------------------------------------------------------------------------------------------------------- */

/* False if there is no room. */
MUST_CHECK bool hold_signal(struct tracee *t, int sig, const siginfo_t *info);
/* The next stop of sig is the one with info. */
void expect_signal(struct tracee *t, int sig, const siginfo_t *info);
/* True if it is; then *info is what it was. */
bool take_signal(struct tracee *t, int sig, siginfo_t *info);
/* True while something is to be made again, or while a stop is sure to come. */
bool is_holding(const struct tracee *t);
bool is_stopping(const struct tracee *t);
/*
 * Makes it again, if the thread is where the guest knows it, or about to enter a call that it can interrupt. True if the
 * next stop must be this one: any other takes an interrupt away, and a SIGSTOP too late is of no use.
 */
bool raise_held(struct tracee *t);

/* --- resume.c --------------------------------------------------------------------------------------------------------- */

/* Lets it run from a stop that the tracer does not see, as the tracer last wished. */
void tracee_go_on(struct tracee *t, int sig);
/* The tracer's own wish: PTRACE_CONT and its kin, PTRACE_LISTEN, PTRACE_DETACH. */
MUST_CHECK long tracee_resume(struct tr_call *c, struct tracee *t, long request, uint64_t sig);
/* Out of an interrupted wait, to where the guest called: its stop becomes PRETENDED. 0, or -ESRCH if it died. */
MUST_CHECK int tracee_push_out(struct tracee *t);

/* A call that the kernel makes again. */
static inline bool is_restart(int64_t result)
{
	return result == -ERESTARTSYS || result == -ERESTARTNOINTR || result == -ERESTARTNOHAND ||
	       result == -ERESTART_RESTARTBLOCK;
}

static inline bool is_step(int request)
{
	return request == PTRACE_SINGLESTEP || request == PTRACE_SINGLEBLOCK;
}

/* --- wait.c ---------------------------------------------------------------------------------------------------------- */

/* Looks if the tracee has stopped meanwhile, without waiting: afterwards t->stopped is what the tracer may rely on. */
void tracee_settle(struct tr_call *c, struct tracee *t);
/* The same before a request: one that will stop in a moment, by our doing, is waited for. */
void tracee_settle_now(struct tr_call *c, struct tracee *t);
/* The same for a thread that is not known yet; NULL if it is no tracee that has stopped. */
struct tracee *tracee_settle_unknown(struct tr_call *c, pid_t tid);

/* --- child.c --------------------------------------------------------------------------------------------------------- */

/* A tracee came or went. */
void tracer_gained(struct tr_process *p);
void tracer_lost(struct tr_process *p);
/* tr_blocking_call() for waits. */
MUST_CHECK long tracer_wait(struct tr_call *c, long nr, const uint64_t arg[6]);

/* --- again.c --------------------------------------------------------------------------------------------------------- */

/* The signal that has just interrupted the caller's call, with this context, is none for the guest. */
void make_call_again(ucontext_t *uc);

/* --- attach.c -------------------------------------------------------------------------------------------------------- */

MUST_CHECK long ptrace_trace_me(struct tr_call *c);
MUST_CHECK long ptrace_attach(struct tr_call *c, pid_t tid, long request, uint64_t options);

#endif
