/*
 * ptrace(2). Most requests go to the host as they are, once it is known that the tracee is in a stop that the tracer was
 * told of; here are those that a stop's other appearance changes.
 */
#include <elf.h>
#include <errno.h>
#include <stddef.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/args.h"
#include "translator/ptrace/tracee.h"

static long native(const struct ptrace_args *a)
{
	return host_call(SYS_ptrace, a->request, a->pid, a->addr, a->data);
}

/* --- registers --------------------------------------------------------------------------------------------------------- */

static long get_registers(struct tr_call *c, const struct tracee *t, uint64_t to)
{
	struct user_regs_struct r;
	int e = tracee_get_registers(t, &r);

	return e < 0 ? e : tr_write(c, to, &r, sizeof(r));
}

static long set_registers(struct tr_call *c, struct tracee *t, uint64_t from)
{
	struct user_regs_struct r;

	if (tr_read(c, &r, from, sizeof(r)) < 0)
		return -EFAULT;
	return tracee_set_registers(t, &r);
}

/* PTRACE_GETREGSET, PTRACE_SETREGSET of the general registers: as many as the tracer's buffer holds. */
static long register_set(struct tr_call *c, struct tracee *t, const struct ptrace_args *a)
{
	struct user_regs_struct r;
	struct {
		uint64_t base, size;
	} io;
	int e;

	if (tr_read(c, &io, a->data, sizeof(io)) < 0)
		return -EFAULT;
	if (io.size % sizeof(uint64_t) != 0)
		return -EINVAL;
	e = tracee_get_registers(t, &r);
	if (e < 0)
		return e;
	if (io.size > sizeof(r))
		io.size = sizeof(r);
	if (a->request == PTRACE_GETREGSET) {
		e = tr_write(c, io.base, &r, io.size);
	} else {
		e = tr_read(c, &r, io.base, io.size);
		if (e == 0)
			e = tracee_set_registers(t, &r);
	}
	if (e < 0)
		return e;
	return tr_write(c, a->data + offsetof(struct iovec, iov_len), &io.size, sizeof(io.size));
}

/* PTRACE_PEEKUSER, PTRACE_POKEUSER: one register. */
static long one_register(struct tr_call *c, struct tracee *t, const struct ptrace_args *a)
{
	struct user_regs_struct r;
	uint64_t *word = (uint64_t *)(void *)&r + a->addr / sizeof(uint64_t);
	int e;

	if (a->addr % sizeof(uint64_t) != 0)
		return -EIO;
	e = tracee_get_registers(t, &r);
	if (e < 0)
		return e;
	if (a->request == PTRACE_PEEKUSER)
		return tr_write(c, a->data, word, sizeof(*word));
	*word = a->data;
	return tracee_set_registers(t, &r);
}

/* --- what the stop is --------------------------------------------------------------------------------------------------- */

static long get_info(struct tr_call *c, const struct tracee *t, uint64_t to)
{
	siginfo_t info;
	long e = tracee_request(t, PTRACE_GETSIGINFO, 0, &info);

	if (t->appearance == PRETENDED)
		info = t->info;
	else if (e < 0)
		return e;
	else if (t->appearance == EXECUTED || t->appearance == IN_SECCOMP)
		info = (siginfo_t){.si_signo = SIGTRAP, .si_code = t->code, .si_pid = t->tid, .si_uid = info.si_uid};
	else if (info.si_code == SYSCALL_STOP && (t->options & PTRACE_O_TRACESYSGOOD) == 0)
		info.si_code = SIGTRAP;
	return tr_write(c, to, &info, sizeof(info));
}

static long set_info(struct tr_call *c, struct tracee *t, const struct ptrace_args *a)
{
	if (t->appearance != PRETENDED)
		return native(a);
	return tr_read(c, &t->info, a->data, sizeof(t->info));
}

static void describe_call(const struct tracee *t, const struct user_regs_struct *r, struct __ptrace_syscall_info *info)
{
	info->instruction_pointer = r->rip;
	info->stack_pointer = r->rsp;
	switch (info->op) {
	case PTRACE_SYSCALL_INFO_SECCOMP: /* begins as the other one */
	case PTRACE_SYSCALL_INFO_ENTRY:
		info->entry.nr = r->orig_rax;
		info->entry.args[0] = r->rdi;
		info->entry.args[1] = r->rsi;
		info->entry.args[2] = r->rdx;
		info->entry.args[3] = r->r10;
		info->entry.args[4] = r->r8;
		info->entry.args[5] = r->r9;
		break;
	case PTRACE_SYSCALL_INFO_EXIT:
		if (t->appearance != RESTARTED)
			break;
		info->exit.rval = (int64_t)r->rax;
		info->exit.is_error = 1;
		break;
	default:
		break;
	}
}

static long get_syscall_info(struct tr_call *c, const struct tracee *t, const struct ptrace_args *a)
{
	struct __ptrace_syscall_info info = {0};
	long size = tracee_request(t, PTRACE_GET_SYSCALL_INFO, sizeof(info), &info);
	struct user_regs_struct r;

	if (size < 0)
		return size;
	if (t->appearance == IN_SECCOMP) {
		info.op = PTRACE_SYSCALL_INFO_SECCOMP;
		info.seccomp.ret_data = (uint32_t)t->message;
		size = offsetof(struct __ptrace_syscall_info, seccomp.ret_data) + sizeof(info.seccomp.ret_data);
	}
	/* Without the option the kernel does not know its own stops. */
	if (t->appearance == EXECUTED || t->appearance == PRETENDED ||
	    (t->appearance != IN_SECCOMP && (t->options & PTRACE_O_TRACESYSGOOD) == 0)) {
		info.op = PTRACE_SYSCALL_INFO_NONE;
		size = offsetof(struct __ptrace_syscall_info, entry);
	}
	if (t->appearance != AS_IT_IS && tracee_get_registers(t, &r) == 0)
		describe_call(t, &r, &info);
	if (tr_write(c, a->data, &info, a->addr < (uint64_t)size ? a->addr : (uint64_t)size) < 0)
		return -EFAULT;
	return size;
}

