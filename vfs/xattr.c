/*
 * Extended attributes. In the distribution's own files
 *   - what this library keeps (OWNER_ATTRIBUTE, user.lxrun.*) is hidden;
 *   - security.* and trusted.* are the guest's own, kept as user.lxrun.<name>: the host gives them to its root only, and
 *     some of them would mean something to it;
 *   - access control lists (system.posix_acl_*) are kept in the same way (acl.h); those that the host has are not shown;
 *   - user.* and other system.* are the host's.
 * In the host's files all are the host's.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/xattr.h>

#include "base/str.h"
#include "vfs/acl.h"
#include "vfs/attribute.h"
#include "vfs/internal.h"
#include "vfs/kept.h"
#include "vfs/permission.h"

#define HIDDEN_PREFIX OVERRIDE_PREFIX
#define CAPABILITY    "security.capability"

enum name_kind {
	NAME_HOST,   /* passed on */
	NAME_KEPT,   /* attribute.h's */
	NAME_ACL,    /* acl.h's */
	NAME_HIDDEN, /* does not exist */
};

/* The guest's own in its own files, whatever the host has under the name. */
static bool is_kept(const char *name)
{
	return str_starts(name, "security.") || str_starts(name, "trusted.") || acl_is_name(name);
}

/* In a store that was made by fuse-overlayfs. */
static bool is_foreign(const struct vfs_ns *ns, const char *name)
{
	return (ns->in->features & INSTANCE_UNMARKED) != 0 && str_eq(name, OVERRIDE_FUSE_ATTRIBUTE);
}

static int translate(const struct vfs_ns *ns, struct object *o, const char *name, enum name_kind *ret)
{
	size_t n = strlen(name);

	if (n == 0 || n > XATTR_NAME_MAX)
		return -ERANGE;
	*ret = NAME_HOST;
	if (str_starts(name, KEPT_PREFIX) || str_starts(name, HIDDEN_PREFIX) || is_foreign(ns, name))
		*ret = NAME_HIDDEN;
	if (!is_kept(name))
		return 0;
	if (o->tree == TREE_UNKNOWN)
		o->tree = fd_tree(ns, o->fd);
	if (o->tree != TREE_GUEST)
		return 0;
	*ret = acl_is_name(name) ? NAME_ACL : NAME_KEPT;
	return 0;
}

/* Linux's rules for who may change them. */
static bool may_change(const struct vfs_ns *ns, const char *name)
{
	if (str_eq(name, CAPABILITY))
		return creds_capable(ns->creds, CAP_SETFCAP);
	return creds_capable(ns->creds, CAP_SYS_ADMIN);
}

static bool may_see(const struct vfs_ns *ns, const char *name)
{
	return !str_starts(name, "trusted.") || creds_capable(ns->creds, CAP_SYS_ADMIN);
}

