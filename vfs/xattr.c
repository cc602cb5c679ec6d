/*
 * Extended attributes. In the distribution's own files
 *   - what this library keeps (OWNER_ATTRIBUTE, user.lxrun.*) is hidden;
 *   - security.* and trusted.* are the guest's own, kept as user.lxrun.<name>: the host gives them to its root only, and
 *     some of them would mean something to it;
 *   - user.* and system.* are the host's.
 * In the host's files all are the host's.
 */
#include <errno.h>
#include <linux/capability.h>
#include <linux/posix_acl.h>
#include <linux/posix_acl_xattr.h>
#include <linux/xattr.h>

#include "base/str.h"
#include "vfs/internal.h"
#include "vfs/permission.h"

#define HIDDEN_PREFIX OVERRIDE_PREFIX
#define CAPABILITY    "security.capability"

enum name_kind {
	NAME_HOST,   /* passed on */
	NAME_KEPT,   /* stored with KEPT_PREFIX in front */
	NAME_HIDDEN, /* does not exist */
};

struct name {
	enum name_kind kind;
	char host[XATTR_NAME_MAX + sizeof(KEPT_PREFIX)];
};

static int translate(const struct vfs_ns *ns, struct object *o, const char *name, struct name *ret)
{
	size_t n = strlen(name);
	bool kept = str_starts(name, "security.") || str_starts(name, "trusted.");

	if (n == 0 || n > XATTR_NAME_MAX)
		return -ERANGE;
	memcpy(ret->host, name, n + 1);
	ret->kind = NAME_HOST;
	if (str_starts(name, KEPT_PREFIX) || str_starts(name, HIDDEN_PREFIX))
		ret->kind = NAME_HIDDEN;
	if (!kept)
		return 0;
	if (o->tree == TREE_UNKNOWN)
		o->tree = fd_tree(ns, o->fd);
	if (o->tree != TREE_GUEST)
		return 0;
	if (sizeof(KEPT_PREFIX) - 1 + n > XATTR_NAME_MAX)
		return -ERANGE;
	ret->kind = NAME_KEPT;
	memcpy(ret->host, KEPT_PREFIX, sizeof(KEPT_PREFIX) - 1);
	memcpy(ret->host + sizeof(KEPT_PREFIX) - 1, name, n + 1);
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

/* xattr_permission() and what ACLs ask for, for the names that are the host's own. mode: R_OK or W_OK. */
static int check(const struct vfs_ns *ns, const struct object *o, const char *name, int mode)
{
	bool user = str_starts(name, "user."), acl = str_starts(name, "system.posix_acl_");
	bool other = !user && !str_starts(name, "system.") && !str_starts(name, "security.") &&
		     !str_starts(name, "trusted.");
	struct owner owner;
	struct stat st;
	int r;

	if ((!permission_matters(ns) && !owner_may_be_device(ns)) || (!user && !other && !(acl && mode == W_OK)))
		return 0;
	r = host_fstatat(o->fd, "", &st, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	owner_get(ns, o->fd, o->tree, &st, &owner);
	if (acl)
		return owner_may_change(ns, &owner) ? 0 : -EPERM;
	if (user && !S_ISREG(owner.mode) && !S_ISDIR(owner.mode))
		return mode == W_OK ? -EPERM : -ENODATA;
	if (user && S_ISDIR(owner.mode) && (owner.mode & S_ISVTX) != 0 && mode == W_OK && !owner_may_change(ns, &owner))
		return -EPERM;
	return permission_mode(ns->creds, &owner, mode);
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
static ssize_t get_capability(struct object *o, const char *kept, void *value, size_t size)
{
	struct vfs_ns_cap_data data;
	ssize_t n = host_call(SYS_getxattr, fd_link(o->fd).text, kept, &data, sizeof(data));

	/* A store that the host's root made has real ones. */
	if (n == -ENODATA)
		n = host_call(SYS_getxattr, fd_link(o->fd).text, CAPABILITY, &data, sizeof(data));
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

/* --- access ACLs ------------------------------------------------------------------------------------------------------- */

/* The permission bits that an access ACL makes: its mask's in the place of the group's where it has one. */
static mode_t acl_permissions(const void *value, size_t size, mode_t mode)
{
	const struct posix_acl_xattr_entry *e =
		(const void *)((const char *)value + sizeof(struct posix_acl_xattr_header));
	size_t count = (size - sizeof(struct posix_acl_xattr_header)) / sizeof(*e);
	bool masked = false;

	for (size_t i = 0; i < count; i++) {
		mode_t bits = e[i].e_perm & 07u;

		if (e[i].e_tag == ACL_USER_OBJ)
			mode = (mode & ~(mode_t)0700) | bits << 6;
		else if (e[i].e_tag == ACL_MASK || (e[i].e_tag == ACL_GROUP_OBJ && !masked))
			mode = (mode & ~(mode_t)0070) | bits << 3;
		else if (e[i].e_tag == ACL_OTHER)
			mode = (mode & ~(mode_t)0007) | bits;
		masked = masked || e[i].e_tag == ACL_MASK;
	}
	return mode;
}

/* The host has given a file an access ACL, and its inode's mode with it: what is kept of the mode follows. */
static int set_acl(const struct vfs_ns *ns, struct object *o, const char *name, const void *value, size_t size)
{
	struct owner owner;
	struct stat st;
	mode_t mode;
	int r;

	r = host_fstatat(o->fd, "", &st, AT_EMPTY_PATH);
	if (r < 0)
		return r;
	if (o->tree == TREE_UNKNOWN)
		o->tree = fd_tree(ns, o->fd);
	owner_get(ns, o->fd, o->tree, &st, &owner);
	r = (int)host_call(SYS_setxattr, fd_link(o->fd).text, name, value, size, 0);
	if (r < 0 || o->tree != TREE_GUEST || size < sizeof(struct posix_acl_xattr_header))
		return r;
	mode = acl_permissions(value, size, owner.mode);
	if (mode == owner.mode)
		return 0;
	owner.mode = mode;
	r = host_fstatat(o->fd, "", &st, AT_EMPTY_PATH);
	return r < 0 ? r : owner_set(ns, o->fd, o->tree, &st, &owner);
}

int vfs_setxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name, const void *value,
		 size_t size, int flags)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct name n;
	int r;

	r = open_object(ns, at, lookup, true, &o);
	if (r == 0)
		r = translate(ns, &o, name, &n);
	if (r < 0)
		return r;
	if (n.kind == NAME_KEPT && str_eq(name, CAPABILITY))
		r = check_capability(ns, value, size);
	else if (n.kind == NAME_HIDDEN || (n.kind == NAME_KEPT && !may_change(ns, name)))
		r = -EPERM;
	if (r < 0)
		return r;
	r = check(ns, &o, name, W_OK);
	if (r < 0)
		return r;
	if (str_eq(name, "system.posix_acl_access") && flags == 0)
		return set_acl(ns, &o, name, value, size);
	r = (int)host_call(SYS_setxattr, fd_link(o.fd).text, n.host, value, size, flags);
	if (r == -EACCES && owner_grant(ns, o.fd, o.tree))
		r = (int)host_call(SYS_setxattr, fd_link(o.fd).text, n.host, value, size, flags);
	return r;
}

static ssize_t get(struct object *o, const struct name *n, const char *name, void *value, size_t size)
{
	if (n->kind == NAME_KEPT && str_eq(name, CAPABILITY))
		return get_capability(o, n->host, value, size);
	return host_call(SYS_getxattr, fd_link(o->fd).text, n->host, value, size);
}

ssize_t vfs_getxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name, void *value, size_t size)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct name n;
	ssize_t r;

	r = open_object(ns, at, lookup, false, &o);
	if (r == 0)
		r = translate(ns, &o, name, &n);
	if (r < 0)
		return r;
	if (n.kind == NAME_HIDDEN || !may_see(ns, name))
		return -ENODATA;
	r = check(ns, &o, name, R_OK);
	if (r < 0)
		return r;
	r = get(&o, &n, name, value, size);
	if (r == -EACCES && owner_grant(ns, o.fd, o.tree))
		r = get(&o, &n, name, value, size);
	/* user.* of a link or a device is EPERM to read; security.* never is. */
	return r == -EPERM && n.kind == NAME_KEPT ? -ENODATA : r;
}

