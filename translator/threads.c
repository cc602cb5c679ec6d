/*
 * Threads whose ids are not the process's.
 *
 * The process's identity is that of its first thread and of all that have no entry here. A thread that changes gets an
 * entry of its own; when the first thread changes, all others get one first, with what they had. A thread whose entry has
 * come to say what the process says gives it up: so after the libc has changed all threads, one by one, there are none,
 * and threads that come later are right without one. Only the owner gives its entry up, and nobody does while the first
 * thread changes.
 *
 * A fork does not say which thread made it. The child knows its thread pointer, and the entry of the thread that had the
 * same one is the one that it had.
 */
#include <asm/prctl.h>
#include <dirent.h>
#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/state.h"

#define THREADS 256
#define CLAIMED ((pid_t)-1)

static struct {
	_Atomic pid_t tid;        /* 0: free */
	_Atomic uint64_t pointer; /* the thread pointer, 0 as long as it is not known */
	struct creds creds;
} threads[THREADS] COLD;
/* How many entries there are, and how many first threads are changing. */
static _Atomic uint32_t used, changing;

static uint64_t thread_pointer(void)
{
	uint64_t pointer = 0;

	return host_call(SYS_arch_prctl, ARCH_GET_FS, &pointer) == 0 ? pointer : 0;
}

static int find(pid_t tid)
{
	for (int i = 0; i < THREADS; i++)
		if (atomic_load_explicit(&threads[i].tid, memory_order_acquire) == tid)
			return i;
	return -1;
}

static bool same(const struct creds *a, const struct creds *b)
{
	const size_t fixed = offsetof(struct creds, groups);

	return memcmp(a, b, fixed) == 0 && memcmp(a->groups, b->groups, a->group_count * sizeof(a->groups[0])) == 0;
}

bool tr_threads_differ(void)
{
	return atomic_load_explicit(&used, memory_order_relaxed) != 0;
}

struct creds *tr_thread_creds(pid_t tid, const struct creds *process)
{
	const int i = find(tid);

	if (i < 0)
		return NULL;
	if (atomic_load(&changing) == 0 && same(&threads[i].creds, process)) {
		atomic_store(&threads[i].tid, 0);
		atomic_fetch_sub(&used, 1);
		return NULL;
	}
	if (atomic_load_explicit(&threads[i].pointer, memory_order_relaxed) == 0)
		atomic_store(&threads[i].pointer, thread_pointer());
	return &threads[i].creds;
}

struct creds *tr_thread_creds_make(pid_t pid, pid_t tid, const struct creds *from)
{
	for (int i = 0; i < THREADS; i++) {
		pid_t old = atomic_load(&threads[i].tid);

		if (old == CLAIMED || (old != 0 && host_tgkill(pid, old, 0) != -ESRCH))
			continue;
		if (!atomic_compare_exchange_strong(&threads[i].tid, &old, CLAIMED))
			continue;
		threads[i].creds = *from;
		atomic_store(&threads[i].pointer, 0);
		atomic_store_explicit(&threads[i].tid, tid, memory_order_release);
		if (old == 0)
			atomic_fetch_add(&used, 1);
		return &threads[i].creds;
	}
	return NULL;
}

static pid_t number(const char *s)
{
	pid_t v = 0;

	for (; *s >= '0' && *s <= '9'; s++)
		v = v * 10 + (*s - '0');
	return v;
}

void tr_threads_first_changes(pid_t pid, const struct creds *old)
{
	int fd CLEANUP(host_close_at) = -1;
	uint64_t buf[256];
	long n;

	atomic_fetch_add(&changing, 1);
	fd = host_open("/proc/self/task", O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0);
	while (fd >= 0 && (n = host_call(SYS_getdents64, fd, buf, sizeof(buf))) > 0) {
		for (long at = 0; at < n;) {
			const struct dirent64 *e = (const struct dirent64 *)(const void *)((const char *)buf + at);
			const pid_t tid = number(e->d_name);

			at += e->d_reclen;
			/* Where there is no room for more, threads change along with the first. */
			if (tid > 0 && tid != pid && find(tid) < 0 && tr_thread_creds_make(pid, tid, old) == NULL)
				return;
		}
	}
}

void tr_threads_first_changed(void)
{
	atomic_store(&changing, 0);
}

void tr_threads_after_fork(struct creds *process)
{
	const uint64_t pointer = atomic_load(&used) != 0 ? thread_pointer() : 0;

	for (int i = 0; i < THREADS && pointer != 0; i++)
		if (atomic_load(&threads[i].tid) > 0 && atomic_load(&threads[i].pointer) == pointer) {
			*process = threads[i].creds;
			break;
		}
	tr_threads_forget();
}

void tr_threads_forget(void)
{
	if (atomic_load(&used) == 0)
		return;
	for (int i = 0; i < THREADS; i++)
		atomic_store(&threads[i].tid, 0);
	atomic_store(&used, 0);
	atomic_store(&changing, 0);
}
