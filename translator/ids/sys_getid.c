/* The calls that tell who the caller is. */
#include <errno.h>

#include "translator/args.h"

long sys_getuid(struct tr_call *c, const struct getuid_args *a UNUSED)
{
	return c->creds->ruid;
}

long sys_geteuid(struct tr_call *c, const struct geteuid_args *a UNUSED)
{
	return c->creds->euid;
}

long sys_getgid(struct tr_call *c, const struct getgid_args *a UNUSED)
{
	return c->creds->rgid;
}

long sys_getegid(struct tr_call *c, const struct getegid_args *a UNUSED)
{
	return c->creds->egid;
}

static long put_three(struct tr_call *c, const uint64_t to[3], const uint32_t id[3])
{
	int r = 0;

	for (int i = 0; i < 3 && r == 0; i++)
		r = tr_write(c, to[i], &id[i], sizeof(id[i]));
	return r;
}

long sys_getresuid(struct tr_call *c, const struct getresuid_args *a)
{
	return put_three(c, (uint64_t[]){a->ruid, a->euid, a->suid},
			 (uint32_t[]){c->creds->ruid, c->creds->euid, c->creds->suid});
}

long sys_getresgid(struct tr_call *c, const struct getresgid_args *a)
{
	return put_three(c, (uint64_t[]){a->rgid, a->egid, a->sgid},
			 (uint32_t[]){c->creds->rgid, c->creds->egid, c->creds->sgid});
}

long sys_getgroups(struct tr_call *c, const struct getgroups_args *a)
{
	const struct creds *who = c->creds;
	int r;

	if (a->size < 0)
		return -EINVAL;
	if (a->size == 0)
		return who->group_count;
	if ((uint32_t)a->size < who->group_count)
		return -EINVAL;
	r = tr_write(c, a->list, who->groups, who->group_count * sizeof(who->groups[0]));
	return r < 0 ? r : (long)who->group_count;
}
