/*
 * Who the calling process is.
 *
 * Its state is private memory, so fork copies it exactly; the slot in shared memory is what others see of it. A page that
 * fork wipes tells the first call of a new child to claim a slot of its own. A child that shares memory (vfork, clone
 * with CLONE_VM but without CLONE_THREAD) works on a copy, found by its pid, while any such child is outstanding.
 * Threads whose ids diverge from the process's have an entry of their own (threads.c).
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/state.h"

/* Each is a parent's thread that sleeps, or a child that shares memory and runs. */
#define COPIES 256

static struct tr_process self;
static struct {
	struct tr_process process;
	_Atomic bool taken;
	bool awaited; /* somebody waits for the child and gives the copy back */
} copies[COPIES] COLD;
static _Atomic uint32_t copies_used;

/* One page that a fork leaves zero. */
static uint32_t not_forked[1024] __attribute__((aligned(4096))) IN(page);

static void copy_text(char *to, const char *from, size_t size)
{
	size_t n = 0;

	while (n + 1 < size && from[n] != '\0')
		n++;
	memcpy(to, from, n);
	to[n] = '\0';
}

/* Only the process itself writes its slot, but its threads may all do so. */
void tr_slot_publish(struct process_slot *s, const struct tr_public *p)
{
	tr_lock(TR_LOCK_PUBLISH);
	atomic_fetch_add(&s->sequence, 1);
	s->flags = p->flags;
	s->dumpable = p->dumpable;
	s->seccomp_mode = p->seccomp_mode;
	s->mount_ns = p->mount_ns;
	s->creds = *p->creds;
	copy_text(s->exe, p->exe, sizeof(s->exe));
	copy_text(s->root, p->root, sizeof(s->root));
	atomic_fetch_add(&s->sequence, 1);
	tr_unlock(TR_LOCK_PUBLISH);
}

struct tr_public tr_process_public(const struct tr_process *p)
{
	return (struct tr_public){.flags = p->flags,
				  .dumpable = p->dumpable,
				  .seccomp_mode = p->seccomp_mode,
				  .mount_ns = p->mount_ns,
				  .creds = &p->creds,
				  .exe = p->exe,
				  .root = p->root};
}

static void publish(struct process_slot *s, const struct tr_process *p)
{
	const struct tr_public now = tr_process_public(p);

	tr_slot_publish(s, &now);
}

int tr_process_start(void)
{
	struct process_slot *s;

	self.pid = host_getpid();
	s = instance_find_slot(TR_INSTANCE, self.pid);
	if (s == NULL)
		return -ESRCH;
	self.slot = s;
	self.flags = s->flags;
	self.dumpable = s->dumpable;
	self.seccomp_mode = s->seccomp_mode;
	self.mount_ns = s->mount_ns;
	self.creds = s->creds;
	copy_text(self.exe, s->exe, sizeof(self.exe));
	copy_text(self.root, s->root, sizeof(self.root));
	/* Without the advice (never seen missing since Linux 4.14) a child would take its parent's place. */
	if (host_call(SYS_madvise, not_forked, sizeof(not_forked), MADV_WIPEONFORK) < 0)
		return -ENOSYS;
	not_forked[0] = 1;
	return 0;
}

void tr_process_first_done(void)
{
	self.flags &= ~(uint32_t)(PROCESS_FIRST | PROCESS_HOME_ELSE);
	self.slot->flags = self.flags;
}

static void after_fork(struct tr_frame *f)
{
	not_forked[0] = 1;
	self.pid = host_getpid();
	self.slot = NULL;
	if (atomic_load(&copies_used) != 0)
		for (unsigned i = 0; i < COPIES; i++)
			atomic_store(&copies[i].taken, false);
	atomic_store(&copies_used, 0);
	tr_threads_after_fork(&self.creds);
	tr_locks_after_fork();
	tr_signals_after_fork();
	tr_recipient_after_fork();
	tr_patched_after_fork();
	tr_faults_after_fork();
	if ((self.flags & PROCESS_TRACE_ME) != 0) {
		self.flags &= ~(uint32_t)PROCESS_TRACE_ME;
		tr_signals_let_go(&self);
	}
	tr_slots_reset(f->index);
	(void)tr_process_slot(&self);
}

