/* seccomp(2): a guest's program goes to the kernel behind a prologue, and into the store. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/filter/interpret.h"
#include "translator/seccomp/prologue.h"
#include "translator/seccomp/seccomp.h"
#include "translator/seccomp/store.h"

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1ul << 5)
#endif
#define KNOWN_FLAGS                                                                             \
	(SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_LOG | SECCOMP_FILTER_FLAG_SPEC_ALLOW | \
	 SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_TSYNC_ESRCH | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV)

/* Memory for one installation. */
struct work {
	size_t size;
	struct seccomp_stack *stack; /* the new stack: what is stored */
	struct sock_filter *real;    /* prologue and program: what the kernel gets */
	uint16_t length;             /* of the program */
};

static void work_done(struct work *w)
{
	if (w->stack != NULL)
		(void)!host_munmap((uintptr_t)w->stack, w->size);
	w->stack = NULL;
}

static struct sock_filter *program_of(const struct work *w)
{
	return w->stack->code + 1;
}

/* Room for a program of n instructions on top of the stack that the thread has, which is copied. */
static int work_begin(struct tr_call *c, uint16_t n, bool strict, struct work *ret)
{
	const struct seccomp_stack *old = NULL;
	struct seccomp_head head = {.length = n, .strict = strict};
	uint32_t id = 0, size = sizeof(*old) + (1u + n) * (uint32_t)sizeof(struct sock_filter);
	long r;

	if (c->process->seccomp_mode == SECCOMP_MODE_FILTER)
		id = seccomp_probe();
	if (id != 0) {
		old = seccomp_store_get(c->ns.in, id);
		if (old == NULL)
			return -ENOMEM;
		size += old->size - (uint32_t)sizeof(*old);
	}
	if (size > SECCOMP_STACK_MAX || n > BPF_MAXINSNS - SECCOMP_PROLOGUE_SIZE)
		return -ENOMEM;

	ret->size = size + (SECCOMP_PROLOGUE_SIZE + (size_t)n) * sizeof(struct sock_filter);
	r = host_mmap(0, ret->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (host_is_error(r))
		return (int)r;
	ret->stack = (struct seccomp_stack *)(uintptr_t)r;
	ret->real = (struct sock_filter *)((char *)ret->stack + size);
	ret->length = n;
	ret->stack->size = size;
	ret->stack->count = 1 + (old != NULL ? old->count : 0);
	memcpy(ret->stack->code, &head, sizeof(head));
	if (old != NULL)
		memcpy(program_of(ret) + n, old->code, old->size - sizeof(*old));
	return 0;
}

/* The kernel's own refusals come from the kernel; r > 0 is a thread that could not be synchronised. */
static long work_install(struct tr_call *c, struct work *w, unsigned flags, uint32_t mode)
{
	struct sock_fprog program = {.len = (unsigned short)(SECCOMP_PROLOGUE_SIZE + w->length), .filter = w->real};
	long r = seccomp_store_put(c->ns.in, w->stack);

	if (r < 0)
		return r;
	seccomp_prologue(w->real, (uint32_t)r);
	memcpy(w->real + SECCOMP_PROLOGUE_SIZE, program_of(w), w->length * sizeof(struct sock_filter));
	r = host_call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
	if (r != 0)
		return r;
	c->process->seccomp_mode = mode;
	tr_process_changed(c);
	return 0;
}

static long check_flags(const struct tr_call *c, unsigned flags)
{
	const unsigned both = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER;
	const bool listener = (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER) != 0;

	if ((flags & ~(unsigned)KNOWN_FLAGS) != 0)
		return -EINVAL;
	if ((flags & both) == both && (flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH) == 0)
		return -EINVAL;
	if ((flags & SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) != 0 && !listener)
		return -EINVAL;
	/* Linux: where a filter above has a listener. Here: always, the one above being the instance's own. */
	return listener ? tr_gap(c, -EBUSY) : 0;
}

static long set_filter(struct tr_call *c, unsigned flags, uint64_t args)
{
	struct work w CLEANUP(work_done) = {0};
	struct sock_fprog guest;
	long r = check_flags(c, flags);

	if (r < 0)
		return r;
	if (tr_read(c, &guest, args, sizeof(guest)) < 0)
		return -EFAULT;
	if (guest.len == 0 || guest.len > BPF_MAXINSNS)
		return -EINVAL;
	if ((c->process->flags & PROCESS_NO_NEW_PRIVS) == 0 && !creds_capable(c->creds, CAP_SYS_ADMIN))
		return -EACCES;
	r = work_begin(c, guest.len, false, &w);
	if (r < 0)
		return r;
	if (tr_read(c, program_of(&w), (uintptr_t)guest.filter, guest.len * sizeof(struct sock_filter)) < 0)
		return -EFAULT;
	r = tr_filter_check(program_of(&w), guest.len);
	if (r < 0)
		return r;
	return work_install(c, &w, flags, SECCOMP_MODE_FILTER);
}

/* Everything but four calls traps, translated or not, and the trap is the end: check.c. */
static long set_strict(struct tr_call *c)
{
	static const struct sock_filter strict[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_read, 3, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_write, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_exit, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_rt_sigreturn, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP | TRAP_MARK),
	};
	struct work w CLEANUP(work_done) = {0};
	int r;

	if (c->process->seccomp_mode != SECCOMP_MODE_DISABLED && seccomp_probe() != 0)
		return -EINVAL;
	r = work_begin(c, ARRAY_SIZE(strict), true, &w);
	if (r < 0)
		return r;
	memcpy(program_of(&w), strict, sizeof(strict));
	return work_install(c, &w, 0, SECCOMP_MODE_STRICT);
}

static long action_is_available(struct tr_call *c, uint64_t args)
{
	uint32_t action;

	if (tr_read(c, &action, args, sizeof(action)) < 0)
		return -EFAULT;
	if (action == SECCOMP_RET_USER_NOTIF)
		return -EOPNOTSUPP;
	return host_call(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action);
}

long tr_seccomp_set(struct tr_call *c, unsigned op, unsigned flags, uint64_t args)
{
	switch (op) {
	case SECCOMP_SET_MODE_STRICT:
		return flags != 0 || args != 0 ? -EINVAL : set_strict(c);
	case SECCOMP_SET_MODE_FILTER:
		return set_filter(c, flags, args);
	case SECCOMP_GET_ACTION_AVAIL:
		return flags != 0 ? -EINVAL : action_is_available(c, args);
	default:
		return -EINVAL;
	}
}

long sys_seccomp(struct tr_call *c, const struct seccomp_args *a)
{
	/* Sizes of the kernel's structures: nothing of the guest's. */
	if (a->op == SECCOMP_GET_NOTIF_SIZES)
		return tr_native(c);
	return tr_seccomp_set(c, a->op, a->flags, a->args);
}
