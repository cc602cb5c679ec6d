/*
 * What execve(2) of a file makes of an identity: capabilities(7), "Transformation of capabilities during execve()", the
 * set-user-ID and set-group-ID bits, and what Linux decides beside it.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/securebits.h>
#include <sys/stat.h>

#include "base/str.h"
#include "translator/ids/rules.h"

static bool subset(uint64_t part, uint64_t whole)
{
	return (part & ~whole) == 0;
}

int creds_file_caps(const void *value, size_t size, struct creds_exec_file *file)
{
	struct vfs_ns_cap_data data = {0};
	uint64_t permitted, inheritable;
	size_t want;

	if (size < sizeof(data.magic_etc) || size > sizeof(data))
		return -EINVAL;
	memcpy(&data, value, size);
	switch (data.magic_etc & VFS_CAP_REVISION_MASK) {
	case VFS_CAP_REVISION_1:
		want = XATTR_CAPS_SZ_1;
		break;
	case VFS_CAP_REVISION_2:
		want = XATTR_CAPS_SZ_2;
		break;
	case VFS_CAP_REVISION_3:
		want = XATTR_CAPS_SZ_3;
		break;
	default:
		return -EINVAL;
	}
	if (size != want)
		return -EINVAL;
	/* Those of another user namespace's root do not count here. */
	if (want == XATTR_CAPS_SZ_3 && data.rootid != 0)
		return 0;
	permitted = data.data[0].permitted;
	inheritable = data.data[0].inheritable;
	if (want != XATTR_CAPS_SZ_1) {
		permitted |= (uint64_t)data.data[1].permitted << 32;
		inheritable |= (uint64_t)data.data[1].inheritable << 32;
	}
	file->has_caps = true;
	file->cap_effective = (data.magic_etc & VFS_CAP_FLAGS_EFFECTIVE) != 0;
	file->cap_permitted = permitted & CREDS_CAPS_ALL;
	file->cap_inheritable = inheritable & CREDS_CAPS_ALL;
	return 0;
}

/* The ids and permitted set that the file gives, before anything is taken back. *ret_effective: they are awake. */
static int gain(struct creds *c, const struct creds_exec_file *file, bool no_new_privs, bool *ret_effective)
{
	const bool root_is_privileged = (c->securebits & issecure_mask(SECURE_NOROOT)) == 0;
	bool effective = false;

	if (!no_new_privs && (file->mode & S_ISUID) != 0)
		c->euid = file->uid;
	/* Without the group's execute bit S_ISGID means something else. */
	if (!no_new_privs && (file->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP))
		c->egid = file->gid;

	c->cap_permitted = 0;
	if (file->has_caps) {
		effective = file->cap_effective;
		c->cap_permitted =
			(c->cap_bounding & file->cap_permitted) | (c->cap_inheritable & file->cap_inheritable);
		/* A program that cannot look for itself must not run with half of what it needs. */
		if (effective && !subset(file->cap_permitted, c->cap_permitted))
			return -EPERM;
	}
	/* A set-user-ID-root file that has capabilities gives a user only those. */
	if (root_is_privileged && !(file->has_caps && c->ruid != 0 && c->euid == 0)) {
		if (c->euid == 0 || c->ruid == 0)
			c->cap_permitted = c->cap_bounding | c->cap_inheritable;
		if (c->euid == 0)
			effective = true;
	}
	*ret_effective = effective;
	return 0;
}

int creds_exec(struct creds *c, const struct creds_exec_file *file, unsigned unsafe, struct creds_exec_effect *ret)
{
	const bool no_new_privs = (unsafe & CREDS_NO_NEW_PRIVS) != 0;
	const struct creds old = *c;
	bool effective, id_changed;
	int r;

	r = gain(c, file, no_new_privs, &effective);
	if (r < 0) {
		*c = old;
		return r;
	}
	ret->resets_personality = !subset(c->cap_permitted, old.cap_permitted) ||
				  (!no_new_privs && ((file->mode & S_ISUID) != 0 ||
						     (file->mode & (S_ISGID | S_IXGRP)) == (S_ISGID | S_IXGRP)));
	id_changed = c->euid != old.euid || !creds_in_group(&old, c->egid);
	if (unsafe != 0 && (id_changed || !subset(c->cap_permitted, old.cap_permitted))) {
		if (no_new_privs || !creds_capable(&old, CAP_SETUID)) {
			c->euid = c->ruid;
			c->egid = c->rgid;
		}
		c->cap_permitted &= old.cap_permitted;
	}
	c->suid = c->fsuid = c->euid;
	c->sgid = c->fsgid = c->egid;
	if (file->has_caps || id_changed)
		c->cap_ambient = 0;
	c->cap_permitted |= c->cap_ambient;
	c->cap_effective = effective ? c->cap_permitted : c->cap_ambient;
	c->securebits &= ~issecure_mask(SECURE_KEEP_CAPS);

	ret->secure = id_changed || c->euid != old.ruid || c->egid != old.rgid ||
		      (c->ruid != 0 && (effective || !subset(c->cap_permitted, c->cap_ambient)));
	ret->protected = creds_protect(&old, c);
	ret->dumpable = file->readable && old.euid == old.ruid && old.egid == old.rgid && !ret->protected;
	ret->keeps_death_signal = !ret->secure && !ret->protected;
	return 0;
}