struct process_slot *tr_process_slot(struct tr_process *p)
{
	if (p->slot != NULL)
		return p->slot;
	p->slot = instance_claim_slot(TR_INSTANCE, p->pid);
	if (p->slot != NULL) {
		p->slot->program_fd = -1;
		publish(p->slot, p);
		instance_slot_is_filled(p->slot, p->pid);
	}
	return p->slot;
}

/* The copy that the process pid works on, or NULL. */
static struct tr_process *copy_of(pid_t pid)
{
	for (unsigned i = 0; i < COPIES; i++)
		if (atomic_load_explicit(&copies[i].taken, memory_order_acquire) && copies[i].process.pid == pid)
			return &copies[i].process;
	return NULL;
}

struct tr_process *tr_process_current(struct tr_frame *f)
{
	bool shared = tr_process_shared();
	struct tr_process *copy;
	pid_t pid;

	if (not_forked[0] == 0) {
		/* A child of a child that shares memory forks from that child's copy. */
		copy = shared ? copy_of((pid_t)host_call(SYS_getppid)) : NULL;
		if (copy != NULL)
			self = *copy;
		after_fork(f);
		return &self;
	}
	if (!shared)
		return &self;
	pid = host_getpid();
	copy = pid != self.pid ? copy_of(pid) : NULL;
	return copy != NULL ? copy : &self;
}

pid_t tr_process_main(void)
{
	return self.pid;
}

bool tr_process_forked(void)
{
	return not_forked[0] == 0;
}

bool tr_process_shared(void)
{
	return atomic_load_explicit(&copies_used, memory_order_relaxed) != 0;
}

/* Children that share memory without vfork end unnoticed. */
static void drop_dead_copies(void)
{
	if (!tr_try_lock(TR_LOCK_COPIES))
		return;
	for (unsigned i = 0; i < COPIES; i++) {
		struct tr_process *p = &copies[i].process;

		if (atomic_load(&copies[i].taken) && !copies[i].awaited && p->pid != 0 &&
		    host_kill(p->pid, 0) == -ESRCH)
			tr_process_copy_done(p);
	}
	tr_unlock(TR_LOCK_COPIES);
}

static struct tr_process *take_copy(bool awaited)
{
	for (unsigned i = 0; i < COPIES; i++)
		if (!atomic_load(&copies[i].taken) && !atomic_exchange(&copies[i].taken, true)) {
			copies[i].awaited = awaited;
			atomic_fetch_add(&copies_used, 1);
			return &copies[i].process;
		}
	return NULL;
}

struct tr_process *tr_process_copy(const struct tr_process *p, bool awaited)
{
	struct tr_process *copy = take_copy(awaited);

	if (copy == NULL) {
		drop_dead_copies();
		copy = take_copy(awaited);
	}
	if (copy == NULL)
		return NULL;
	*copy = *p;
	copy->pid = 0;
	copy->slot = NULL;
	copy->flags &= ~(uint32_t)PROCESS_TRACE_ME;
	return copy;
}

void tr_process_copy_done(struct tr_process *copy)
{
	unsigned i = 0;

	/* 0: it never came to be. */
	if (copy->pid != 0) {
		tr_locks_release_of(copy->pid);
		tr_slots_reclaim(copy->pid);
	}
	copy->pid = 0;
	while (&copies[i].process != copy)
		i++;
	atomic_fetch_sub(&copies_used, 1);
	atomic_store_explicit(&copies[i].taken, false, memory_order_release);
}

/* Of this file: the address of a function of another one is looked up in a table, which the resident has none of. */
static int keep_record(void *call, const struct sidecar_record *record)
{
	return tr_sidecar(call, record);
}

