/*
 * Signals, virtual where they must be.
 *
 * Every signal that the guest handles is handled by tr_signal_entry in the kernel's eyes, with everything masked. Most
 * find the pc in the guest: the guest's handler is entered with the kernel's own frame, nothing else changes. One that
 * finds the pc in the resident (only possible where the resident waits for the kernel with the guest's mask in force) is
 * kept in the interrupted call's frame and delivered when the call is done, at the guest's pc (deliver.c). A guest's handler
 * never sees a pc of the resident, and never runs on a slot's stack.
 *
 * SIGSYS is never blocked nor ignored: the translator needs it. SIGSEGV and SIGBUS are always handled: the copy loop's
 * faults become -EFAULT.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/ptrace/ptrace.h"
#include "translator/state.h"

#ifndef SA_RESTORER
#define SA_RESTORER 0x04000000
#endif
#define SA_UNSUPPORTED    0x00000400
#define SA_EXPOSE_TAGBITS 0x00000800
#define KNOWN_FLAGS                                                                                             \
	((uint64_t)(uint32_t)(SA_NOCLDSTOP | SA_NOCLDWAIT | SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER | \
			      SA_RESETHAND | SA_EXPOSE_TAGBITS | SA_RESTORER))
/* Of the guest's flags, those that the kernel acts on for us. The others are played here. */
#define KERNEL_FLAGS (SA_NOCLDSTOP | SA_NOCLDWAIT | SA_ONSTACK | SA_RESTART | SA_EXPOSE_TAGBITS)

#define DEFAULT      0ul
#define IGNORE       1ul
/* The guest has not asked and not set: the kernel knows (what came through exec). */
#define UNKNOWN     2ul

#define LAST_SIGNAL 64

static void lock(void)
{
	tr_lock(TR_LOCK_SIGNALS);
}

static void unlock(void)
{
	tr_unlock(TR_LOCK_SIGNALS);
}

static bool always_ours(int sig)
{
	return sig == SIGSYS || sig == SIGSEGV || sig == SIGBUS;
}

static bool is_handler(uint64_t handler)
{
	return handler > UNKNOWN;
}

bool tr_is_handler(const struct tr_sigaction *act)
{
	return is_handler(act->handler);
}

static int host_sigaction(int sig, const struct tr_sigaction *act, struct tr_sigaction *old)
{
	return (int)host_call(SYS_rt_sigaction, sig, act, old, sizeof(uint64_t));
}

/* A tracer of ours hears of all that its children do, and passes on what the guest wants to hear. */
static uint64_t kernel_flags(const struct tr_process *p, int sig, const struct tr_sigaction *guest)
{
	uint64_t flags = guest->flags & KERNEL_FLAGS;

	if (sig != SIGCHLD || !tr_ptrace_is_tracer(p))
		return flags;
	flags &= ~(uint64_t)SA_NOCLDSTOP;
	return guest->handler == IGNORE ? flags | SA_NOCLDWAIT : flags;
}

static int install(const struct tr_process *p, int sig, const struct tr_sigaction *guest)
{
	struct tr_sigaction ours = {
		.handler = (uint64_t)(uintptr_t)tr_signal_entry,
		.flags = kernel_flags(p, sig, guest) | SA_SIGINFO | SA_RESTORER,
		.restorer = guest->restorer,
		.mask = TR_MASK_ALL,
	};

	if (sig == SIGSYS)
		ours.flags = SA_SIGINFO | SA_RESTORER | SA_ONSTACK;
	return host_sigaction(sig, &ours, NULL);
}

/* Sets what the kernel does with sig to its default or to nothing. */
static int set_plain(int sig, uint64_t handler, uint64_t flags)
{
	struct tr_sigaction plain = {.handler = handler, .flags = flags & ~(uint64_t)SA_RESTORER};

	return host_sigaction(sig, &plain, NULL);
}

