/*
 * Registers as the tracer has to see them. A thread that is stopped in the resident shows those that it had when the guest
 * made its call, which are in the signal frame that the trap made; only the result is the host's, which is the same:
 * -ENOSYS while the call is under way, or the error of an interrupted wait, which only tracers see.
 */
#include <errno.h>
#include <stddef.h>

#include "base/host.h"
#include "translator/ptrace/tracee.h"

static void from_context(const uint64_t g[NGREG], struct user_regs_struct *r)
{
	r->r8 = g[REG_R8];
	r->r9 = g[REG_R9];
	r->r10 = g[REG_R10];
	r->r11 = g[REG_R11];
	r->r12 = g[REG_R12];
	r->r13 = g[REG_R13];
	r->r14 = g[REG_R14];
	r->r15 = g[REG_R15];
	r->rdi = g[REG_RDI];
	r->rsi = g[REG_RSI];
	r->rbp = g[REG_RBP];
	r->rbx = g[REG_RBX];
	r->rdx = g[REG_RDX];
	r->rcx = g[REG_RCX];
	r->rsp = g[REG_RSP];
	r->rip = g[REG_RIP];
	r->eflags = g[REG_EFL];
}

static void to_context(const struct user_regs_struct *r, uint64_t g[NGREG])
{
	g[REG_R8] = r->r8;
	g[REG_R9] = r->r9;
	g[REG_R10] = r->r10;
	g[REG_R11] = r->r11;
	g[REG_R12] = r->r12;
	g[REG_R13] = r->r13;
	g[REG_R14] = r->r14;
	g[REG_R15] = r->r15;
	g[REG_RDI] = r->rdi;
	g[REG_RSI] = r->rsi;
	g[REG_RBP] = r->rbp;
	g[REG_RBX] = r->rbx;
	g[REG_RDX] = r->rdx;
	g[REG_RCX] = r->rcx;
	g[REG_RSP] = r->rsp;
	g[REG_RIP] = r->rip;
	g[REG_EFL] = r->eflags;
}

static uint64_t context_registers(uint64_t context)
{
	return context + offsetof(ucontext_t, uc_mcontext.gregs);
}

/* The beginning of struct tr_call, word by word. */
enum { CALL_NR, CALL_ARGS, CALL_IP = CALL_ARGS + 6, CALL_SP, CALL_WORDS };
_Static_assert(offsetof(struct tr_call, nr) == 8 * CALL_NR, "struct tr_call");
_Static_assert(offsetof(struct tr_call, arg) == 8 * CALL_ARGS, "struct tr_call");
_Static_assert(offsetof(struct tr_call, ip) == 8 * CALL_IP, "struct tr_call");
_Static_assert(offsetof(struct tr_call, sp) == 8 * CALL_SP, "struct tr_call");

bool tracee_find_context(struct tracee *t, const struct user_regs_struct *r)
{
	const struct tr_frame *f = tr_frame_of_stack(r->rsp);
	uint64_t at = (uint64_t)(uintptr_t)f, context, ip, call[CALL_WORDS];

	/* What is read here is the tracee's memory, at addresses that are the same in every process. */
	if (f == NULL || tracee_read(t, &context, at + offsetof(struct tr_frame, context), 1) < 0 ||
	    tracee_read(t, call, at + offsetof(struct tr_frame, call), CALL_WORDS) < 0 ||
	    tracee_read(t, &ip, context_registers(context) + REG_RIP * sizeof(greg_t), 1) < 0 || ip != call[CALL_IP])
		return false;
	t->frame = at;
	t->context = context;
	t->nr = (uint32_t)call[CALL_NR];
	t->ip = call[CALL_IP];
	t->sp = call[CALL_SP];
	return true;
}

