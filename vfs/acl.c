/* The rules are fs/posix_acl.c's, in its order. */
#include "vfs/acl.h"

#include <errno.h>
#include <linux/capability.h>

#include "base/acl.h"
#include "base/str.h"
#include "vfs/attribute.h"

#define ACCESS  ACL_ACCESS_ATTRIBUTE
#define DEFAULT ACL_DEFAULT_ATTRIBUTE

bool acl_is_name(const char *name)
{
	return str_eq(name, ACCESS) || str_eq(name, DEFAULT);
}

static uint8_t bit_of(const char *name)
{
	return str_eq(name, ACCESS) ? OVERRIDE_ACCESS_ACL : OVERRIDE_DEFAULT_ACL;
}

static bool read_list(const struct vfs_ns *ns, int fd, const char *name, struct acl *ret)
{
	ssize_t n = attribute_get(ns, fd, name, ret, ACL_VALUE_MAX);

	/* In place. */
	return n > 0 && acl_parse(ret, (size_t)n, ret) == 0 && acl_is_valid(ret);
}

/* --- permission -------------------------------------------------------------------------------------------------------- */

/* posix_acl_permission(), behind the owner's entry. mask: what the list gives to named users and all groups at most. */
static int check_entries(const struct creds *c, const struct acl *a, const struct owner *o, unsigned want)
{
	const unsigned mask = o->mode >> 3 & 7;
	bool found = false;

	for (unsigned i = 0; i < a->count; i++) {
		const struct posix_acl_xattr_entry *e = &a->entries[i];
		bool group = e->e_tag == ACL_GROUP_OBJ || e->e_tag == ACL_GROUP;

		if (e->e_tag == ACL_USER && e->e_id == c->fsuid)
			return (e->e_perm & mask & want) == want ? 0 : -EACCES;
		if (!group || !creds_in_group(c, e->e_tag == ACL_GROUP ? e->e_id : o->gid))
			continue;
		found = true;
		if ((e->e_perm & want) == want)
			return (mask & want) == want ? 0 : -EACCES;
	}
	return !found && (o->mode & want) == want ? 0 : -EACCES;
}

__attribute__((noinline)) int acl_permission(const struct vfs_ns *ns, int fd, const struct owner *o, int mode)
{
	struct acl a;

	/* Linux looks at no list whose mask is empty: the mode decides. */
	if ((o->acl & OVERRIDE_ACCESS_ACL) == 0 || (o->mode & 0070) == 0 || !read_list(ns, fd, ACCESS, &a))
		return 1;
	return check_entries(ns->creds, &a, o, (unsigned)mode & 7);
}

/* --- what is new ------------------------------------------------------------------------------------------------------- */

/* dir and path as in owner_of_new(). */
static bool read_default(const struct vfs_ns *ns, int dir, const char *path, struct acl *ret)
{
	int fd CLEANUP(host_close_at) = -1;

	if (path[0] == '\0')
		return read_list(ns, dir, DEFAULT, ret);
	fd = host_openat(dir, path, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC, 0);
	return fd >= 0 && read_list(ns, fd, DEFAULT, ret);
}

/* posix_acl_create_masq(): what was asked for takes from the list, and the list from what was asked for. */
__attribute__((noinline)) void acl_of_new(const struct vfs_ns *ns, int dir, const char *path, struct owner *new)
{
	struct acl a;
	bool extended;

	if (!read_default(ns, dir, path, &a))
		return;
	new->mode &= acl_permissions(&a, &extended) | ~(mode_t)0777;
	new->acl = (extended ? OVERRIDE_ACCESS_ACL : 0) | (S_ISDIR(new->mode) ? OVERRIDE_DEFAULT_ACL : 0);
	new->heir = true;
	new->dir = dir;
	new->path = path;
}

static int give(const struct vfs_ns *ns, int fd, const char *name, const struct acl *a, mode_t mode)
{
	int r = attribute_set(ns, fd, name, a, acl_size(a), 0);

	/* The umask, which does not count, has closed it to the caller. */
	if (r == -EACCES && host_call(SYS_chmod, fd_link(fd).text, override_least(mode)) == 0)
		r = attribute_set(ns, fd, name, a, acl_size(a), 0);
	return r;
}

