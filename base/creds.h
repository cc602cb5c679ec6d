/* Who a guest thread is: the identity that the guest believes, unrelated to the host's. See credentials(7). */
#ifndef LX_BASE_CREDS_H
#define LX_BASE_CREDS_H

#include <stdbool.h>
#include <stdint.h>

/* Linux allows 65536 supplementary groups; setgroups() of more than this answers EINVAL (a gap in the table). */
#define CREDS_GROUPS_MAX 256

struct creds {
	uint32_t ruid, euid, suid, fsuid;
	uint32_t rgid, egid, sgid, fsgid;
	/* Bit n is capability n of capabilities(7). */
	uint64_t cap_effective, cap_permitted, cap_inheritable, cap_bounding, cap_ambient;
	uint32_t securebits;
	uint32_t group_count;
	uint32_t groups[CREDS_GROUPS_MAX];
};

/* All capabilities that Linux 6.18 knows: CAP_CHOWN (0) to CAP_CHECKPOINT_RESTORE (40). */
#define CREDS_CAPS_ALL ((1ull << 41) - 1)

static inline int creds_capable(const struct creds *c, int cap)
{
	return (c->cap_effective >> cap & 1) != 0;
}

/* What an init has that root started: all rights. */
static inline void creds_of_init(struct creds *ret)
{
	*ret = (struct creds){
		.cap_effective = CREDS_CAPS_ALL, .cap_permitted = CREDS_CAPS_ALL, .cap_bounding = CREDS_CAPS_ALL};
}

/* in_group_p() of kernel/groups.c */
static inline bool creds_in_group(const struct creds *c, uint32_t gid)
{
	if (c->fsgid == gid)
		return true;
	for (uint32_t i = 0; i < c->group_count && i < CREDS_GROUPS_MAX; i++)
		if (c->groups[i] == gid)
			return true;
	return false;
}

/* All ids of them are these: what ptrace(2) and prlimit(2) ask for. */
static inline bool creds_are(const struct creds *them, uint32_t uid, uint32_t gid)
{
	return uid == them->ruid && uid == them->euid && uid == them->suid && gid == them->rgid && gid == them->egid &&
	       gid == them->sgid;
}

#endif