int vfs_removexattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, const char *name)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	struct name n;
	int r;

	r = open_object(ns, at, lookup, true, &o);
	if (r == 0)
		r = translate(ns, &o, name, &n);
	if (r < 0)
		return r;
	if (n.kind == NAME_HIDDEN)
		return -ENODATA;
	if (n.kind == NAME_KEPT && !may_change(ns, name))
		return -EPERM;
	r = check(ns, &o, name, W_OK);
	if (r < 0)
		return r;
	return (int)host_call(SYS_removexattr, fd_link(o.fd).text, n.host);
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
	if (str_starts(name, HIDDEN_PREFIX))
		return NULL;
	if (str_starts(name, KEPT_PREFIX)) {
		name += sizeof(KEPT_PREFIX) - 1;
		return (str_starts(name, "security.") || str_starts(name, "trusted.")) && may_see(ns, name) ? name
													    : NULL;
	}
	if (str_eq(name, CAPABILITY))
		return capability ? NULL : name;
	return str_starts(name, "security.") || str_starts(name, "trusted.") ? NULL : name;
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

ssize_t vfs_listxattr(const struct vfs_ns *ns, struct vfs_at at, int lookup, char *list, size_t size)
{
	struct object o CLEANUP(object_done) = OBJECT_INIT;
	char own[8192];
	ssize_t n;

	n = open_object(ns, at, lookup, false, &o);
	if (n < 0)
		return n;
	if (o.tree == TREE_UNKNOWN)
		o.tree = fd_tree(ns, o.fd);
	if (o.tree == TREE_HOST)
		return host_call(SYS_listxattr, fd_link(o.fd).text, list, size);
	if (size >= sizeof(own)) {
		n = host_call(SYS_listxattr, fd_link(o.fd).text, list, size);
		return n < 0 ? n : (ssize_t)rewrite(ns, list, (size_t)n);
	}
	n = host_call(SYS_listxattr, fd_link(o.fd).text, own, sizeof(own));
	if (n == -ERANGE)
		/* Too long for this stack: the host's own length is enough, and a larger buffer is asked with it. */
		return size == 0 ? host_call(SYS_listxattr, fd_link(o.fd).text, NULL, 0) : -ERANGE;
	if (n < 0)
		return n;
	n = (ssize_t)rewrite(ns, own, (size_t)n);
	if (size == 0)
		return n;
	if ((size_t)n > size)
		return -ERANGE;
	memcpy(list, own, (size_t)n);
	return n;
}
