/*
 * Memory that the guest does not use goes back to the host. With free page reporting that happens by itself. Else the guest is made
 * to give pages up, a piece at a time since it does nothing else meanwhile, until what the VM has of the host's memory is what it uses;
 * then it may have them again, and they take no memory until it does.
 */
#include <string.h>

#include "vm-backend/host.h"

/* Less is not worth it. */
#define WORTH (UINT64_C(64) << 20)
/* Fifty milliseconds of the guest's time. */
#define PIECE (UINT64_C(32) << 20)
/* What it keeps to go on with. */
#define RESERVE_LEAST (UINT64_C(32) << 20)
#define RESERVE_SHARE 16

/* Free pages that are taken may be such as have never been used: of those that are worth it, so many times as much. */
#define TRIES 4

static struct {
	uint64_t used;  /* by the guest, when it last said so */
	uint64_t own;   /* what its kernel has besides: the least that was ever seen */
	uint64_t left;  /* that may still be taken; 0: nothing is under way */
	uint64_t taken; /* and is to be given back */
	bool useless;   /* this kernel cannot do it */
} memory = {.own = UINT64_MAX};

bool memory_is_busy(void)
{
	return memory.left > 0;
}

/* What it has and does not use. */
static uint64_t idle(void)
{
	uint64_t held = host.vm.backend->held(&host.vm);
	uint64_t more = held > memory.used ? held - memory.used : 0;

	if (more < memory.own)
		memory.own = more;
	return more - memory.own;
}

void memory_said(const struct frame *f)
{
	const struct vm_backend *b = host.vm.backend;
	struct frame_memory m;
	uint64_t reserve, unused, worth;

	memcpy(&m, f->payload, sizeof(m));
	if (b->held == NULL || memory.useless || memory.left > 0 || m.unused > m.total)
		return;
	reserve = m.total / RESERVE_SHARE > RESERVE_LEAST ? m.total / RESERVE_SHARE : RESERVE_LEAST;
	unused = m.unused > reserve ? m.unused - reserve : 0;
	memory.used = m.total - m.unused;
	worth = idle();
	if (worth >= WORTH)
		memory.left = worth * TRIES < unused ? worth * TRIES : unused;
}

void memory_tick(void)
{
	const struct vm_backend *b = host.vm.backend;

	/* It is about to give up all. */
	if (memory.left == 0 || host.leaving || host.shutdown_at != 0)
		return;
	if (memory.left >= PIECE) {
		memory.left -= PIECE;
		memory.useless = b->give(&host.vm, -(int64_t)PIECE) < 0;
		memory.taken += memory.useless ? 0 : PIECE;
		if (!memory.useless && memory.left >= PIECE && idle() >= WORTH / 4)
			return;
	}
	if (memory.taken > 0)
		memory.useless |= b->give(&host.vm, (int64_t)memory.taken) < 0;
	memory.taken = memory.left = 0;
}
