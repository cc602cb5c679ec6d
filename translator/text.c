/*
 * Prepared text (base/text.h) where guests map a file to be executed: the dynamic linkers' libraries above all. Any doubt, and
 * the file itself is mapped: its sites trap.
 */
#include <sys/mman.h>

#include "base/host.h"
#include "base/text.h"
#include "translator/args.h"
#include "translator/state.h"

bool tr_text_is_used(void)
{
	/* What is baked into the text. */
	return TR_INSTANCE->text[0] != '\0' && (uint64_t)(uintptr_t)tr_gate == RESIDENT_GATE &&
	       atomic_load_explicit(&tr_patched_closed, memory_order_relaxed) == 0;
}

/* Only what a linker does: a text that nobody can write, and that is not shared with anybody. */
static bool can_be_prepared(const struct mmap_args *a)
{
	return (a->prot & PROT_EXEC) != 0 && (a->prot & PROT_WRITE) == 0 &&
	       (a->flags & (MAP_TYPE | MAP_ANONYMOUS)) == MAP_PRIVATE && a->offset >= 0 &&
	       ((uint64_t)a->offset & (TEXT_PAGE - 1)) == 0;
}

long sys_mmap(struct tr_call *c, const struct mmap_args *a)
{
	int copy CLEANUP(host_close_at) = -1;
	long r = -1;

	(void)c;
	if (tr_text_is_used() && can_be_prepared(a))
		copy = text_open(TR_INSTANCE->text, a->fd, (uint64_t)a->offset,
				 (a->length + TEXT_PAGE - 1) & ~(TEXT_PAGE - 1), TR_INSTANCE->host_uid);
	if (copy >= 0)
		r = host_mmap(a->addr, a->length, (int)a->prot, (int)a->flags, copy, a->offset);
	if (copy < 0 || host_is_error(r))
		r = host_call(SYS_mmap, a->addr, a->length, a->prot, a->flags, a->fd, a->offset);
	return r;
}
