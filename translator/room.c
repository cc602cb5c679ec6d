/*
 * Calls by path of a guest that has not one free descriptor.
 *
 * Natively stat, mkdir and their kin need none; here they do for a moment. So a child does the call that shares memory,
 * directory and umask with its parent but has a copy of its descriptors, some of which it closes. The parent sleeps
 * meanwhile. It costs as much as a vfork, once per call, and only then.
 */
#include <errno.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "base/host.h"
#include "syscall-tables/names.h"
#include "translator/state.h"

/* More than any handler has open at a time. */
#define ROOM 12

/* Calls that give the guest a descriptor, whose failure is the guest's own, or that change what is not shared. */
static bool is_alone(uint32_t nr)
{
	static const uint16_t those[] = {
		SYSCALL_open,          SYSCALL_openat,       SYSCALL_openat2,  SYSCALL_creat,     SYSCALL_dup,
		SYSCALL_dup2,          SYSCALL_dup3,         SYSCALL_fcntl,    SYSCALL_accept,    SYSCALL_accept4,
		SYSCALL_recvmsg,       SYSCALL_recvmmsg,     SYSCALL_signalfd, SYSCALL_signalfd4, SYSCALL_pidfd_open,
		SYSCALL_execve,        SYSCALL_execveat,     SYSCALL_clone,    SYSCALL_vfork,     SYSCALL_chroot,
		SYSCALL_pivot_root,    SYSCALL_unshare,      SYSCALL_setns,    SYSCALL_close,     SYSCALL_close_range,
		SYSCALL_seccomp,       SYSCALL_prctl,        SYSCALL_ptrace,   SYSCALL_wait4,     SYSCALL_waitid,
		SYSCALL_rt_sigsuspend, SYSCALL_rt_sigreturn, SYSCALL_connect,
	};

	for (size_t i = 0; i < ARRAY_SIZE(those); i++)
		if (those[i] == nr)
			return true;
	return false;
}

static bool is_argument(const struct tr_call *c, int fd)
{
	for (size_t i = 0; i < ARRAY_SIZE(c->arg); i++)
		if ((int)c->arg[i] == fd)
			return true;
	return false;
}

struct errand {
	struct tr_call *c;
	long (*run)(struct tr_call *c);
	long result;
};

/* In the child, on the parent's stack. */
static void do_errand(void *arg)
{
	struct errand *e = arg;
	struct rlimit limit;
	int closed = 0;

	if (host_call(SYS_getrlimit, RLIMIT_NOFILE, &limit) < 0)
		return;
	for (int fd = (int)limit.rlim_cur - 1; fd >= 0 && closed < ROOM; fd--)
		if (fd != RESERVED_FD && !is_argument(e->c, fd) && host_call(SYS_close, fd) == 0)
			closed++;
	e->c->scratch_used = 0;
	e->result = e->run(e->c);
}

long tr_run_with_room(struct tr_call *c, long (*run)(struct tr_call *c))
{
	struct errand e = {.c = c, .run = run, .result = -EMFILE};
	long child;

	if (is_alone(c->nr))
		return -EMFILE;
	/* Who calls is asked before the child would be. */
	(void)tr_tid(c);
	child = tr_clone_errand(CLONE_VM | CLONE_VFORK | CLONE_FS, do_errand, &e);
	if (child > 0)
		(void)host_call(SYS_wait4, child, NULL, __WALL, NULL);
	return e.result;
}
