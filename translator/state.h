/*
 * The resident's private state of this process, and the functions that gates, signals, exec and clone share. Not for
 * handlers of plain calls: those see struct tr_call only.
 */
#ifndef LX_TRANSLATOR_STATE_H
#define LX_TRANSLATOR_STATE_H

#include <stdatomic.h>

#include "translator/frame.h"
#include "translator/translator.h"

/* The instance, mapped at INSTANCE_BASE. */
#define TR_INSTANCE ((struct instance *)(uintptr_t)INSTANCE_BASE)

/* linux/futex.h */
#define TR_OWNER_DIED 0x40000000u

/* True if the supervisor has died: nothing of the instance is to go on. */
static inline bool tr_instance_has_ended(void)
{
	return (atomic_load_explicit(&TR_INSTANCE->owner, memory_order_relaxed) & TR_OWNER_DIED) != 0;
}

/* --- memory.c ------------------------------------------------------------------------------------------------------- */

/* The port of a call in its own process: guest memory is ours, faults become -EFAULT. */
extern const struct tr_port tr_local_port;

/* --- locks.c --------------------------------------------------------------------------------------------------------- */

enum tr_lock {
	TR_LOCK_SIGNALS, /* the tables of actions */
	TR_LOCK_PUBLISH, /* the process's slot in shared memory */
	TR_LOCK_COPIES,  /* giving back what dead children had */
	TR_LOCKS,
};

/* Waits, with everything masked; takes over from who died. No lock is taken while another one is held. */
void tr_lock(enum tr_lock which);
bool tr_try_lock(enum tr_lock which);
void tr_unlock(enum tr_lock which);
/* Before a dead child's slots are given back: what it held is free. */
void tr_locks_release_of(pid_t pid);
/* What other threads of the parent held is held by nobody here. */
void tr_locks_after_fork(void);

/* --- process.c ------------------------------------------------------------------------------------------------------- */

/* Takes over what exec left in the slot of the calling process: the first thing in a new image. -ESRCH without one. */
MUST_CHECK int tr_process_start(void);
/* The calling process; notices a fork. f is the caller's frame, the one slot in use after a fork. */
struct tr_process *tr_process_current(struct tr_frame *f);
/* The slot of p in shared memory, claimed if it has none yet; NULL when the table is full. */
struct process_slot *tr_process_slot(struct tr_process *p);
/* What others see of a process; its texts and credentials are borrowed. */
struct tr_public {
	uint32_t flags;
	int32_t dumpable;
	uint32_t seccomp_mode;
	uint32_t mount_ns;
	const struct creds *creds;
	const char *exe, *root;
};
struct tr_public tr_process_public(const struct tr_process *p);
/* Writes it to the process's slot. */
void tr_slot_publish(struct process_slot *s, const struct tr_public *p);
/* The first program has entered the instance; what comes after it only inherits. */
void tr_process_first_done(void);
/* A call of the guest's with what its registers say; f is where it is made. What tr_call_begin() fills is not. */
void tr_call_fill(struct tr_call *c, uint32_t nr, const greg_t *registers, struct tr_frame *f);
/* Fills c->process, c->creds, c->tid, c->ns. */
void tr_call_begin(struct tr_call *c, struct tr_frame *f);

/*
 * A copy of p for a child that shares memory. NULL when there are too many. Its pid is 0 until the child sets it. awaited:
 * the caller waits for the child and calls tr_process_copy_done(); otherwise the copy is found when it is needed.
 */
struct tr_process *tr_process_copy(const struct tr_process *p, bool awaited);
/* The child is gone, or has a memory of its own. */
void tr_process_copy_done(struct tr_process *copy);
/* The process whose memory this is: not one of the children that share it. */
pid_t tr_process_main(void);
/* True in a new child that has not yet noticed that it is one. */
bool tr_process_forked(void);
/* True while children share this memory: owners of slots are noted then. */
bool tr_process_shared(void);

/* --- threads.c ------------------------------------------------------------------------------------------------------ */

/* True if some threads have identities of their own. */
bool tr_threads_differ(void);
/* The identity of the calling thread if it is not the process's, else NULL. */
struct creds *tr_thread_creds(pid_t tid, const struct creds *process);
/* An identity of its own for a thread, to begin with a copy of `from`. NULL when there are too many. */
struct creds *tr_thread_creds_make(pid_t pid, pid_t tid, const struct creds *from);
/* The process's first thread is about to change: all others keep `old`. Afterwards tr_threads_first_changed(). */
void tr_threads_first_changes(pid_t pid, const struct creds *old);
void tr_threads_first_changed(void);
/* In a new child: *process becomes the identity of the thread that forked; there are no other threads. */
void tr_threads_after_fork(struct creds *process);
/* All threads but the calling one have ended. */
void tr_threads_forget(void);

/* --- signal.c -------------------------------------------------------------------------------------------------------- */

/* Handlers of SIGSYS, SIGSEGV and SIGBUS, what the guest's table says at the start. */
void tr_signals_start(void);
/* In a new process that is a copy of one with other threads: forgets what those were doing. */
void tr_signals_after_fork(void);
/*
 * For a process that asked to be traced and is not yet (PROCESS_TRACE_ME): handlers of ours for all signals, so that the
 * first one is noticed before it acts, and back to what the guest has set.
 */
void tr_signals_catch_all(struct tr_process *p);
void tr_signals_let_go(struct tr_process *p);
/* Makes the kernel's action for sig what it has to be now that somebody has come to need it, or needs it no more. */
void tr_signals_refresh(struct tr_process *p, int sig);
/*
 * A signal found the pc in the resident, and is kept in the interrupted call's frame; or on the way in or out, which is then
 * finished in *uc: false, the signal has found the guest.
 */