void tr_signals_start(void)
{
	static const struct tr_sigaction nothing;
	struct tr_process *p = tr_process_current(NULL);
	uint64_t ignored = p->slot->ignored;

	for (int sig = 1; sig <= LAST_SIGNAL; sig++) {
		p->action[sig].handler = UNKNOWN;
		if (!always_ours(sig))
			continue;
		p->action[sig].handler = (ignored & TR_SIGNAL_BIT(sig)) != 0 ? IGNORE : DEFAULT;
		(void)install(p, sig, &nothing);
	}
}

void tr_signals_after_fork(void)
{
	tr_notes_after_fork();
}

static void learn(struct tr_process *p, int sig)
{
	struct tr_sigaction now = {0};

	if (p->action[sig].handler != UNKNOWN)
		return;
	if (host_sigaction(sig, NULL, &now) == 0)
		p->action[sig] = now;
}

/* Signals whose handler is ours for some time, whatever the guest has set. */
static bool is_lent(const struct tr_process *p, int sig)
{
	return (p->flags & PROCESS_TRACE_ME) != 0 || (sig == SIGCHLD && tr_ptrace_is_tracer(p));
}

static int change(struct tr_process *p, int sig, const struct tr_sigaction *to)
{
	int r;

	if (is_handler(to->handler)) {
		if ((to->flags & SA_ONSTACK) != 0)
			atomic_store_explicit(&tr_alternate_stacks, 1, memory_order_relaxed);
		p->action[sig] = *to;
		r = install(p, sig, to);
	} else if (always_ours(sig) || is_lent(p, sig)) {
		/* What the guest ignores should not interrupt its calls. */
		const struct tr_sigaction restarting = {.handler = to->handler, .flags = to->flags | SA_RESTART};

		p->action[sig] = *to;
		r = install(p, sig, &restarting);
	} else {
		r = set_plain(sig, to->handler, to->flags);
		p->action[sig] = *to;
	}
	return r;
}

/* The signals whose handler is ours only as long as PROCESS_TRACE_ME is set. */
static bool is_borrowed(const struct tr_process *p, int sig)
{
	return sig != SIGKILL && sig != SIGSTOP && !always_ours(sig) && !is_handler(p->action[sig].handler);
}

void tr_signals_catch_all(struct tr_process *p)
{
	static const struct tr_sigaction restarting = {.flags = SA_RESTART};

	lock();
	for (int sig = 1; sig <= LAST_SIGNAL; sig++) {
		learn(p, sig);
		if (is_borrowed(p, sig))
			(void)install(p, sig, &restarting);
	}
	unlock();
}

void tr_signals_let_go(struct tr_process *p)
{
	lock();
	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		if (is_borrowed(p, sig))
			(void)set_plain(sig, p->action[sig].handler, p->action[sig].flags);
	unlock();
}

void tr_signals_refresh(struct tr_process *p, int sig)
{
	struct tr_sigaction act;

	lock();
	learn(p, sig);
	act = p->action[sig];
	(void)change(p, sig, &act);
	unlock();
}

long sys_rt_sigaction(struct tr_call *c, const struct rt_sigaction_args *a)
{
	struct tr_sigaction next = {0}, old;
	int r;

	if (a->sigsetsize != sizeof(uint64_t))
		return -EINVAL;
	if (a->act != 0 && tr_read(c, &next, a->act, sizeof(next)) < 0)
		return -EFAULT;
	if (a->sig < 1 || a->sig > LAST_SIGNAL || (a->act != 0 && (a->sig == SIGKILL || a->sig == SIGSTOP)))
		return -EINVAL;
	next.flags &= KNOWN_FLAGS;
	next.mask &= ~(TR_SIGNAL_BIT(SIGKILL) | TR_SIGNAL_BIT(SIGSTOP));

	lock();
	learn(c->process, a->sig);
	old = c->process->action[a->sig];
	r = a->act != 0 ? change(c->process, a->sig, &next) : 0;
	unlock();
	if (r < 0)
		return r;
	return a->oldact != 0 ? tr_write(c, a->oldact, &old, sizeof(old)) : 0;
}