static long get_message(struct tr_call *c, const struct tracee *t, const struct ptrace_args *a)
{
	if (t->appearance != EXECUTED && t->appearance != IN_SECCOMP)
		return native(a);
	return tr_write(c, a->data, &t->message, sizeof(t->message));
}

/* --- the rest ------------------------------------------------------------------------------------------------------------ */

static long set_options(struct tracee *t, uint64_t options)
{
	long r = host_call(SYS_ptrace, PTRACE_SETOPTIONS, t->tid, 0, options | PTRACE_O_TRACESYSGOOD);

	if (r == 0)
		t->options = (uint32_t)options;
	return r;
}

/* The guest's registers, and its mask, are in a signal frame. */
static bool has_context(const struct tracee *t)
{
	return t->appearance == IN_CALL || t->appearance == IN_SECCOMP || t->appearance == EXECUTED;
}

/* While the resident works everything is masked; the guest's own mask is in the signal frame. */
static long get_mask(struct tr_call *c, const struct tracee *t, const struct ptrace_args *a)
{
	uint64_t mask;
	long r;

	if (!has_context(t) || a->addr != sizeof(mask))
		return native(a);
	r = tracee_request(t, PTRACE_GETSIGMASK, sizeof(mask), &mask);
	if (r == 0 && !t->waiting)
		r = tracee_read(t, &mask, t->context + offsetof(ucontext_t, uc_sigmask), 1);
	return r < 0 ? r : tr_write(c, a->data, &mask, sizeof(mask));
}

/* SIGSYS never gets into a mask: the next trap would end the process. */
static long set_mask(struct tr_call *c, const struct tracee *t, const struct ptrace_args *a)
{
	uint64_t mask;

	if (a->addr != sizeof(mask))
		return -EINVAL;
	if (tr_read(c, &mask, a->data, sizeof(mask)) < 0)
		return -EFAULT;
	mask &= ~TR_SIGNAL_BIT(SIGSYS);
	if (has_context(t) && !t->waiting)
		return tracee_write(t, t->context + offsetof(ucontext_t, uc_sigmask), &mask, 1);
	return tracee_request(t, PTRACE_SETSIGMASK, sizeof(mask), &mask);
}

static bool is_general_register(uint64_t offset)
{
	return offset < sizeof(struct user_regs_struct);
}

static long on_stopped(struct tr_call *c, struct tracee *t, const struct ptrace_args *a)
{
	bool changed = t->appearance != AS_IT_IS;

	switch (a->request) {
	case PTRACE_CONT:
	case PTRACE_SYSCALL:
	case PTRACE_SINGLESTEP:
	case PTRACE_SINGLEBLOCK:
	case PTRACE_SYSEMU:
	case PTRACE_SYSEMU_SINGLESTEP:
	case PTRACE_LISTEN:
	case PTRACE_DETACH:
		return tracee_resume(c, t, a->request, a->data);
	case PTRACE_SETOPTIONS:
		return set_options(t, a->data);
	case PTRACE_GETSIGINFO:
		return get_info(c, t, a->data);
	case PTRACE_SETSIGINFO:
		return set_info(c, t, a);
	case PTRACE_GETEVENTMSG:
		return get_message(c, t, a);
	case PTRACE_GET_SYSCALL_INFO:
		return get_syscall_info(c, t, a);
	case PTRACE_GETSIGMASK:
		return get_mask(c, t, a);
	case PTRACE_SETSIGMASK:
		return set_mask(c, t, a);
	case PTRACE_GETREGS:
		return changed ? get_registers(c, t, a->data) : native(a);
	case PTRACE_SETREGS:
		return changed ? set_registers(c, t, a->data) : native(a);
	case PTRACE_GETREGSET:
	case PTRACE_SETREGSET:
		return changed && a->addr == NT_PRSTATUS ? register_set(c, t, a) : native(a);
	case PTRACE_PEEKUSER:
	case PTRACE_POKEUSER:
		return changed && is_general_register(a->addr) ? one_register(c, t, a) : native(a);
	default:
		return native(a);
	}
}

static long interrupt(struct tracee *t, const struct ptrace_args *a)
{
	long r = native(a);

	t->interrupted = r == 0 && !t->stopped;
	return r;
}

long sys_ptrace(struct tr_call *c, const struct ptrace_args *a)
{
	struct tracee *t;

	switch (a->request) {
	case PTRACE_TRACEME:
		return ptrace_trace_me(c);
	case PTRACE_ATTACH:
		return ptrace_attach(c, a->pid, PTRACE_ATTACH, 0);
	case PTRACE_SEIZE:
		return a->addr != 0 ? -EIO : ptrace_attach(c, a->pid, PTRACE_SEIZE, a->data);
	default:
		break;
	}
	t = tracee_find(c, a->pid);
	if (t == NULL)
		t = tracee_settle_unknown(c, a->pid);
	if (t == NULL)
		return native(a);
	if (a->request == PTRACE_KILL)
		return native(a);
	/* What the host has stopped may run as far as the tracer knows. */
	tracee_settle_now(c, t);
	if (a->request == PTRACE_INTERRUPT)
		return interrupt(t, a);
	return t->stopped ? on_stopped(c, t, a) : -ESRCH;
}
