#include "base/terminal.h"

#include <sys/sysmacros.h>

#define FIRST_MAJOR 136
#define LAST_MAJOR  143

bool terminal_is(const struct stat *st)
{
	return S_ISCHR(st->st_mode) && major(st->st_rdev) >= FIRST_MAJOR && major(st->st_rdev) <= LAST_MAJOR;
}

/* Numbers go through the minors of the first major; the others are of kernels before 2.6.4. */
static bool number(const struct stat *st, uint32_t *ret)
{
	*ret = minor(st->st_rdev);
	return terminal_is(st) && major(st->st_rdev) == FIRST_MAJOR && *ret < TERMINALS;
}

/*
 * An inode of devpts is made with its terminal, and its ctime changes with its owner and mode on the host only, which we leave alone.
 */
static uint32_t mark_of(const struct stat *st)
{
	uint64_t h = st->st_dev * 0x9e3779b97f4a7c15ull + st->st_ino;

	h = h * 0x9e3779b97f4a7c15ull + (uint64_t)st->st_ctim.tv_sec;
	h = h * 0x9e3779b97f4a7c15ull + (uint64_t)st->st_ctim.tv_nsec;
	return (uint32_t)(h >> 32) | 1;
}

bool terminal_find(const struct terminal_table *t, const struct stat *st, struct terminal_owner *ret)
{
	uint32_t n, mark = mark_of(st);

	if (!number(st, &n) || t->entries[n].mark != mark)
		return false;
	*ret = t->entries[n].owner;
	return t->entries[n].mark == mark;
}

bool terminal_set(struct terminal_table *t, const struct stat *st, const struct terminal_owner *owner)
{
	uint32_t n;

	if (!number(st, &n))
		return false;
	t->entries[n].mark = 0;
	t->entries[n].owner = *owner;
	t->entries[n].mark = mark_of(st);
	return true;
}