/* --- arrival --------------------------------------------------------------------------------------------------------- */

static bool in_range(uint64_t pc, const char *from, const char *to)
{
	return pc >= (uint64_t)(uintptr_t)from && pc < (uint64_t)(uintptr_t)to;
}

static bool in_resident(uint64_t pc)
{
	return pc >= RESIDENT_BASE && pc < RESIDENT_TEXT_END;
}

/* The signal's default action, for signals whose handler in the kernel's eyes is always ours. */
static void act_by_default(int sig, const siginfo_t *info, uint64_t disposition)
{
	bool fault = info->si_code > 0;

	if (!fault && disposition == IGNORE)
		return;
	/* A fault happens again at the same instruction; a signal that was sent is sent again. */
	(void)set_plain(sig, DEFAULT, 0);
	if (!fault)
		(void)host_call(SYS_rt_tgsigqueueinfo, host_getpid(), host_gettid(), sig, info);
}

/* What is in force for the guest is in its context, and in deferred_base while it waits. */
static bool is_blocked_by_guest(const struct tr_frame *f, int sig)
{
	return always_ours(sig) && (*tr_context_mask(f->context) & f->deferred_base & TR_SIGNAL_BIT(sig)) != 0;
}

/* A signal found the pc in the resident. */
static void arrived_inside(int sig, const siginfo_t *info, ucontext_t *uc)
{
	greg_t *r = uc->uc_mcontext.gregs;
	uint64_t pc = (uint64_t)r[REG_RIP];
	struct tr_frame *f = tr_frame_of_stack((uint64_t)r[REG_RSP]), *patched = tr_patched_frame(uc);

	if (patched != NULL)
		f = patched;
	if ((sig == SIGSEGV || sig == SIGBUS) && info->si_code > 0) {
		if (in_range(pc, tr_copy_begin, tr_copy_end)) {
			r[REG_RIP] = (greg_t)(uintptr_t)tr_copy_fault;
			return;
		}
		/* A mistake of ours: the process ends here, with a core that shows where. */
		(void)set_plain(sig, DEFAULT, 0);
		return;
	}
	if (patched != NULL)
		tr_patched_arrived(patched, uc);
	if (f == NULL || f->deferred != 0 || is_blocked_by_guest(f, sig)) {
		/*
		 * Somebody sent SIGSEGV or SIGBUS to the few instructions of an entry, or while another signal waits, or
		 * although the guest blocks it (these two are not masked in here): it waits until the call is over.
		 */
		*tr_context_mask(uc) |= TR_SIGNAL_BIT(sig);
		(void)host_call(SYS_rt_tgsigqueueinfo, host_getpid(), host_gettid(), sig, info);
		return;
	}
	if (in_range(pc, tr_interruptible_begin, tr_interruptible_syscall + 1))
		r[REG_RIP] = (greg_t)(uintptr_t)tr_interruptible_abort;
	f->deferred = sig;
	f->deferred_info = *info;
	*tr_context_mask(uc) = TR_MASK_ALL;
}

/* The previous signal's handler was about to be entered: finish that, so that this one finds the guest. */
static bool finish_tail(ucontext_t *uc)
{
	greg_t *r = uc->uc_mcontext.gregs;
	uint64_t pc = (uint64_t)r[REG_RIP];

	if (!in_range(pc, tr_tail_begin, tr_tail_end))
		return false;
	if (pc < (uint64_t)(uintptr_t)tr_tail_released)
		__atomic_fetch_or((uint64_t *)(uintptr_t)r[REG_RBP], 1ull << r[REG_R8], __ATOMIC_RELEASE);
	r[REG_RDI] = r[REG_R12];
	r[REG_RSI] = r[REG_R13];
	r[REG_RDX] = r[REG_R14];
	r[REG_RSP] = r[REG_RBX];
	r[REG_RAX] = 0;
	r[REG_RIP] = r[REG_R15];
	return true;
}

