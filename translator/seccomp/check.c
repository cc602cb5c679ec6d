/*
 * Runs the guest's filters on a call that the translator is about to make, and does what they say, as the kernel does in
 * __seccomp_filter().
 */
#include <errno.h>
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <signal.h>

#include "base/host.h"
#include "base/layout.h"
#include "base/str.h"
#include "translator/filter/interpret.h"
#include "translator/ptrace/ptrace.h"
#include "translator/seccomp/prologue.h"
#include "translator/seccomp/seccomp.h"
#include "translator/seccomp/store.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1 /* si_code */
#endif

#define ERRNO_MAX 4095

struct answer {
	uint32_t action; /* SECCOMP_RET_*, without data */
	uint16_t data;
	bool strict;
};

/* The kernel compares actions as signed numbers: SECCOMP_RET_KILL_PROCESS is the smallest. */
static int32_t rank(uint32_t action)
{
	return (int32_t)(action & SECCOMP_RET_ACTION_FULL);
}

/* All programs run; the most restrictive answer counts, the newest program's among equals. */
static struct answer ask(const struct seccomp_stack *stack, const struct seccomp_data *data)
{
	struct answer best = {.action = SECCOMP_RET_ALLOW};
	const struct sock_filter *at = stack->code;

	for (uint32_t i = 0; i < stack->count; i++) {
		struct seccomp_head head;
		uint32_t r;

		memcpy(&head, at, sizeof(head));
		r = tr_filter_run(at + 1, head.length, data, NULL);
		if (rank(r) < rank(best.action))
			best = (struct answer){
				.action = r & SECCOMP_RET_ACTION_FULL,
				.data = (uint16_t)(r & SECCOMP_RET_DATA),
				.strict = head.strict != 0,
			};
		at += 1 + head.length;
	}
	return best;
}

static void fill_info(struct tr_call *c, uint16_t data, siginfo_t *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->si_signo = SIGSYS;
	ret->si_code = SYS_SECCOMP;
	/* Our own mark would send the guest's trap back to the translator for ever. */
	ret->si_errno = data == TRAP_MARK ? TRAP_MARK ^ 1 : data;
	ret->si_call_addr = (void *)(uintptr_t)c->ip; /* NOLINT: a guest's address, told to the guest */
	ret->si_syscall = (int)c->nr;
	ret->si_arch = AUDIT_ARCH_X86_64;
}

/* All signals are masked here, so this one waits until the guest goes on: behind its call, with the number as result. */
static long trap(struct tr_call *c, uint16_t data)
{
	siginfo_t info;

	fill_info(c, data, &info);
	(void)host_call(SYS_rt_tgsigqueueinfo, c->process->pid, tr_tid(c), SIGSYS, &info);
	return c->nr;
}

static bool only_thread(void)
{
	struct stat st;

	/* "." and ".." and one link per thread. */
	return host_fstatat(AT_FDCWD, "/proc/self/task", &st, 0) == 0 && st.st_nlink == 3;
}

/* Ends the process by sig, as if nobody had ever handled it. */
static NORETURN void end_process(struct tr_call *c, int sig, uint16_t data)
{
	const struct tr_sigaction by_default = {0};
	const uint64_t mask = 1ull << (sig - 1);
	siginfo_t info;

	fill_info(c, data, &info);
	info.si_signo = sig;
	(void)host_call(SYS_rt_sigaction, sig, &by_default, NULL, sizeof(mask));
	(void)host_call(SYS_rt_tgsigqueueinfo, c->process->pid, tr_tid(c), sig, &info);
	(void)host_call(SYS_rt_sigprocmask, SIG_UNBLOCK, &mask, NULL, sizeof(mask));
	(void)!host_kill(c->process->pid, SIGKILL);
	host_exit_group(sig);
}

static NORETURN void end_thread(struct tr_call *c, int sig, uint16_t data)
{
	if (only_thread())
		end_process(c, sig, data);
	for (;;)
		(void)host_call(SYS_exit, sig);
}

bool tr_seccomp_check(struct tr_call *c, long *ret)
{
	struct seccomp_data data = {.nr = (int)c->nr, .arch = AUDIT_ARCH_X86_64, .instruction_pointer = c->ip};
	const struct seccomp_stack *stack;
	struct answer a;
	uint32_t id;

	if (c->process->seccomp_mode == SECCOMP_MODE_DISABLED)
		return false;
	/* Filters are a thread's; the mode is the process's, and only says that some thread has one. */
	id = seccomp_probe();
	if (id == 0)
		return false;
	stack = seccomp_store_get(c->ns.in, id);
	if (stack == NULL) {
		*ret = -EPERM;
		return true;
	}
	for (unsigned i = 0; i < ARRAY_SIZE(c->arg); i++)
		data.args[i] = c->arg[i];

	a = ask(stack, &data);
	switch (a.action) {
	case SECCOMP_RET_ALLOW:
	case SECCOMP_RET_LOG:
		return false;
	case SECCOMP_RET_ERRNO:
		*ret = -(long)(a.data > ERRNO_MAX ? ERRNO_MAX : a.data);
		return true;
	case SECCOMP_RET_TRACE:
		return tr_ptrace_seccomp(c, a.data, ret);
	case SECCOMP_RET_USER_NOTIF:
		/* Nobody is there to be asked. */
		*ret = -ENOSYS;
		return true;
	case SECCOMP_RET_TRAP:
		if (a.strict)
			end_thread(c, SIGKILL, 0);
		*ret = trap(c, a.data);
		return true;
	case SECCOMP_RET_KILL_THREAD:
		end_thread(c, SIGSYS, a.data);
	default:
		end_process(c, SIGSYS, a.data);
	}
}
