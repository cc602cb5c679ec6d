#include "translator/supervisor/ptrace_gate.h"

#include <elf.h>
#include <errno.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>

#include "base/layout.h"
#include "translator/filter/filter.h"
#include "translator/filter/interpret.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif

#define OPTIONS \
	(PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_EXITKILL)
#define SYSCALL_STOP (SIGTRAP | 0x80)

enum state {
	RUNNING,
	SKIPPED, /* the call was skipped: `result` is what it answers */
	TRAPPED, /* the call was skipped: SIGSYS follows */
};

struct tracee {
	struct tracee *next;
	pid_t tid;
	enum state state;
	long result;
	uint64_t mask; /* the thread's own, while all but SIGSYS is masked */
	siginfo_t trap;
};

/*
 * Threads are many, stops are slow: a small table of lists. Each thread of this process that traces has tracees of its own,
 * who are one program and all that it started.
 */
#define BUCKETS 256
static _Thread_local struct tracee *tracees[BUCKETS];

static struct tracee *find(pid_t tid)
{
	struct tracee **list = &tracees[(unsigned)tid % BUCKETS], *t;

	for (t = *list; t != NULL; t = t->next)
		if (t->tid == tid)
			return t;
	t = calloc(1, sizeof(*t));
	if (t == NULL)
		abort();
	t->tid = tid;
	t->next = *list;
	*list = t;
	return t;
}

static void forget(pid_t tid)
{
	for (struct tracee **at = &tracees[(unsigned)tid % BUCKETS]; *at != NULL; at = &(*at)->next) {
		struct tracee *t = *at;

		if (t->tid != tid)
			continue;
		*at = t->next;
		free(t);
		return;
	}
}

/* A tracee can be killed at any moment: requests that fail because of that are answered by its next wait status. */
static void request(int what, pid_t tid, uintptr_t addr, uintptr_t data)
{
	(void)ptrace(what, tid, (void *)addr, (void *)data);
}

static void go_on(pid_t tid, int sig)
{
	request(PTRACE_SYSCALL, tid, 0, (uintptr_t)sig);
}

static void skip_call(pid_t tid)
{
	request(PTRACE_POKEUSER, tid, offsetof(struct user_regs_struct, orig_rax), (uintptr_t)-1l);
}

/* What the kernel tells of a seccomp trap (kernel/seccomp.c, force_sig_seccomp). */
static void describe_trap(siginfo_t *info, uint64_t ip, int nr, unsigned arch, unsigned data)
{
	*info = (siginfo_t){.si_signo = SIGSYS, .si_code = SYS_SECCOMP, .si_errno = (int)data};
	info->si_call_addr = (void *)(uintptr_t)ip;
	info->si_syscall = nr;
	info->si_arch = arch;
}

static void mask_all_but_sigsys(struct tracee *t)
{
	uint64_t mask = ~(1ull << (SIGSYS - 1));

	request(PTRACE_GETSIGMASK, t->tid, sizeof(t->mask), (uintptr_t)&t->mask);
	request(PTRACE_SETSIGMASK, t->tid, sizeof(mask), (uintptr_t)&mask);
}

/* The first process is seized while it is still lxrun: its calls count from the first one that the resident makes. */
static _Thread_local bool resident_seen;

static bool is_before_resident(uint64_t ip)
{
	if (ip >= RESIDENT_BASE && ip < RESIDENT_TEXT_END)
		resident_seen = true;
	return !resident_seen;
}

static void on_entry(struct tracee *t, const struct __ptrace_syscall_info *info)
{
	struct seccomp_data data = {
		.nr = (int)info->entry.nr,
		.arch = info->arch,
		.instruction_pointer = info->instruction_pointer,
	};
	const struct sock_filter *program;
	uint32_t answer;
	size_t n;

	if (is_before_resident(data.instruction_pointer)) {
		go_on(t->tid, 0);
		return;
	}
	for (unsigned i = 0; i < 6; i++)
		data.args[i] = info->entry.args[i];
	program = tr_filter_program(0, &n);
	answer = tr_filter_run(program, n, &data, NULL);
	switch (answer & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ERRNO:
		skip_call(t->tid);
		t->state = SKIPPED;
		t->result = -(long)(answer & SECCOMP_RET_DATA);
		break;
	case SECCOMP_RET_TRAP:
		skip_call(t->tid);
		t->state = TRAPPED;
		describe_trap(&t->trap, info->instruction_pointer, data.nr, data.arch, answer & SECCOMP_RET_DATA);
		mask_all_but_sigsys(t);
		break;
	default:
		break;
	}
	go_on(t->tid, 0);
}

static void on_exit_stop(struct tracee *t)
{
	int sig = 0;

	if (t->state == SKIPPED) {
		request(PTRACE_POKEUSER, t->tid, offsetof(struct user_regs_struct, rax), (uintptr_t)t->result);
		t->state = RUNNING;
	} else if (t->state == TRAPPED) {
		/* As behind a filter's trap. */
		request(PTRACE_POKEUSER, t->tid, offsetof(struct user_regs_struct, rax), (uintptr_t)t->trap.si_syscall);
		sig = SIGSYS;
	}
	go_on(t->tid, sig);
}

static void on_syscall(struct tracee *t)
{
	struct __ptrace_syscall_info info = {0};

	request(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof(info), (uintptr_t)&info);
	if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
		on_entry(t, &info);
	else
		on_exit_stop(t);
}

static void on_signal(struct tracee *t, int sig)
{
	if (sig == SIGSYS && t->state == TRAPPED) {
		request(PTRACE_SETSIGINFO, t->tid, 0, (uintptr_t)&t->trap);
		request(PTRACE_SETSIGMASK, t->tid, sizeof(t->mask), (uintptr_t)&t->mask);
		t->state = RUNNING;
	}
	go_on(t->tid, sig);
}

static bool is_stop_signal(int sig)
{
	return sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU;
}

static void on_stop(pid_t tid, int status)
{
	int sig = WSTOPSIG(status), event = status >> 16;

	if (sig == SYSCALL_STOP)
		on_syscall(find(tid));
	else if (event == PTRACE_EVENT_STOP && is_stop_signal(sig))
		request(PTRACE_LISTEN, tid, 0, 0);
	else if (event != 0)
		go_on(tid, 0);
	else
		on_signal(find(tid), sig);
}

int ptrace_gate_seize(pid_t pid)
{
	resident_seen = false;
	if (ptrace(PTRACE_SEIZE, pid, NULL, (void *)(uintptr_t)OPTIONS) < 0)
		return -errno;
	if (ptrace(PTRACE_INTERRUPT, pid, NULL, NULL) < 0)
		return -errno;
	return 0;
}

int ptrace_gate_serve(void)
{
	for (;;) {
		int status;
		pid_t tid = waitpid(-1, &status, __WALL | __WNOTHREAD);

		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			return errno == ECHILD ? 0 : -errno;
		if (WIFSTOPPED(status))
			on_stop(tid, status);
		else
			forget(tid);
	}
}