/* xattr_permission() for the names that are the host's own. mode: R_OK or W_OK. */
static int check(const struct vfs_ns *ns, const struct object *o, const char *name, int mode)
{
	bool user = str_starts(name, "user.");
	bool other = !user && !str_starts(name, "system.") && !str_starts(name, "security.") &&
		     !str_starts(name, "trusted.");
	struct owner owner;
	struct stat st;
	int r;

	if ((!permission_matters(ns) && !owner_may_be_device(ns)) || (!user && !other))
		return 0;
	r = host_fstatat(o->fd, "", &st, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	owner_get(ns, o->fd, o->tree, &st, &owner);
	if (user && !S_ISREG(owner.mode) && !S_ISDIR(owner.mode))
		return mode == W_OK ? -EPERM : -ENODATA;
	if (user && S_ISDIR(owner.mode) && (owner.mode & S_ISVTX) != 0 && mode == W_OK && !owner_may_change(ns, &owner))
		return -EPERM;
	return permission_of(ns, o->fd, &owner, mode);
}

static int open_object(const struct vfs_ns *ns, struct vfs_at at, int lookup, bool write, struct object *o)
{
	int r = at.path == NULL ? fd_is_real(at.dir) : 0;

	return r < 0 ? r : object_open(ns, at, lookup, write, o);
}

/* --- file capabilities ------------------------------------------------------------------------------------------------- */

static uint32_t capability_revision(const void *value, size_t size)
{
	uint32_t magic;

	if (size != XATTR_CAPS_SZ_2 && size != XATTR_CAPS_SZ_3)
		return 0;
	memcpy(&magic, value, sizeof(magic));
	magic &= ~(uint32_t)VFS_CAP_FLAGS_EFFECTIVE;
	return magic == (size == XATTR_CAPS_SZ_2 ? VFS_CAP_REVISION_2 : VFS_CAP_REVISION_3) ? magic : 0;
}

/* cap_convert_nscap(): what is no capability set is refused before the permission is asked for. Nothing at all may be set by all. */
static int check_capability(const struct vfs_ns *ns, const void *value, size_t size)
{
	if (size == 0)
		return 0;
	if (capability_revision(value, size) == 0)
		return -EINVAL;
	return creds_capable(ns->creds, CAP_SETFCAP) ? 0 : -EPERM;
}

/* cap_inode_getsecurity(): that of our own user namespace's root is shown in the form without it. */
static ssize_t get_capability(const struct vfs_ns *ns, const struct object *o, void *value, size_t size)
{
	struct vfs_ns_cap_data data;
	ssize_t n = attribute_get(ns, o->fd, CAPABILITY, &data, sizeof(data));

	/* A store that the host's root made has real ones. */
	if (n == -ENODATA)
		n = host_call(SYS_getxattr, fd_link(o->fd).text, CAPABILITY, &data, sizeof(data));
	if (n == -EOPNOTSUPP && kept_is_possible(ns))
		n = -ENODATA;
	if (n < 0)
		return n == -ERANGE ? -EINVAL : n;
	switch (capability_revision(&data, (size_t)n)) {
	case VFS_CAP_REVISION_2:
		break;
	case VFS_CAP_REVISION_3:
		if (data.rootid != 0)
			break;
		data.magic_etc = VFS_CAP_REVISION_2 | (data.magic_etc & VFS_CAP_FLAGS_EFFECTIVE);
		n = XATTR_CAPS_SZ_2;
		break;
	default:
		return -EINVAL;
	}
	if (size == 0)
		return n;
	if ((size_t)n > size)
		return -ERANGE;
	memcpy(value, &data, (size_t)n);
	return n;
}

/* --- calls ----------------------------------------------------------------------------------------------------------- */

/* A user attribute of the distribution's own file, which the file system does not take. */
static bool is_aside(const struct vfs_ns *ns, struct object *o, const char *name, ssize_t r)
{
	if (!str_starts(name, "user.") || (r != -EOPNOTSUPP && (r != -ENODATA || ns->in->sidecar.attributes == 0)))
		return false;
	if (o->tree == TREE_UNKNOWN)
		o->tree = fd_tree(ns, o->fd);
	return o->tree == TREE_GUEST;
}

static int set(const struct vfs_ns *ns, struct object *o, enum name_kind kind, const char *name, const void *value,
	       size_t size, int flags)
{
	int r = kind == NAME_KEPT ? -EOPNOTSUPP
				  : (int)host_call(SYS_setxattr, fd_link(o->fd).text, name, value, size, flags);

	return kind == NAME_KEPT || is_aside(ns, o, name, r) ? attribute_set(ns, o->fd, name, value, size, flags) : r;
}

int vfs_setxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name, const void *value,
		 size_t size, int flags)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	enum name_kind kind;
	int r;

	r = open_object(ns, at, lookup, true, &o);
	if (r == 0)
		r = translate(ns, &o, name, &kind);
	if (r < 0)
		return r;
	if (kind == NAME_ACL)
		return acl_set(ns, &o, name, value, size);
	if (kind == NAME_KEPT && str_eq(name, CAPABILITY))
		r = check_capability(ns, value, size);
	else if (kind == NAME_HIDDEN || (kind == NAME_KEPT && !may_change(ns, name)))
		r = -EPERM;
	if (r < 0)
		return r;
	r = check(ns, &o, name, W_OK);
	if (r < 0)
		return r;
	r = set(ns, &o, kind, name, value, size, flags);
	if (r == -EACCES && owner_grant(ns, o.fd, o.tree))
		r = set(ns, &o, kind, name, value, size, flags);
	return r;
}

static ssize_t get(const struct vfs_ns *ns, struct object *o, enum name_kind kind, const char *name, void *value,
		   size_t size)
{
	ssize_t r;

	if (kind == NAME_KEPT)
		return str_eq(name, CAPABILITY) ? get_capability(ns, o, value, size)
						: attribute_get(ns, o->fd, name, value, size);
	r = host_call(SYS_getxattr, fd_link(o->fd).text, name, value, size);
	return is_aside(ns, o, name, r) ? attribute_get(ns, o->fd, name, value, size) : r;
}

ssize_t vfs_getxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name, void *value, size_t size)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	enum name_kind kind;
	ssize_t r;

	r = open_object(ns, at, lookup, false, &o);
	if (r == 0)
		r = translate(ns, &o, name, &kind);
	if (r < 0)
		return r;
	if (kind == NAME_ACL)
		return acl_get(ns, &o, name, value, size);
	if (kind == NAME_HIDDEN || !may_see(ns, name))
		return -ENODATA;
	r = check(ns, &o, name, R_OK);
	if (r < 0)
		return r;
	r = get(ns, &o, kind, name, value, size);
	if (r == -EACCES && owner_grant(ns, o.fd, o.tree))
		r = get(ns, &o, kind, name, value, size);
	/* user.* of a link or a device is EPERM to read; security.* never is. */
	return r == -EPERM && kind == NAME_KEPT ? -ENODATA : r;
}

