/* How capability sets change: by a change of user ids, by capset(2) and by the operations of prctl(2). */
#include "translator/ids/rules.h"

#include <errno.h>
#include <linux/capability.h>
#include <linux/prctl.h>
#include <linux/securebits.h>
#include <stdbool.h>

#define BIT(cap) (1ull << (cap))

/* What a file system user id of 0 has and another one has not. */
#define FS_CAPS                                                                                                 \
	(BIT(CAP_CHOWN) | BIT(CAP_MKNOD) | BIT(CAP_DAC_OVERRIDE) | BIT(CAP_DAC_READ_SEARCH) | BIT(CAP_FOWNER) | \
	 BIT(CAP_FSETID) | BIT(CAP_LINUX_IMMUTABLE) | BIT(CAP_MAC_OVERRIDE))

/* Linux 6.14 added two bits that programs set for themselves: EXEC_RESTRICT_FILE and EXEC_DENY_INTERACTIVE. Bits are
 * even, the lock of each is the bit above it. */
#define UNPRIVILEGED_BITS  0x500u
#define UNPRIVILEGED_LOCKS (UNPRIVILEGED_BITS << 1)
#define ALL_BITS                                                                                                  \
	(issecure_mask(SECURE_NOROOT) | issecure_mask(SECURE_NO_SETUID_FIXUP) | issecure_mask(SECURE_KEEP_CAPS) | \
	 issecure_mask(SECURE_NO_CAP_AMBIENT_RAISE) | UNPRIVILEGED_BITS)
#define ALL_LOCKS (ALL_BITS << 1)

static bool secure(const struct creds *c, int bit)
{
	return (c->securebits & issecure_mask(bit)) != 0;
}

static bool valid(uint64_t cap)
{
	return cap < 64 && (CREDS_CAPS_ALL & BIT(cap)) != 0;
}

static bool has(uint64_t set, uint64_t cap)
{
	return (set & BIT(cap)) != 0;
}

static bool subset(uint64_t part, uint64_t whole)
{
	return (part & ~whole) == 0;
}

void creds_uids_changed(struct creds *c, const struct creds_uids *old)
{
	const bool was_root = old->real == 0 || old->effective == 0 || old->saved == 0;
	const bool is_root = c->ruid == 0 || c->euid == 0 || c->suid == 0;

	if (secure(c, SECURE_NO_SETUID_FIXUP))
		return;
	if (was_root && !is_root) {
		if (!secure(c, SECURE_KEEP_CAPS))
			c->cap_permitted = c->cap_effective = 0;
		c->cap_ambient = 0;
	}
	if (old->effective == 0 && c->euid != 0)
		c->cap_effective = 0;
	if (old->effective != 0 && c->euid == 0)
		c->cap_effective = c->cap_permitted;
}

void creds_fsuid_changed(struct creds *c, uint32_t old)
{
	if (secure(c, SECURE_NO_SETUID_FIXUP))
		return;
	if (old == 0 && c->fsuid != 0)
		c->cap_effective &= ~FS_CAPS;
	if (old != 0 && c->fsuid == 0)
		c->cap_effective |= FS_CAPS & c->cap_permitted;
}

int creds_capset(struct creds *c, uint64_t effective, uint64_t permitted, uint64_t inheritable)
{
	effective &= CREDS_CAPS_ALL;
	permitted &= CREDS_CAPS_ALL;
	inheritable &= CREDS_CAPS_ALL;

	if (!creds_capable(c, CAP_SETPCAP) && !subset(inheritable, c->cap_inheritable | c->cap_permitted))
		return -EPERM;
	if (!subset(inheritable, c->cap_inheritable | c->cap_bounding))
		return -EPERM;
	if (!subset(permitted, c->cap_permitted) || !subset(effective, permitted))
		return -EPERM;
	c->cap_effective = effective;
	c->cap_permitted = permitted;
	c->cap_inheritable = inheritable;
	c->cap_ambient &= permitted & inheritable;
	return 0;
}

int creds_bounding_read(const struct creds *c, uint64_t cap)
{
	return valid(cap) ? has(c->cap_bounding, cap) : -EINVAL;
}

int creds_bounding_drop(struct creds *c, uint64_t cap)
{
	if (!creds_capable(c, CAP_SETPCAP))
		return -EPERM;
	if (!valid(cap))
		return -EINVAL;
	c->cap_bounding &= ~BIT(cap);
	return 0;
}

static int ambient_raise(struct creds *c, uint64_t cap)
{
	if (!has(c->cap_permitted & c->cap_inheritable, cap) || secure(c, SECURE_NO_CAP_AMBIENT_RAISE))
		return -EPERM;
	c->cap_ambient |= BIT(cap);
	return 0;
}

int creds_ambient_read(const struct creds *c, uint64_t cap, uint64_t arg4, uint64_t arg5)
{
	return valid(cap) && arg4 == 0 && arg5 == 0 ? has(c->cap_ambient, cap) : -EINVAL;
}

int creds_ambient(struct creds *c, uint64_t op, uint64_t cap, uint64_t arg4, uint64_t arg5)
{
	if (op == PR_CAP_AMBIENT_CLEAR_ALL) {
		if (cap != 0 || arg4 != 0 || arg5 != 0)
			return -EINVAL;
		c->cap_ambient = 0;
		return 0;
	}
	if (!valid(cap) || arg4 != 0 || arg5 != 0)
		return -EINVAL;
	switch (op) {
	case PR_CAP_AMBIENT_RAISE:
		return ambient_raise(c, cap);
	case PR_CAP_AMBIENT_LOWER:
		c->cap_ambient &= ~BIT(cap);
		return 0;
	default:
		return -EINVAL;
	}
}

int creds_set_securebits(struct creds *c, uint64_t bits)
{
	const uint64_t locks = c->securebits & ALL_LOCKS;
	const uint64_t changed = c->securebits ^ bits;

	/* No change of a locked bit, no unlocking, no unknown bit. */
	if ((locks >> 1 & changed) != 0 || (locks & ~bits) != 0 || (bits & ~(uint64_t)(ALL_BITS | ALL_LOCKS)) != 0)
		return -EPERM;
	/* Without the right to it, not even a change of nothing. */
	if (!creds_capable(c, CAP_SETPCAP) &&
	    (changed == 0 || (changed & ~(uint64_t)(UNPRIVILEGED_BITS | UNPRIVILEGED_LOCKS)) != 0))
		return -EPERM;
	c->securebits = (uint32_t)bits;
	return 0;
}

int creds_get_keepcaps(const struct creds *c)
{
	return secure(c, SECURE_KEEP_CAPS);
}

int creds_set_keepcaps(struct creds *c, uint64_t keep)
{
	if (keep > 1)
		return -EINVAL;
	if (secure(c, SECURE_KEEP_CAPS_LOCKED))
		return -EPERM;
	c->securebits &= ~issecure_mask(SECURE_KEEP_CAPS);
	if (keep != 0)
		c->securebits |= issecure_mask(SECURE_KEEP_CAPS);
	return 0;
}

bool creds_protect(const struct creds *old, const struct creds *next)
{
	return old->euid != next->euid || old->egid != next->egid || old->fsuid != next->fsuid ||
	       old->fsgid != next->fsgid || (next->cap_permitted & ~old->cap_permitted) != 0;
}
