/*
 * Entering the guest's handlers, and the signals that had to wait until a call was over.
 *
 * Such a signal finds the guest at the end of its call: the frame that the kernel made for SIGSYS has the guest's registers
 * already, so it becomes the signal's frame (moved, if the guest's handler wants another stack), and the guest's handler is
 * entered as the kernel would have done it. So it is the next thing that happens, before signals of the same number that
 * came later, and needs no room in the kernel's queue.
 *
 * Somebody who traces the thread must see the signal where the guest is. Then it is sent to the thread again, with
 * everything else masked, and a note says what mask the guest must find in its frame.
 */
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/frame.h"
#include "translator/ptrace/ptrace.h"
#include "translator/state.h"

#ifndef SS_AUTODISARM
#define SS_AUTODISARM (1u << 31)
#endif

#define RED_ZONE     128
#define LEGACY_STATE 512

/* --- signal frames --------------------------------------------------------------------------------------------------- */

static uint64_t frame_start(const ucontext_t *uc)
{
	return (uint64_t)(uintptr_t)uc - 8;
}

uint64_t tr_frame_size(const ucontext_t *uc)
{
	uint64_t state = (uint64_t)(uintptr_t)uc->uc_mcontext.fpregs;
	const struct _fpx_sw_bytes *sw;
	uint64_t size = LEGACY_STATE;

	if (state == 0)
		return sizeof(*uc) + sizeof(siginfo_t) + 8;
	sw = (const struct _fpx_sw_bytes *)(uintptr_t)(state + LEGACY_STATE - sizeof(*sw));
	if (sw->magic1 == FP_XSTATE_MAGIC1)
		size = sw->extended_size;
	return state + size - frame_start(uc);
}

ucontext_t *tr_frame_copy(const ucontext_t *uc, uint64_t stack)
{
	uint64_t size = tr_frame_size(uc);
	uint64_t from = frame_start(uc), to = stack - RED_ZONE - size;
	ucontext_t *copy;

	/* Aligned as the original is. */
	to -= (to - from) & 63;
	if (tr_copy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, size) < 0)
		return NULL;
	copy = (ucontext_t *)(uintptr_t)(to + 8);
	if (uc->uc_mcontext.fpregs != NULL)
		copy->uc_mcontext.fpregs =
			(fpregset_t)(uintptr_t)((uint64_t)(uintptr_t)uc->uc_mcontext.fpregs - from + to);
	return copy;
}

/* --- into a handler -------------------------------------------------------------------------------------------------- */

static bool is_on(const stack_t *s, uint64_t address)
{
	uint64_t low = (uint64_t)(uintptr_t)s->ss_sp;

	return ((uint32_t)s->ss_flags & SS_DISABLE) == 0 && address > low && address - low <= s->ss_size;
}

/* SIGSYS is taken on the alternate stack where there is one; this handler may not want it. */
static bool is_misplaced(const ucontext_t *uc, const struct tr_sigaction *act)
{
	return (act->flags & SA_ONSTACK) == 0 && is_on(&uc->uc_stack, frame_start(uc)) &&
	       !is_on(&uc->uc_stack, (uint64_t)uc->uc_mcontext.gregs[REG_RSP]);
}

static siginfo_t *info_of_copy(const struct tr_frame *f, ucontext_t *copy)
{
	return (siginfo_t *)(void *)((char *)copy + ((char *)f->info - (char *)f->context));
}

uint64_t tr_enter_handler(struct tr_frame *f, int sig, const siginfo_t *info, const struct tr_sigaction *act,
			  uint64_t base)
{
	ucontext_t *uc = f->context;

	f->mask = base | act->mask;
	if ((act->flags & SA_NODEFER) == 0)
		f->mask |= TR_SIGNAL_BIT(sig);
	f->mask &= ~TR_SIGNAL_BIT(SIGSYS);
	tr_faults_mask_is(f->mask);
	f->signal = sig;
	if (is_misplaced(uc, act)) {
		uc = tr_frame_copy(uc, (uint64_t)uc->uc_mcontext.gregs[REG_RSP]);
		if (uc == NULL) {
			/* No room for a frame is a fault of the guest's, as for the kernel. */
			siginfo_t fault = {.si_signo = SIGSEGV, .si_code = SI_KERNEL};

			(void)host_call(SYS_rt_tgsigqueueinfo, host_getpid(), host_gettid(), SIGSEGV, &fault);
			return 0;
		}
		f->info = info_of_copy(f, uc);
		f->context = uc;
	}
	if (f->info != info)
		memcpy(f->info, info, sizeof(*info));
	uc->uc_mcontext.gregs[REG_OLDMASK] = (greg_t)*tr_context_mask(uc);
	/* The frame's return address is in front of the context. */
	*((uint64_t *)(void *)uc - 1) = act->restorer;
	return act->handler;
}

