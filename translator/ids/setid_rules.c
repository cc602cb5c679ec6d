/*
 * setuid(2) and its kin. User and group ids follow the same rules, so each rule stands here once, over the four ids of
 * one kind; only user ids move capabilities.
 */
#include "translator/ids/rules.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>

#define KEEP ((uint32_t)-1)

struct ids {
	uint32_t real, effective, saved, fs;
};

static int change_one(struct ids *i, uint32_t id, bool capable)
{
	if (id == KEEP)
		return -EINVAL;
	if (capable)
		i->real = i->saved = id;
	else if (id != i->real && id != i->saved)
		return -EPERM;
	i->effective = i->fs = id;
	return 0;
}

static int change_two(struct ids *i, uint32_t real, uint32_t effective, bool capable)
{
	const struct ids old = *i;

	if (real != KEEP && real != old.real && real != old.effective && !capable)
		return -EPERM;
	if (effective != KEEP && effective != old.real && effective != old.effective && effective != old.saved &&
	    !capable)
		return -EPERM;
	if (real != KEEP)
		i->real = real;
	if (effective != KEEP)
		i->effective = effective;
	if (real != KEEP || (effective != KEEP && effective != old.real))
		i->saved = i->effective;
	i->fs = i->effective;
	return 0;
}

/* An id that the process does not have yet in one of the three places. */
static bool is_new(const struct ids *i, uint32_t id)
{
	return id != KEEP && id != i->real && id != i->effective && id != i->saved;
}

static int change_three(struct ids *i, uint32_t real, uint32_t effective, uint32_t saved, bool capable)
{
	/* A call that changes nothing leaves the file system's id alone too, even where it is another one. */
	if ((real == KEEP || real == i->real) &&
	    (effective == KEEP || (effective == i->effective && effective == i->fs)) &&
	    (saved == KEEP || saved == i->saved))
		return 0;
	if ((is_new(i, real) || is_new(i, effective) || is_new(i, saved)) && !capable)
		return -EPERM;
	if (real != KEEP)
		i->real = real;
	if (effective != KEEP)
		i->effective = effective;
	if (saved != KEEP)
		i->saved = saved;
	i->fs = i->effective;
	return 0;
}

static void change_fs(struct ids *i, uint32_t id, bool capable)
{
	if (id != KEEP && (!is_new(i, id) || capable))
		i->fs = id;
}

static struct ids uids(const struct creds *c)
{
	return (struct ids){c->ruid, c->euid, c->suid, c->fsuid};
}

static struct ids gids(const struct creds *c)
{
	return (struct ids){c->rgid, c->egid, c->sgid, c->fsgid};
}

static int set_uids(struct creds *c, const struct ids *i, int r)
{
	const struct creds_uids old = {c->ruid, c->euid, c->suid};

	if (r < 0)
		return r;
	c->ruid = i->real;
	c->euid = i->effective;
	c->suid = i->saved;
	c->fsuid = i->fs;
	creds_uids_changed(c, &old);
	return 0;
}

static int set_gids(struct creds *c, const struct ids *i, int r)
{
	if (r < 0)
		return r;
	c->rgid = i->real;
	c->egid = i->effective;
	c->sgid = i->saved;
	c->fsgid = i->fs;
	return 0;
}

int creds_setuid(struct creds *c, uint32_t uid)
{
	struct ids i = uids(c);

	return set_uids(c, &i, change_one(&i, uid, creds_capable(c, CAP_SETUID)));
}

int creds_setgid(struct creds *c, uint32_t gid)
{
	struct ids i = gids(c);

	return set_gids(c, &i, change_one(&i, gid, creds_capable(c, CAP_SETGID)));
}

int creds_setreuid(struct creds *c, uint32_t ruid, uint32_t euid)
{
	struct ids i = uids(c);

	return set_uids(c, &i, change_two(&i, ruid, euid, creds_capable(c, CAP_SETUID)));
}

int creds_setregid(struct creds *c, uint32_t rgid, uint32_t egid)
{
	struct ids i = gids(c);

	return set_gids(c, &i, change_two(&i, rgid, egid, creds_capable(c, CAP_SETGID)));
}

int creds_setresuid(struct creds *c, uint32_t ruid, uint32_t euid, uint32_t suid)
{
	struct ids i = uids(c);

	return set_uids(c, &i, change_three(&i, ruid, euid, suid, creds_capable(c, CAP_SETUID)));
}

int creds_setresgid(struct creds *c, uint32_t rgid, uint32_t egid, uint32_t sgid)
{
	struct ids i = gids(c);

	return set_gids(c, &i, change_three(&i, rgid, egid, sgid, creds_capable(c, CAP_SETGID)));
}

uint32_t creds_setfsuid(struct creds *c, uint32_t fsuid)
{
	const uint32_t old = c->fsuid;
	struct ids i = uids(c);

	change_fs(&i, fsuid, creds_capable(c, CAP_SETUID));
	c->fsuid = i.fs;
	creds_fsuid_changed(c, old);
	return old;
}

uint32_t creds_setfsgid(struct creds *c, uint32_t fsgid)
{
	const uint32_t old = c->fsgid;
	struct ids i = gids(c);

	change_fs(&i, fsgid, creds_capable(c, CAP_SETGID));
	c->fsgid = i.fs;
	return old;
}
