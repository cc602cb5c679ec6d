/* The calls that change who the caller is. */
#include <errno.h>
#include <linux/capability.h>
#include <linux/limits.h>

#include "translator/args.h"
#include "translator/ids/ids.h"
#include "translator/ids/rules.h"

/* The end of every call here: r is what the rule said about the change to *next. */
static long finish(struct tr_call *c, const struct creds *next, int r)
{
	if (r == 0)
		tr_creds_commit(c, next);
	return r;
}

long sys_setuid(struct tr_call *c, const struct setuid_args *a)
{
	struct creds next = *c->creds;

	return finish(c, &next, creds_setuid(&next, a->uid));
}

long sys_setgid(struct tr_call *c, const struct setgid_args *a)
{
	struct creds next = *c->creds;

	return finish(c, &next, creds_setgid(&next, a->gid));
}

long sys_setreuid(struct tr_call *c, const struct setreuid_args *a)
{
	struct creds next = *c->creds;

	return finish(c, &next, creds_setreuid(&next, a->ruid, a->euid));
}

long sys_setregid(struct tr_call *c, const struct setregid_args *a)
{
	struct creds next = *c->creds;

	return finish(c, &next, creds_setregid(&next, a->rgid, a->egid));
}

long sys_setresuid(struct tr_call *c, const struct setresuid_args *a)
{
	struct creds next = *c->creds;

	return finish(c, &next, creds_setresuid(&next, a->ruid, a->euid, a->suid));
}

long sys_setresgid(struct tr_call *c, const struct setresgid_args *a)
{
	struct creds next = *c->creds;

	return finish(c, &next, creds_setresgid(&next, a->rgid, a->egid, a->sgid));
}

long sys_setfsuid(struct tr_call *c, const struct setfsuid_args *a)
{
	struct creds next = *c->creds;
	uint32_t old = creds_setfsuid(&next, a->fsuid);

	if (next.fsuid != old)
		tr_creds_commit(c, &next);
	return old;
}

long sys_setfsgid(struct tr_call *c, const struct setfsgid_args *a)
{
	struct creds next = *c->creds;
	uint32_t old = creds_setfsgid(&next, a->fsgid);

	if (next.fsgid != old)
		tr_creds_commit(c, &next);
	return old;
}

/* Ascending, as the kernel keeps them and getgroups(2) shows them. */
static void sort(uint32_t *id, uint32_t n)
{
	for (uint32_t i = 1; i < n; i++) {
		uint32_t v = id[i], at = i;

		for (; at > 0 && id[at - 1] > v; at--)
			id[at] = id[at - 1];
		id[at] = v;
	}
}

/* Linux has room for them; what it could not read it would not take either. */
static long too_many(struct tr_call *c, const struct setgroups_args *a)
{
	uint32_t part[CREDS_GROUPS_MAX];

	for (uint32_t at = 0; at < (uint32_t)a->size; at += CREDS_GROUPS_MAX) {
		uint32_t n = (uint32_t)a->size - at < CREDS_GROUPS_MAX ? (uint32_t)a->size - at : CREDS_GROUPS_MAX;
		int r = tr_read(c, part, a->list + at * sizeof(part[0]), n * sizeof(part[0]));

		if (r < 0)
			return r;
	}
	return -EINVAL;
}

long sys_setgroups(struct tr_call *c, const struct setgroups_args *a)
{
	struct creds next = *c->creds;
	int r;

	if (!creds_capable(&next, CAP_SETGID))
		return -EPERM;
	if (a->size < 0 || a->size > NGROUPS_MAX)
		return -EINVAL;
	if (a->size > CREDS_GROUPS_MAX)
		return too_many(c, a);
	r = tr_read(c, next.groups, a->list, (uint32_t)a->size * sizeof(next.groups[0]));
	if (r < 0)
		return r;
	for (int i = 0; i < a->size; i++)
		if (next.groups[i] == (uint32_t)-1)
			return -EINVAL;
	next.group_count = (uint32_t)a->size;
	sort(next.groups, next.group_count);
	return finish(c, &next, 0);
}