/* --- notes ------------------------------------------------------------------------------------------------------------ */

/* For a thread that has sent itself a signal. */
#define NOTES 256
static struct note {
	_Atomic pid_t tid;
	uint64_t saved; /* what the guest's frame must say */
	uint64_t base;  /* what was in force when the signal came */
} notes[NOTES] COLD;
static _Atomic uint32_t notes_used;

void tr_notes_after_fork(void)
{
	if (atomic_load(&notes_used) == 0)
		return;
	for (unsigned i = 0; i < NOTES; i++)
		atomic_store(&notes[i].tid, 0);
	atomic_store(&notes_used, 0);
}

bool tr_take_note(uint64_t *ret_saved, uint64_t *ret_base)
{
	pid_t tid;

	if (atomic_load_explicit(&notes_used, memory_order_relaxed) == 0)
		return false;
	tid = host_gettid();
	for (unsigned i = 0; i < NOTES; i++) {
		if (atomic_load(&notes[i].tid) != tid)
			continue;
		*ret_saved = notes[i].saved;
		*ret_base = notes[i].base;
		atomic_store(&notes[i].tid, 0);
		atomic_fetch_sub(&notes_used, 1);
		return true;
	}
	return false;
}

static void put_note(uint64_t saved, uint64_t base)
{
	pid_t tid = host_gettid();

	atomic_fetch_add(&notes_used, 1);
	for (unsigned i = 0;; i = (i + 1) % NOTES) {
		pid_t none = 0;

		if (!atomic_compare_exchange_strong(&notes[i].tid, &none, tid))
			continue;
		notes[i].saved = saved;
		notes[i].base = base;
		return;
	}
}

/* --- deferred signals ------------------------------------------------------------------------------------------------- */

/* The kernel knows whether somebody traces the calling thread. */
static bool has_tracer(char *scratch)
{
	static const char key[] = "TracerPid:\t";
	int fd CLEANUP(host_close_at) = host_open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC, 0);
	ssize_t n = fd < 0 ? 0 : host_read(fd, scratch, TR_SCRATCH_SIZE - 1);
	const char *line = scratch;

	scratch[n > 0 ? n : 0] = '\0';
	while (line != NULL && !str_starts(line, key)) {
		line = strchr(line, '\n');
		line = line != NULL ? line + 1 : NULL;
	}
	return line != NULL && line[sizeof(key) - 1] != '0';
}

static bool is_traced(const struct tr_process *p, char *scratch)
{
	if ((p->flags & PROCESS_TRACE_ME) != 0)
		return true;
	/* The tracer of the ptrace gate is nobody who looks at signals. */
	return TR_INSTANCE->gate != INSTANCE_GATE_PTRACE && has_tracer(scratch);
}

static long send_again(const struct tr_frame *f, int sig)
{
	return host_call(SYS_rt_tgsigqueueinfo, host_getpid(), host_gettid(), sig, &f->deferred_info);
}

static void send_to_guest(struct tr_frame *f, int sig)
{
	static const uint64_t all = ~0ull;
	uint64_t *mask = tr_context_mask(f->context), saved = *mask;

	/* SIGSEGV and SIGBUS are not masked in here: they would find the resident again. */
	(void)host_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
	if (send_again(f, sig) < 0)
		return;
	put_note(saved, f->deferred_base);
	*mask = ~TR_SIGNAL_BIT(sig) & ~TR_SIGNAL_BIT(SIGSYS);
}

/* The alternate stack was put away for the call. The kernel itself switches one with SS_AUTODISARM off at each signal. */
static void bring_alternate_stack_back(const ucontext_t *uc)
{
	if (((uint32_t)uc->uc_stack.ss_flags & (SS_DISABLE | SS_AUTODISARM)) == 0)
		(void)host_call(SYS_sigaltstack, &uc->uc_stack, NULL);
}

uint64_t tr_deliver_deferred(struct tr_frame *f)
{
	struct tr_process *p = tr_process_current(f);
	struct tr_sigaction act;
	int sig = f->deferred;

	if (sig == SIGCHLD && tr_ptrace_is_tracer(p) && tr_ptrace_child(p, &f->deferred_info, f))
		return 0;
	if (is_traced(p, f->scratch)) {
		send_to_guest(f, sig);
		return 0;
	}
	tr_signal_action(p, sig, &act);
	if (!tr_is_handler(&act)) {
		/* Any more: the kernel, or the entry that it finds the guest with, does what is to be done. */
		static const uint64_t all = ~0ull;

		(void)host_call(SYS_rt_sigprocmask, SIG_SETMASK, &all, NULL, sizeof(all));
		(void)send_again(f, sig);
		return 0;
	}
	bring_alternate_stack_back(f->context);
	return tr_enter_handler(f, sig, &f->deferred_info, &act, f->deferred_base);
}