bool tr_signal_found_resident(int sig, const siginfo_t *info, ucontext_t *uc)
{
	if (tr_patched_finish(uc) || finish_tail(uc) || !in_resident((uint64_t)uc->uc_mcontext.gregs[REG_RIP]))
		return false;
	arrived_inside(sig, info, uc);
	return true;
}

void tr_signal_action(struct tr_process *p, int sig, struct tr_sigaction *ret)
{
	struct tr_sigaction reset;

	lock();
	learn(p, sig);
	*ret = reset = p->action[sig];
	/* Flags and mask stay as they were. */
	reset.handler = DEFAULT;
	if (is_handler(ret->handler) && (ret->flags & SA_RESETHAND) != 0)
		(void)change(p, sig, &reset);
	unlock();
}

/* The guest went where nothing is. What stands there cannot be looked at, the less so as the signal blocks itself. */
static bool is_wild(const siginfo_t *info, const ucontext_t *uc)
{
	const uint64_t pc = (uint64_t)uc->uc_mcontext.gregs[REG_RIP];

	return (info->si_signo == SIGSEGV || info->si_signo == SIGBUS) && info->si_code > 0 &&
	       info->si_code != SI_KERNEL && (uint64_t)(uintptr_t)info->si_addr == pc && !in_resident(pc);
}

uint64_t tr_on_signal(int sig, siginfo_t *info, ucontext_t *uc, struct tr_frame *f)
{
	uint64_t *mask = tr_context_mask(uc), base;
	struct tr_sigaction act;
	struct tr_process *p;
	bool wild;

	f->signal = sig;
	f->info = info;
	if (sig == SIGSYS)
		return tr_on_trap(info, uc, f);
	if (tr_trap_was_lost(info, uc))
		return tr_on_lost_trap(uc, f);
	tr_signal_recall(sig, info);
	wild = is_wild(info, uc);
	if (!wild && tr_signal_found_resident(sig, info, uc))
		return 0;

	p = tr_process_current(f);
	f->owner = tr_process_shared() ? p->pid : 0;
	if ((p->flags & PROCESS_TRACE_ME) != 0 && tr_ptrace_signal(TR_INSTANCE, p, sig, info, uc))
		return 0;

	base = *mask;
	if (tr_take_note(mask, &base))
		*mask &= ~TR_SIGNAL_BIT(SIGSYS);
	else if (!wild && tr_signal_at_way_out(uc) && tr_signal_hand_back(sig, info))
		return 0;
	if (sig == SIGCHLD && tr_ptrace_is_tracer(p) && tr_ptrace_child(p, info, f))
		return 0;
	tr_signal_action(p, sig, &act);
	if (!is_handler(act.handler)) {
		act_by_default(sig, info, act.handler);
		return 0;
	}
	return tr_enter_handler(f, sig, info, &act, base);
}

uint64_t tr_guest_sigsys(const siginfo_t *info, struct tr_frame *f)
{
	struct tr_process *p = tr_process_current(f);
	struct tr_sigaction act;

	tr_signal_action(p, SIGSYS, &act);
	if (is_handler(act.handler))
		return tr_enter_handler(f, SIGSYS, info, &act, *tr_context_mask(f->context));
	act_by_default(SIGSYS, info, act.handler);
	/* A filter's trap has moved on behind the call: die here, not at some later instruction. */
	if (info->si_code > 0)
		(void)host_call(SYS_rt_tgsigqueueinfo, host_getpid(), host_gettid(), SIGSYS, info);
	return 0;
}

uint64_t tr_ignored_signals(const struct tr_process *p)
{
	uint64_t bits = 0;

	for (int sig = 1; sig <= LAST_SIGNAL; sig++)
		if (always_ours(sig) && p->action[sig].handler == IGNORE)
			bits |= TR_SIGNAL_BIT(sig);
	return bits;
}
