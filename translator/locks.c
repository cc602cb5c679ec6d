/*
 * Locks of a process's own state, held for a few instructions with everything masked.
 *
 * Somebody can still die with one: a child that shares memory is killed while its parent lives on, or the other way round.
 * A lock's value is the slot of who holds it, and a slot says whose it is (as far as children are concerned), so whoever
 * waits for long can find out and take over. What was half written is no worse than what a kill leaves anyway.
 */
#include <errno.h>
#include <stdatomic.h>

#include "base/host.h"
#include "base/str.h"
#include "translator/state.h"

/* Before there are slots: the beginning of an image. */
#define NO_SLOT      UINT32_MAX
#define PATIENCE     64
#define STATE_OFFSET 2 /* behind the last ')' of /proc/PID/stat */

static _Atomic uint32_t holders[TR_LOCKS];

static uint32_t own_value(void)
{
	const struct tr_frame *f = tr_frame_of_stack((uint64_t)(uintptr_t)__builtin_frame_address(0));

	return f != NULL ? f->index + 1 : NO_SLOT;
}

static pid_t process_of(uint32_t holder)
{
	pid_t owner = holder != NO_SLOT ? tr_slot_frame(holder - 1)->owner : 0;

	return owner != 0 ? owner : tr_process_main();
}

/* A zombie counts as dead. */
static bool is_dead(pid_t pid)
{
	char text[128];
	const char *end;
	ssize_t n;
	int fd CLEANUP(host_close_at) = -1;

	if (pid == host_getpid())
		return false;
	str_format(text, sizeof(text), "/proc/%d/stat", pid);
	fd = host_open(text, O_RDONLY | O_CLOEXEC, 0);
	if (fd < 0)
		return fd == -ENOENT || fd == -ESRCH;
	n = host_read(fd, text, sizeof(text) - 1);
	if (n <= 0)
		return n == -ESRCH;
	text[n] = '\0';
	end = strrchr(text, ')');
	return end != NULL && end + STATE_OFFSET < text + n && strchr("ZXx", end[STATE_OFFSET]) != NULL;
}

void tr_lock(enum tr_lock which)
{
	uint32_t mine = own_value(), holder = 0;

	for (unsigned n = 1; !atomic_compare_exchange_strong(&holders[which], &holder, mine); n++) {
		if (n % PATIENCE == 0 && is_dead(process_of(holder)) &&
		    atomic_compare_exchange_strong(&holders[which], &holder, mine))
			return;
		(void)host_call(SYS_sched_yield);
		holder = 0;
	}
}

bool tr_try_lock(enum tr_lock which)
{
	uint32_t nobody = 0;

	return atomic_compare_exchange_strong(&holders[which], &nobody, own_value());
}

void tr_unlock(enum tr_lock which)
{
	atomic_store_explicit(&holders[which], 0, memory_order_release);
}

void tr_locks_release_of(pid_t pid)
{
	for (unsigned i = 0; i < TR_LOCKS; i++) {
		uint32_t holder = atomic_load(&holders[i]);

		if (holder != 0 && holder != NO_SLOT && tr_slot_frame(holder - 1)->owner == pid)
			(void)atomic_compare_exchange_strong(&holders[i], &holder, 0);
	}
}

void tr_locks_after_fork(void)
{
	for (unsigned i = 0; i < TR_LOCKS; i++)
		atomic_store(&holders[i], 0);
}