int vfs_removexattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	enum name_kind kind;
	int r;

	r = open_object(ns, at, lookup, true, &o);
	if (r == 0)
		r = translate(ns, &o, name, &kind);
	if (r < 0)
		return r;
	if (kind == NAME_ACL)
		return acl_remove(ns, &o, name);
	if (kind == NAME_HIDDEN)
		return -ENODATA;
	if (kind == NAME_KEPT && !may_change(ns, name))
		return -EPERM;
	r = check(ns, &o, name, W_OK);
	if (r < 0)
		return r;
	r = kind == NAME_KEPT ? -EOPNOTSUPP : (int)host_call(SYS_removexattr, fd_link(o.fd).text, name);
	return kind == NAME_KEPT || is_aside(ns, &o, name, r) ? attribute_remove(ns, o.fd, name) : r;
}

/* --- list -------------------------------------------------------------------------------------------------------------- */

static bool listed(const char *list, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i += strlen(list + i) + 1)
		if (str_eq(list + i, name))
			return true;
	return false;
}

/* What the guest sees of one name; NULL for nothing. capability: security.capability is kept by us too. */
static const char *shown(const struct vfs_ns *ns, bool capability, const char *name)
{
	if (str_starts(name, HIDDEN_PREFIX) || is_foreign(ns, name))
		return NULL;
	if (str_starts(name, KEPT_PREFIX)) {
		name += sizeof(KEPT_PREFIX) - 1;
		return is_kept(name) && may_see(ns, name) ? name : NULL;
	}
	if (str_eq(name, CAPABILITY))
		return capability ? NULL : name;
	return is_kept(name) ? NULL : name;
}

/* Rewrites a list in place: what is shown is never longer than what was there. */
static size_t rewrite(const struct vfs_ns *ns, char *list, size_t size)
{
	bool capability = listed(list, size, KEPT_PREFIX CAPABILITY);
	size_t to = 0;

	for (size_t from = 0, next; from < size; from = next) {
		const char *name;
		size_t n;

		next = from + strlen(list + from) + 1;
		name = shown(ns, capability, list + from);
		if (name == NULL)
			continue;
		n = strlen(name) + 1;
		memmove(list + to, name, n);
		to += n;
	}
	return to;
}

/* Behind the n bytes that are there: what the sidecar has. The size of all. */
__attribute__((noinline)) static ssize_t append_kept(const struct vfs_ns *ns, const struct object *o, char *list,
						     size_t n, size_t size)
{
	char names[8192];
	ssize_t kept = attribute_list_kept(ns, o->fd, names, sizeof(names));

	if (kept < 0)
		return kept == -ERANGE ? -E2BIG : kept;
	for (size_t at = 0, length; at < (size_t)kept; at += length) {
		length = strlen(names + at) + 1;
		if (!may_see(ns, names + at) || str_starts(names + at, KEPT_PREFIX))
			continue;
		if (n + length <= size)
			memcpy(list + n, names + at, length);
		else if (size != 0)
			return -ERANGE;
		n += length;
	}
	return (ssize_t)n;
}

ssize_t vfs_listxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, char *list, size_t size)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	char own[8192], *to = size >= sizeof(own) ? list : own;
	ssize_t n;

	n = open_object(ns, at, lookup, false, &o);
	if (n < 0)
		return n;
	if (o.tree == TREE_UNKNOWN)
		o.tree = fd_tree(ns, o.fd);
	if (o.tree == TREE_HOST)
		return host_call(SYS_listxattr, fd_link(o.fd).text, list, size);
	n = host_call(SYS_listxattr, fd_link(o.fd).text, to, to == list ? size : sizeof(own));
	/* Too long for this stack: the host's own length is enough, and a larger buffer is asked with it. */
	if (n == -ERANGE && to == own)
		return size == 0 ? host_call(SYS_listxattr, fd_link(o.fd).text, NULL, 0) : -ERANGE;
	if (n == -EOPNOTSUPP && kept_is_possible(ns))
		n = 0;
	if (n < 0)
		return n;
	n = (ssize_t)rewrite(ns, to, (size_t)n);
	if (to == own && size != 0) {
		if ((size_t)n > size)
			return -ERANGE;
		memcpy(list, own, (size_t)n);
	}
	return append_kept(ns, &o, list, (size_t)n, size);
}