/* A child in the parent's memory works on the parent's frame for a moment: stack pointer and result are not from there. */
static int read_context(const struct tracee *t, struct user_regs_struct *r)
{
	uint64_t g[NGREG];
	int e = tracee_read(t, g, context_registers(t->context), NGREG);

	if (e < 0)
		return e;
	from_context(g, r);
	r->rip = t->ip;
	r->rsp = t->sp;
	if (t->appearance == IN_SECCOMP)
		r->rax = g[REG_RAX];
	else if (r->orig_rax == ~0ul)
		r->rax = (unsigned long)-ENOSYS;
	if (t->appearance == IN_SECCOMP || r->orig_rax != SYS_restart_syscall)
		r->orig_rax = t->nr == ~0u ? ~0ul : t->nr;
	return 0;
}

/* execve's result is not there yet. */
static int read_program(const struct tracee *t, struct user_regs_struct *r)
{
	uint64_t g[NGREG];
	int e = tracee_read(t, g, context_registers(t->context), NGREG);

	if (e < 0)
		return e;
	from_context(g, r);
	r->rax = (unsigned long)-ENOSYS;
	r->orig_rax = t->nr;
	return 0;
}

int tracee_write_result(const struct tracee *t, uint64_t result)
{
	return tracee_write(t, context_registers(t->context) + REG_RAX * sizeof(greg_t), &result, 1);
}

static int write_context(const struct tracee *t, const struct user_regs_struct *r)
{
	uint64_t g[NGREG];
	int e = tracee_read(t, g, context_registers(t->context), NGREG);

	if (e < 0)
		return e;
	to_context(r, g);
	return tracee_write(t, context_registers(t->context), g, NGREG);
}

/* The call is still to be made. */
static int write_call(struct tracee *t, const struct user_regs_struct *r)
{
	const uint64_t call[] = {r->orig_rax & 0xffffffff, r->rdi, r->rsi, r->rdx, r->r10, r->r8, r->r9};
	int e = write_context(t, r);

	if (e == 0)
		e = tracee_write_result(t, r->rax);
	if (e == 0)
		e = tracee_write(t, t->frame + offsetof(struct tr_frame, call), call, CALL_IP);
	t->nr = (uint32_t)r->orig_rax;
	return e;
}

int tracee_get_registers(const struct tracee *t, struct user_regs_struct *ret)
{
	struct user_regs_struct r = {0};
	int e = (int)tracee_request(t, PTRACE_GETREGS, 0, &r);

	if (e < 0)
		return e;
	switch (t->appearance) {
	case IN_CALL:
	case IN_SECCOMP:
		e = read_context(t, &r);
		if (e < 0)
			return e;
		break;
	case RESTARTED:
		r.rip = t->ip;
		r.rax = (unsigned long)-ERESTARTNOINTR;
		r.orig_rax = t->nr;
		break;
	case EXECUTED:
		e = read_program(t, &r);
		if (e < 0)
			return e;
		break;
	case AS_IT_IS:
	case PRETENDED:
		break;
	}
	*ret = r;
	return 0;
}

int tracee_set_registers(struct tracee *t, const struct user_regs_struct *r)
{
	struct user_regs_struct next = *r;
	int e;

	if (t->appearance == IN_CALL && t->waiting) {
		e = tracee_push_out(t);
		if (e < 0)
			return e;
	}
	switch (t->appearance) {
	case IN_CALL:
	case EXECUTED:
		return write_context(t, r);
	case IN_SECCOMP:
		return write_call(t, r);
	case RESTARTED:
		/* What was not changed is the call's, which is about to be made again. */
		if (next.rip == t->ip && next.orig_rax == t->nr && next.rax == (unsigned long)-ERESTARTNOINTR) {
			next.rip -= SYSCALL_SIZE;
			next.rax = t->nr;
			next.orig_rax = ~0ul;
		}
		break;
	case AS_IT_IS:
	case PRETENDED:
		break;
	}
	return (int)tracee_request(t, PTRACE_SETREGS, 0, &next);
}
