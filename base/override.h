/*
 * How a guest's owner, mode and device are kept beside a host's file: the text of an attribute, as containers/storage and
 * fuse-overlayfs write it. Who may have it and when it counts is vfs's subject (vfs/README.md); archives write and read the
 * same.
 */
#ifndef LX_BASE_OVERRIDE_H
#define LX_BASE_OVERRIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/attr.h"

#define OVERRIDE_ATTRIBUTE "user.containers.override_stat"
/* What fuse-overlayfs calls the same, "uid:gid:mode": read where a store has come from there. */
#define OVERRIDE_FUSE_ATTRIBUTE "user.fuseoverlayfs.override_stat"
/* Names with this in front are hidden from guests. */
#define OVERRIDE_PREFIX "user.containers.override_"
/* In front of the names of attributes that only the host's root could set: security.*, trusted.*. */
#define OVERRIDE_KEPT_PREFIX "user.lxrun."

struct override {
	uid_t uid;
	gid_t gid;
	mode_t mode; /* with the type */
	dev_t rdev;
	uint8_t acl; /* OVERRIDE_*_ACL: which access control lists are kept of it */
};

#define OVERRIDE_ACCESS_ACL  1
#define OVERRIDE_DEFAULT_ACL 2

/*
 * "uid:gid:mode:type", and behind the type what only we read ("-acl", "-default"): others ignore it. 0 or -EINVAL. The host's mode
 * gives the type where the text has none.
 */
MUST_CHECK int override_parse(const char *text, mode_t host, struct override *ret);
/* At most 63 bytes and a NUL; the length. */
size_t override_print(const struct override *o, char *buf, size_t size);

/* What the host's inode always has, so that we can work on it: u+rw, u+rwx for directories. */
static inline mode_t override_least(mode_t mode)
{
	return S_ISDIR(mode) ? 0700 : 0600;
}

/* True if the host's inode cannot say it. */
static inline bool override_is_needed(const struct override *o)
{
	mode_t least = override_least(o->mode);

	return o->uid != 0 || o->gid != 0 || (o->mode & 07000) != 0 || (o->mode & least) != least || S_ISCHR(o->mode) ||
	       S_ISBLK(o->mode) || o->acl != 0;
}

/* The host inode's mode, with the mark (S_ISVTX) where there is an attribute. mode: with its type. */
static inline mode_t override_host_mode(mode_t mode, bool attribute)
{
	return (mode & 0777) | override_least(mode) | (attribute ? S_ISVTX : 0);
}

#endif
