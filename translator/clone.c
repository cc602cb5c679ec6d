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

static void set_child_registers(ucontext_t *uc, uint64_t stack)
{
	uc->uc_mcontext.gregs[REG_RAX] = 0;
	if (stack != 0)
		uc->uc_mcontext.gregs[REG_RSP] = (greg_t)stack;
}

static long spawn(struct tr_call *c, uint32_t ns, uint64_t flags, uint64_t stack, uint64_t parent_tid,
		  uint64_t child_tid, uint64_t tls)
{
	char kept[SIGNAL_FRAME_MAX];
	struct tr_frame *f = c->frame;
	ucontext_t *uc = f->context, *child = uc;
	uint64_t size = tr_frame_size(uc);
	struct tr_process *copy;
	long r;

	if (size > sizeof(kept))
		return -ENOMEM;
	if (stack == 0)
		flags |= CLONE_VFORK;
	copy = tr_process_copy(c->process, (flags & CLONE_VFORK) != 0);
	if (copy == NULL)
		return -EAGAIN;
	copy->creds = *c->creds;
	copy->mount_ns = ns;

	memcpy(kept, (const void *)((uintptr_t)uc - 8), size);
	if ((flags & CLONE_VFORK) == 0) {
		child = tr_frame_copy(uc, stack);
		if (child == NULL) {
			tr_process_copy_done(copy);
			return -EFAULT;
		}
		/* The parent's alternate stack is not for two at a time. */
		child->uc_stack.ss_flags = SS_DISABLE;
	}
	set_child_registers(child, stack);
	r = tr_clone_shared(flags, parent_tid, child_tid, tls, child, &copy->pid);
	if ((flags & CLONE_VFORK) != 0)
		memcpy((void *)((uintptr_t)uc - 8), kept, size);
	if (r < 0 || (flags & CLONE_VFORK) != 0)
		tr_process_copy_done(copy);
	return r;
}

/* A child with a memory of its own, which goes on from here as its parent does, in another mount namespace. */
static long fork_into(struct tr_call *c, uint32_t ns)
{
	const uint32_t old = c->process->mount_ns;
	long r;

	c->process->mount_ns = ns;
	r = host_call(SYS_clone, c->arg[0], 0, c->arg[2], c->arg[3], c->arg[4]);
	if (r != 0) {
		c->process->mount_ns = old;
		return r;
	}
	/* Others must see where it is before it makes a call of its own. */
	(void)tr_process_current(c->frame);
	if (c->arg[1] != 0)
		((ucontext_t *)c->frame->context)->uc_mcontext.gregs[REG_RSP] = (greg_t)c->arg[1];
	return 0;
}

long sys_clone(struct tr_call *c, const struct clone_args *a)
{
	int fd CLEANUP(host_close_at) = -1;
	uint32_t ns;
	long r = tr_refuse_namespaces(c, a->flags & ~(uint64_t)CSIGNAL);

	if (r < 0)
		return r;
	if ((a->flags & (CLONE_NEWNS | CLONE_FS)) == (CLONE_NEWNS | CLONE_FS))
		return -EINVAL;
	r = tr_new_mount_ns(c, a->flags & ~(uint64_t)CSIGNAL, &ns, &fd);
	if (r < 0)
		return r;
	c->arg[0] &= ~(uint64_t)CLONE_NEWNS;
	if ((c->arg[0] & CLONE_VM) == 0)
		return fork_into(c, ns);
	if ((c->arg[0] & (CLONE_SIGHAND | CLONE_THREAD)) == CLONE_THREAD)
		return -EINVAL;
	/* Not for the child, which goes straight to the guest. */
	host_close_at(&fd);
	fd = -1;
	/* A shared table of handlers outside of a thread group: nobody's copy would be right. */
	if ((c->arg[0] & CLONE_SIGHAND) != 0)
		return -EINVAL;
	return spawn(c, ns, c->arg[0], c->arg[1], c->arg[2], c->arg[3], c->arg[4]);
}

long sys_vfork(struct tr_call *c, const struct vfork_args *a)
{
	(void)a;
	return spawn(c, c->process->mount_ns, CLONE_VFORK | CLONE_VM | SIGCHLD, 0, 0, 0, 0);
}
