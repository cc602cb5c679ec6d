/*
 * Children that share memory with the caller and are processes of their own: vfork, posix_spawn's clone, CLONE_VM
 * without CLONE_THREAD. Plain fork and threads never come here: they inherit all that is needed.
 *
 * Such a child resets signal handlers, changes ids and opens files while the parent's memory is also its own, so it
 * works on a copy of the process's state (process.c). It leaves the resident through a signal frame with the parent's
 * registers. With CLONE_VFORK the parent sleeps meanwhile and the child uses the parent's own frame, which the guest
 * code that the child runs may overwrite: the parent keeps a copy of it. Otherwise the child's frame is put on the stack
 * that the guest gave it.
 */
#include <errno.h>
#include <sched.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/state.h"
#include "translator/system/system.h"

/* A kernel signal frame: return address, ucontext, siginfo, padding, floating point state with everything in it. */
#define SIGNAL_FRAME_MAX 0x5000
#define RED_ZONE         128
#define LEGACY_STATE     512

static uint64_t frame_start(const ucontext_t *uc)
{
	return (uint64_t)(uintptr_t)uc - 8;
}

static uint64_t frame_size(const ucontext_t *uc)
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

/* The child's frame on its own stack, aligned as the original is. */
static ucontext_t *frame_on_stack(const ucontext_t *uc, uint64_t stack, uint64_t size)
{
	uint64_t from = frame_start(uc), to = stack - RED_ZONE - size;
	ucontext_t *copy;

	to -= (to - from) & 63;
	if (tr_copy((void *)(uintptr_t)to, (const void *)(uintptr_t)from, size) < 0)
		return NULL;
	copy = (ucontext_t *)(uintptr_t)(to + 8);
	if (uc->uc_mcontext.fpregs != NULL)
		copy->uc_mcontext.fpregs =
			(fpregset_t)(uintptr_t)((uint64_t)(uintptr_t)uc->uc_mcontext.fpregs - from + to);
	return copy;
}

static void set_child_registers(ucontext_t *uc, uint64_t stack)
{
	uc->uc_mcontext.gregs[REG_RAX] = 0;
	if (stack != 0)
		uc->uc_mcontext.gregs[REG_RSP] = (greg_t)stack;
}

static long spawn(struct tr_call *c, uint64_t flags, uint64_t stack, uint64_t parent_tid, uint64_t child_tid,
		  uint64_t tls)
{
	char kept[SIGNAL_FRAME_MAX];
	struct tr_frame *f = c->frame;
	ucontext_t *uc = f->context, *child = uc;
	uint64_t size = frame_size(uc);
	struct tr_process *copy;
	long r;

	if (size > sizeof(kept))
		return -ENOMEM;
	if (stack == 0)
		flags |= CLONE_VFORK;
	copy = tr_process_copy(c->process);
	if (copy == NULL)
		return -EAGAIN;
	copy->creds = *c->creds;

	memcpy(kept, (const void *)(uintptr_t)frame_start(uc), size);
	if ((flags & CLONE_VFORK) == 0) {
		child = frame_on_stack(uc, stack, size);
		if (child == NULL) {
			tr_process_copy_done(copy);
			return -EFAULT;
		}
	}
	set_child_registers(child, stack);
	r = tr_clone_shared(flags, parent_tid, child_tid, tls, child, &copy->pid);
	if ((flags & CLONE_VFORK) != 0)
		memcpy((void *)(uintptr_t)frame_start(uc), kept, size);
	if (r < 0 || (flags & CLONE_VFORK) != 0)
		tr_process_copy_done(copy);
	return r;
}

long sys_clone(struct tr_call *c, const struct clone_args *a)
{
	long r = tr_refuse_namespaces(c, a->flags & ~(uint64_t)CSIGNAL);

	if (r < 0)
		return r;
	if ((c->arg[0] & (CLONE_SIGHAND | CLONE_THREAD)) == CLONE_THREAD)
		return -EINVAL;
	/* A shared table of handlers outside of a thread group: nobody's copy would be right. */
	if ((c->arg[0] & CLONE_SIGHAND) != 0)
		return -EINVAL;
	return spawn(c, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);
}

long sys_vfork(struct tr_call *c, const struct vfork_args *a)
{
	(void)a;
	return spawn(c, CLONE_VFORK | CLONE_VM | SIGCHLD, 0, 0, 0, 0);
}