static long read_record(void *call, const struct sidecar_record *record, void *buf, size_t size)
{
	return tr_sidecar_read(call, record, buf, size);
}

static uint64_t ticks(void)
{
	return tr_ticks();
}

void tr_call_fill(struct tr_call *c, uint32_t nr, const greg_t *r, struct tr_frame *f)
{
	c->nr = nr;
	c->arg[0] = (uint64_t)r[REG_RDI];
	c->arg[1] = (uint64_t)r[REG_RSI];
	c->arg[2] = (uint64_t)r[REG_RDX];
	c->arg[3] = (uint64_t)r[REG_R10];
	c->arg[4] = (uint64_t)r[REG_R8];
	c->arg[5] = (uint64_t)r[REG_R9];
	c->ip = (uint64_t)r[REG_RIP];
	c->sp = (uint64_t)r[REG_RSP];
	c->port = &tr_local_port;
	c->verdict = TR_DONE;
	c->frame = f;
	c->scratch = f->scratch;
	c->scratch_used = 0;
}

void tr_call_begin(struct tr_call *c, struct tr_frame *f)
{
	struct tr_process *p = tr_process_current(f);
	struct creds *own = NULL;

	c->process = p;
	c->tid = 0;
	if (p == &self && tr_threads_differ())
		own = tr_thread_creds(tr_tid(c), &p->creds);
	c->creds = own != NULL ? own : &p->creds;
	c->ns = (struct vfs_ns){
		.in = TR_INSTANCE,
		.creds = c->creds,
		.root = RESERVED_FD,
		.root_path = p->root,
		.mount_ns = p->mount_ns,
		.pid = p->pid,
		.tid = c->tid,
		.exe = p->exe,
		/* What the supervisor has opened in this process's name is not noted here. */
		.view_dirs = (p->flags & PROCESS_VIEW_DIRS) != 0 || TR_INSTANCE->gate == INSTANCE_GATE_NOTIFY,
		.cwd = &p->cwd,
		.clock = ticks,
		.sidecar = keep_record,
		.sidecar_read = read_record,
		.sidecar_arg = c,
	};
}

/* One thread only? /proc/self/task has two links and one per thread. */
static bool alone(void)
{
	struct stat st;

	return host_fstatat(AT_FDCWD, "/proc/self/task", &st, 0) == 0 && st.st_nlink == 3;
}

struct creds *tr_creds_for_change(struct tr_call *c)
{
	struct creds *own;

	if (c->creds != &c->process->creds || c->process != &self)
		return c->creds;
	if (alone()) {
		tr_threads_forget();
		return c->creds;
	}
	if (tr_tid(c) == self.pid) {
		tr_threads_first_changes(self.pid, &self.creds);
		return c->creds;
	}
	own = tr_thread_creds_make(self.pid, tr_tid(c), c->creds);
	if (own != NULL)
		c->creds = own;
	c->ns.creds = c->creds;
	return c->creds;
}

void tr_creds_changed(struct tr_call *c)
{
	/* Others see the ids of the process's first thread, as in /proc/PID/status. */
	if (c->creds != &c->process->creds)
		return;
	tr_threads_first_changed();
	tr_process_changed(c);
}

void tr_process_changed(struct tr_call *c)
{
	struct process_slot *s = tr_process_slot(c->process);

	if (s == NULL)
		return;
	publish(s, c->process);
}

bool tr_is_guest(struct tr_call *c, pid_t pid)
{
	struct stat st;
	char exe[32];

	if (pid == c->process->pid || pid == tr_tid(c))
		return true;
	if (pid <= 0)
		return false;
	/* The file behind the link, not its text: whoever runs this instance's resident is a guest. */
	str_format(exe, sizeof(exe), "/proc/%d/exe", pid);
	if (host_fstatat(AT_FDCWD, exe, &st, 0) == 0)
		return st.st_dev == c->ns.in->exe_device && st.st_ino == c->ns.in->exe_inode;
	return instance_find_slot(c->ns.in, pid) != NULL && host_kill(pid, 0) != -ESRCH;
}
