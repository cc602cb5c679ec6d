/*
 * One syscall: registers in, result out.
 *
 * A gate (trap, notify, ptrace) fills a struct tr_call and calls tr_dispatch(); the table decides; a handler
 * sys_<name>(c, args) does it with the vfs and the host. Handlers see the guest's memory and descriptors through the
 * call's port only, so they do not know which gate they were called through or in which process they run.
 * Theory: translator/README.md. How to add a call: HACKING.md.
 */
#ifndef LX_TRANSLATOR_TRANSLATOR_H
#define LX_TRANSLATOR_TRANSLATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/attr.h"
#include "base/creds.h"
#include "base/instance.h"
#include "vfs/vfs.h"

struct tr_call;

/* How a handler reaches the guest. Addresses are the guest's and are never dereferenced. */
struct tr_port {
	/* n bytes in or out; 0 or -EFAULT (nothing or a part may have been copied then). */
	int (*read)(struct tr_call *c, void *to, uint64_t from, size_t n);
	int (*write)(struct tr_call *c, uint64_t to, const void *from, size_t n);
	/* A string with its NUL into size bytes; its length, -EFAULT, or -ENAMETOOLONG where there is no NUL in size. */
	long (*read_string)(struct tr_call *c, char *to, uint64_t from, size_t size);
	/* A descriptor of this address space for the guest's (AT_FDCWD included), borrowed until the call's end. */
	int (*borrow_fd)(struct tr_call *c, int guest_fd);
	/* Hands a descriptor of this address space to the guest: the guest's number, or -errno. Consumes fd. */
	int (*give_fd)(struct tr_call *c, int fd, bool cloexec);
};

/* A struct kernel sigaction (8-byte mask), as rt_sigaction(2) takes it on x86-64. */
struct tr_sigaction {
	uint64_t handler;
	uint64_t flags;
	uint64_t restorer;
	uint64_t mask;
};

/* A process's state that is private to it: copied by fork, handed to exec through its slot, copied for a vfork child. */
struct tr_process {
	pid_t pid; /* whose this is; checked after fork through the wipe-on-fork page */
	struct process_slot *slot;
	uint32_t flags; /* enum process_flags */
	int32_t dumpable;
	uint32_t seccomp_mode;
	uint32_t mount_ns; /* struct mount_entry */
	struct creds creds;
	uint64_t cwd;         /* vfs_ns.cwd */
	pid_t parent;         /* the last one that getppid(2) looked at, and */
	bool parent_is_guest; /* what it found: that holds as long as the parent is the same */
	struct tr_sigaction action[65];
	char exe[PATH_MAX];
	char root[PATH_MAX];
};

enum tr_verdict {
	TR_DONE = 0,  /* the result is the call's */
	TR_NATIVE,    /* the host's kernel must do the call itself with the guest's own registers */
	TR_NO_RETURN, /* the gate's frame was left (exec, sigreturn): never seen by a gate */
};

#define TR_SCRATCH_SIZE (4 * PATH_MAX)

/* The slot stack's bookkeeping and the signal frame of a call in a guest process: translator/entry.h. */
struct tr_frame;

struct tr_call {
	uint32_t nr;
	uint64_t arg[6];
	uint64_t ip, sp; /* the guest's, behind the syscall instruction */
	const struct tr_port *port;
	struct tr_process *process;
	struct creds *creds; /* of the calling thread: the process's own unless its ids diverged */
	pid_t tid;           /* 0 until somebody asks: tr_tid() */
	struct vfs_ns ns;
	enum tr_verdict verdict;
	struct tr_frame *frame; /* NULL in the supervisor */
	size_t scratch_used;
	char *scratch;          /* TR_SCRATCH_SIZE bytes: strings of this call */
	struct tr_trace *trace; /* with PROCESS_TRACE only */
};

/* Fetches the arguments, runs the handler, traces. The result: >= 0 or -errno; c->verdict says if it counts. */
long tr_dispatch(struct tr_call *c);

/* Guest memory for handlers: 0 or -EFAULT. */
static inline MUST_CHECK int tr_read(struct tr_call *c, void *to, uint64_t from, size_t n)
{
	return c->port->read(c, to, from, n);
}
static inline MUST_CHECK int tr_write(struct tr_call *c, uint64_t to, const void *from, size_t n)
{
	return c->port->write(c, to, from, n);
}
static inline MUST_CHECK long tr_read_string(struct tr_call *c, char *to, uint64_t from, size_t size)
{
	return c->port->read_string(c, to, from, size);
}
static inline MUST_CHECK int tr_borrow_fd(struct tr_call *c, int guest_fd)
{
	return c->port->borrow_fd(c, guest_fd);
}
static inline MUST_CHECK int tr_give_fd(struct tr_call *c, int fd, bool cloexec)
{
	return fd < 0 ? fd : c->port->give_fd(c, fd, cloexec);
}

/* Makes the host do the call as the guest made it; for handlers: return tr_native(c). */
static inline long tr_native(struct tr_call *c)
{
	c->verdict = TR_NATIVE;
	return 0;
}

/* The answer of a call that cannot be done here, and that a kernel with everything would do: --doctor tells of it. */
static inline long tr_gap(const struct tr_call *c, long error)
{
	instance_note_missed(c->ns.in, c->nr);
	return error;
}

/*
 * A host call that may wait, made so that a guest's signal interrupts it as it would natively: the guest's mask is in
 * force while it waits, -EINTR and restarts come out as the kernel would have them. Only for handlers in the guest's
 * process.
 */
MUST_CHECK long tr_blocking_call(struct tr_call *c, long nr, const uint64_t arg[6]);

/*
 * The call nr that sends sig to the caller's own process, made so that the thread is chosen that Linux would choose. Only
 * for handlers in the guest's process.
 */
MUST_CHECK long tr_signal_self(struct tr_call *c, int sig, long nr, const uint64_t arg[6]);

/*
 * Asks the supervisor (enum instance_call_kind): its answer, or -errno also where nobody can be asked. Only for handlers in
 * the guest's process, and for what is rare: two processes wake up.
 */
MUST_CHECK long tr_instance_call(struct tr_call *c, uint32_t kind, uint64_t a, uint64_t b);

/* The calling thread's identity is about to change: its own copy. Afterwards tr_creds_changed() tells the instance. */
struct creds *tr_creds_for_change(struct tr_call *c);
void tr_creds_changed(struct tr_call *c);

/* The process's flags, dumpable, seccomp mode, exe or root changed: tells the instance. */
void tr_process_changed(struct tr_call *c);

/* The calling thread. Most calls never need to know. */
static inline pid_t tr_tid(struct tr_call *c)
{
	if (c->tid == 0)
		c->tid = c->ns.tid = host_gettid();
	return c->tid;
}

/* True if pid is a process (or thread) of this instance: what kill, ptrace and /proc may see. */
MUST_CHECK bool tr_is_guest(struct tr_call *c, pid_t pid);

#endif
