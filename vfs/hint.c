/*
 * Which names in the root directory are links.
 *
 * Where /bin, /lib and their like are links, every program is looked for through one. The walk tries a path as if it had
 * no links and reads them when one was met: two more host calls. So it remembers the first names that were links, and reads
 * those first. Only a hint: what it says is looked at again each time, and one that proves wrong is forgotten. A name is
 * one word, so that nobody has to lock.
 */
#include <stdatomic.h>

#include "base/str.h"
#include "vfs/walk.h"

/* 0 for a name that does not fit. */
static uint64_t pack(const char *name, size_t length)
{
	uint64_t word = 0;

	if (length <= sizeof(word))
		memcpy(&word, name, length);
	return word;
}

static bool is_at_root(const struct walk *w)
{
	return w->path[0] == '/' && w->place.dir == w->ns->root && w->ns->root_path[0] == '\0' && !w->place.in_proc;
}

static _Atomic uint64_t *find(struct instance *in, uint64_t word)
{
	for (unsigned i = 0; i < INSTANCE_ROOT_LINKS; i++)
		if (atomic_load_explicit(&in->root_links[i], memory_order_relaxed) == word)
			return &in->root_links[i];
	return NULL;
}

bool hint_is_link(const struct walk *w)
{
	struct component c;
	uint64_t word;

	if (w->clean > 1 || !is_at_root(w))
		return false;
	c = path_component(w->place.path, 0);
	word = pack(w->place.path + c.at, c.length);
	return word != 0 && (!w->nofollow || w->place.path[c.at + c.length] == '/') && find(w->ns->in, word) != NULL;
}

void hint_note(const struct walk *w, struct component c, bool is_link)
{
	uint64_t word = pack(w->place.path + c.at, c.length), none = 0;
	_Atomic uint64_t *there;

	if (c.at != 0 || word == 0 || !is_at_root(w))
		return;
	there = find(w->ns->in, word);
	if (there != NULL && !is_link)
		atomic_compare_exchange_strong(there, &word, 0);
	if (there != NULL || !is_link)
		return;
	there = find(w->ns->in, 0);
	if (there != NULL)
		atomic_compare_exchange_strong(there, &none, word);
}