__attribute__((noinline)) int acl_give(const struct vfs_ns *ns, int fd, struct owner *new)
{
	struct acl a;
	int r = 0;

	if (new->acl == 0)
		return 0;
	/* Somebody has taken it away meanwhile. */
	if (!read_default(ns, new->dir, new->path, &a)) {
		new->acl = 0;
		return 0;
	}
	/* What the mode has taken from it is in the mode. */
	if ((new->acl &OVERRIDE_ACCESS_ACL) != 0)
		r = give(ns, fd, ACCESS, &a, new->mode);
	if (r == 0 && (new->acl &OVERRIDE_DEFAULT_ACL) != 0)
		r = give(ns, fd, DEFAULT, &a, new->mode);
	return r;
}

/* --- the calls --------------------------------------------------------------------------------------------------------- */

static int look(const struct vfs_ns *ns, const struct object *o, struct stat *st, struct owner *ret)
{
	int r = host_fstatat(o->fd, "", st, AT_EMPTY_PATH);

	if (r < 0)
		return r;
	if (S_ISLNK(st->st_mode))
		return -EOPNOTSUPP;
	owner_get(ns, o->fd, o->tree, st, ret);
	return 0;
}

/* Keeps the list of a name, or none, and what changes with it. */
static int keep(const struct vfs_ns *ns, const struct object *o, const char *name, const struct stat *st,
		struct owner *owner, const struct acl *a)
{
	const uint8_t bit = bit_of(name), had = owner->acl;
	int r;

	/* As the owner's attribute and its mark: the value is there before it counts, and as long as it does. */
	if (a != NULL) {
		r = attribute_set(ns, o->fd, name, a, acl_size(a), 0);
		if (r == -EACCES && owner_grant(ns, o->fd, o->tree))
			r = attribute_set(ns, o->fd, name, a, acl_size(a), 0);
		if (r < 0)
			return r;
	}
	owner->acl = a != NULL ? had | bit : had & ~bit;
	r = owner_set(ns, o->fd, o->tree, st, owner);
	if (r < 0)
		return r;
	if (a == NULL && (had & bit) != 0)
		(void)!attribute_remove(ns, o->fd, name);
	if (S_ISDIR(st->st_mode))
		note_directory_change(ns);
	return 0;
}

__attribute__((noinline)) int acl_set(const struct vfs_ns *ns, const struct object *o, const char *name,
				      const void *value, size_t size)
{
	struct owner owner;
	struct stat st;
	struct acl a;
	bool extended;
	int r;

	r = acl_parse(value, size, &a);
	if (r < 0)
		return r;
	if (a.count == 0)
		return acl_remove(ns, o, name);
	r = look(ns, o, &st, &owner);
	if (r < 0)
		return r;
	if (bit_of(name) == OVERRIDE_DEFAULT_ACL && !S_ISDIR(owner.mode))
		return -EACCES;
	if (!owner_may_change(ns, &owner))
		return -EPERM;
	if (!acl_is_valid(&a))
		return -EINVAL;
	if (bit_of(name) == OVERRIDE_DEFAULT_ACL)
		return keep(ns, o, name, &st, &owner, &a);
	owner.mode = (owner.mode & ~(mode_t)0777) | acl_permissions(&a, &extended);
	if (!owner_may_set_gid(ns, owner.gid))
		owner.mode &= ~(mode_t)S_ISGID;
	return keep(ns, o, name, &st, &owner, extended ? &a : NULL);
}

__attribute__((noinline)) ssize_t acl_get(const struct vfs_ns *ns, const struct object *o, const char *name,
					  void *value, size_t size)
{
	struct owner owner;
	struct stat st;
	struct acl a;
	int r = look(ns, o, &st, &owner);

	if (r < 0)
		return r;
	if ((owner.acl & bit_of(name)) == 0 || !read_list(ns, o->fd, name, &a))
		return -ENODATA;
	if (bit_of(name) == OVERRIDE_ACCESS_ACL)
		acl_take_mode(&a, owner.mode);
	if (size != 0 && size < acl_size(&a))
		return -ERANGE;
	if (size != 0)
		memcpy(value, &a, acl_size(&a));
	return (ssize_t)acl_size(&a);
}

int acl_remove(const struct vfs_ns *ns, const struct object *o, const char *name)
{
	struct owner owner;
	struct stat st;
	int r = look(ns, o, &st, &owner);

	if (r < 0)
		return r;
	if (bit_of(name) == OVERRIDE_DEFAULT_ACL && !S_ISDIR(owner.mode))
		return 0;
	if (!owner_may_change(ns, &owner))
		return -EPERM;
	return (owner.acl & bit_of(name)) != 0 ? keep(ns, o, name, &st, &owner, NULL) : 0;
}