MUST_CHECK bool tr_signal_found_resident(int sig, const siginfo_t *info, ucontext_t *uc);
/* What the guest has set for a signal that is about to be handled: with SA_RESETHAND for the last time. */
void tr_signal_action(struct tr_process *p, int sig, struct tr_sigaction *ret);
bool tr_is_handler(const struct tr_sigaction *act);
/*
 * A SIGSYS that is no call of our filter's: one that somebody sent, or a trap of the guest's own filter. Returns as
 * tr_on_signal does.
 */
uint64_t tr_guest_sigsys(const siginfo_t *info, struct tr_frame *f);
/* The bits of signals that the guest ignores although the kernel has a handler for them: what exec has to hand on. */
uint64_t tr_ignored_signals(const struct tr_process *p);

/* --- deliver.c ------------------------------------------------------------------------------------------------------- */

/* How many bytes the signal frame around uc has. */
uint64_t tr_frame_size(const ucontext_t *uc);
/* A copy of it below stack, or NULL if that is no memory. */
ucontext_t *tr_frame_copy(const ucontext_t *uc, uint64_t stack);
/*
 * Makes the frame that f names the one of signal sig for the guest's handler; base is the mask that was in force. Returns
 * as tr_on_signal does.
 */
uint64_t tr_enter_handler(struct tr_frame *f, int sig, const siginfo_t *info, const struct tr_sigaction *act,
			  uint64_t base);
/* The signal that arrived during f's call is delivered at its end. Returns as tr_on_signal does. */
uint64_t tr_deliver_deferred(struct tr_frame *f);
/* What tr_deliver_deferred has noted for a signal that the thread sent to itself; false for all others. */
bool tr_take_note(uint64_t *ret_saved, uint64_t *ret_base);
void tr_notes_after_fork(void);

/* --- recipient.c ----------------------------------------------------------------------------------------------------- */

/*
 * A signal that this thread got when it left the resident, or not: gives it to the thread that it was meant for and returns
 * true, or else it is this thread's. All signals are masked.
 */
MUST_CHECK bool tr_signal_hand_back(int sig, const siginfo_t *info);
/* Makes *info, of a signal that arrived, what its sender said. */
void tr_signal_recall(int sig, siginfo_t *info);
/*
 * True if a signal found the guest where it leaves the resident: just behind a syscall instruction. Not if it interrupted a
 * call of the kernel's own, which it was chosen for.
 */
MUST_CHECK bool tr_signal_at_way_out(const ucontext_t *uc);
void tr_recipient_after_fork(void);

/* --- sidecar.c ------------------------------------------------------------------------------------------------------- */

/* vfs_ns.sidecar, of this call. */
MUST_CHECK int tr_sidecar(struct tr_call *c, const struct sidecar_record *record);
/* vfs_ns.sidecar_read */
MUST_CHECK long tr_sidecar_read(struct tr_call *c, const struct sidecar_record *record, void *buf, size_t size);

/* --- trap.c ---------------------------------------------------------------------------------------------------------- */

/* SIGSYS. Returns as tr_on_signal does. */
uint64_t tr_on_trap(siginfo_t *info, ucontext_t *uc, struct tr_frame *f);
/* A SIGSEGV that came because the kernel had no place for the SIGSYS of a call; that call, made from its frame. */
bool tr_trap_was_lost(const siginfo_t *info, const ucontext_t *uc);
uint64_t tr_on_lost_trap(ucontext_t *uc, struct tr_frame *f);

/* --- patched.c ------------------------------------------------------------------------------------------------------- */

/* Not 0: patched sites trap as all others, for somebody traces this process or has. Another process may write it. */
extern _Atomic uint64_t tr_patched_closed;
/* Not 0: some handler of the guest's wants the alternate stack. */
extern _Atomic uint32_t tr_alternate_stacks;

/* --- faults.c -------------------------------------------------------------------------------------------------------- */

/* The calling thread of the guest's has this mask from now on. */
void tr_faults_mask_is(uint64_t mask);
/* True if some thread blocks SIGSEGV or SIGBUS. */
bool tr_faults_are_blocked(void);
void tr_faults_after_fork(void);

/* --- text.c ---------------------------------------------------------------------------------------------------------- */

/* True if this process maps prepared text where there is some. */
bool tr_text_is_used(void);

/* --- room.c ---------------------------------------------------------------------------------------------------------- */

/* run(c) answered -EMFILE: does it with some of the guest's descriptors out of the way, if it is a call that needs none. */
long tr_run_with_room(struct tr_call *c, long (*run)(struct tr_call *c));

/* --- trace.c --------------------------------------------------------------------------------------------------------- */

/* run(c), with a line of the trace and a share of the summary. */
long tr_traced(struct tr_call *c, long (*run)(struct tr_call *));
/* The same for a handler that is about to leave for good: nothing comes back that could be traced. */
void tr_trace_leaving(struct tr_call *c);
/* lxrun's own exit status, as lxrun(1) says. */
#define TR_OWN_FAILURE 125

/* A sentence on the process's standard error, for failures that leave no guest to report to. */
void tr_complain(const char *sentence, const char *detail, long error);
/* The same, and the end of the process with TR_OWN_FAILURE. */
NORETURN void tr_fail(const char *sentence, const char *detail, long error);

/* --- first.c --------------------------------------------------------------------------------------------------------- */

struct ldr_stack;

/*
 * Becomes the program that lxrun's command line names (slot->exe, in slot->execfn, or in $HOME or / if home_else and it cannot
 * be entered), or says why it cannot and ends.
 */
NORETURN void tr_start_first(struct process_slot *slot, const struct ldr_stack *stack, bool home_else);

#endif
