#include "distro/archive_owner.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include "base/instance.h"
#include "distro/archive_acl.h"
#include "distro/archive_guest.h"

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

/* --- access control lists ------------------------------------------------------------------------------------------------- */

static const struct tar_attribute *find_attribute(const struct tar_entry *e, const char *name)
{
	for (size_t i = 0; i < e->attribute_count; i++)
		if (strcmp(e->attributes[i].name, name) == 0)
			return &e->attributes[i];
	return NULL;
}

/*
 * The entry's list of the name, which says more than the mode: 1, 0 for none, -EINVAL for what is no list. GNU tar writes the
 * text with the names that the archive's maker had, which say nothing here; the value itself may be there too.
 */
static int list_of(const struct tar_entry *e, const char *name, struct acl *ret)
{
	bool access = strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0, extended;
	const char *text = access ? e->acl_access : e->acl_default;
	const struct tar_attribute *a = find_attribute(e, name);
	long n = a != NULL ? (long)a->size : 0;
	const void *value = a != NULL ? (const void *)a->value : ret;

	if (a == NULL && text != NULL)
		n = acl_from_text(text, ret, ACL_VALUE_MAX);
	if (n <= 0)
		return (int)n;
	if (acl_parse(value, (size_t)n, ret) < 0 || !acl_is_valid(ret))
		return -EINVAL;
	(void)acl_permissions(ret, &extended);
	return !access || extended;
}

static uint8_t lists_of(const struct tar_entry *e)
{
	struct acl a;
	uint8_t lists = 0;

	if (list_of(e, ACL_ACCESS_ATTRIBUTE, &a) > 0)
		lists |= OVERRIDE_ACCESS_ACL;
	if (S_ISDIR(e->mode) && list_of(e, ACL_DEFAULT_ATTRIBUTE, &a) > 0)
		lists |= OVERRIDE_DEFAULT_ACL;
	return lists;
}

void owner_plain(const struct tar_entry *e, struct override *ret)
{
	*ret = (struct override){.uid = (uid_t)e->uid, .gid = (gid_t)e->gid, .mode = e->mode};
	if (S_ISCHR(e->mode) || S_ISBLK(e->mode))
		ret->rdev = makedev(e->major, e->minor);
	if (!S_ISLNK(e->mode))
		ret->acl = lists_of(e);
}

void owner_of_entry(const struct tar_entry *e, struct override *ret)
{
	const char *name = find_attribute(e, OVERRIDE_ATTRIBUTE) != NULL ? OVERRIDE_ATTRIBUTE : OVERRIDE_FUSE_ATTRIBUTE;

	owner_plain(e, ret);
	for (size_t i = 0; i < e->attribute_count; i++) {
		const struct tar_attribute *a = &e->attributes[i];
		struct override o;

		if ((!S_ISREG(e->mode) && !S_ISDIR(e->mode)) || strcmp(a->name, name) != 0 || a->size >= 64 ||
		    override_parse(a->value, e->mode, &o) < 0 || S_ISDIR(o.mode) != S_ISDIR(e->mode))
			continue;
		o.acl |= ret->acl;
		*ret = o;
	}
}

mode_t owner_mode_to_make(const struct owners *o, const struct override *want)
{
	return override_host_mode(want->mode, (!o->no_attributes || o->sidecar != NULL) && override_is_needed(want));
}

/* --- attributes ------------------------------------------------------------------------------------------------------- */

static bool is_list(const char *name)
{
	return strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0 || strcmp(name, ACL_DEFAULT_ATTRIBUTE) == 0;
}

static bool is_kept(const char *name)
{
	return starts(name, "security.") || starts(name, "trusted.") || is_list(name);
}

static bool is_ours(const char *name)
{
	return strcmp(name, OVERRIDE_ATTRIBUTE) == 0 || strcmp(name, OVERRIDE_FUSE_ATTRIBUTE) == 0 ||
	       strcmp(name, INSTANCE_DEVICES_ATTRIBUTE) == 0 || strcmp(name, INSTANCE_UNMARKED_ATTRIBUTE) == 0;
}

/*
 * The host's name of an attribute; NULL if there is no place for it. exact: those that mean something to us, and are of guests
 * that are none of ours, are kept under another name.
 */
static const char *host_name(const struct owners *o, const char *name, char *buf, size_t size)
{
	if (o->exact && (is_kept(name) || starts(name, OVERRIDE_KEPT_PREFIX) || starts(name, OVERRIDE_PREFIX)))
		return (size_t)snprintf(buf, size, "%s%s", OVERRIDE_KEPT_PREFIX, name) < size ? buf : NULL;
	if (o->exact)
		return starts(name, "user.") ? name : NULL;
	if (starts(name, OVERRIDE_KEPT_PREFIX) && is_kept(name + sizeof(OVERRIDE_KEPT_PREFIX) - 1))
		return name;
	if (starts(name, OVERRIDE_KEPT_PREFIX) || starts(name, OVERRIDE_PREFIX) || is_ours(name))
		return NULL;
	if (starts(name, "user."))
		return name;
	if (!is_kept(name))
		return NULL;
	if ((size_t)snprintf(buf, size, "%s%s", OVERRIDE_KEPT_PREFIX, name) >= size)
		return NULL;
	return buf;
}

static bool has_namespace(const char *name)
{
	return starts(name, "user.") || is_kept(name);
}

/* In the sidecar, under the guest's name. name: of what is in the directory fd, "" for fd itself. */
static int put_attribute(struct owners *o, int fd, const char *name, const char *attribute, const void *value,
			 size_t size)
{
	struct sidecar_record r = {.kind = SIDECAR_ATTRIBUTE};
	int status = sidecar_key_of(fd, name, o->device, &r.key);

	if (status < 0)
		return status;
	if (starts(attribute, OVERRIDE_KEPT_PREFIX) && !o->exact)
		attribute += sizeof(OVERRIDE_KEPT_PREFIX) - 1;
	r.name = attribute;
	r.name_length = (uint32_t)strlen(attribute);
	r.value = size > 0 ? value : "";
	r.value_size = (uint32_t)size;
	return size <= SIDECAR_VALUE_MAX ? sidecar_put(o->sidecar, &r) : -E2BIG;
}

/* host NULL: only the sidecar has a place for it. */
static void set(struct owners *o, int fd, const char *host, const char *guest, const void *value, size_t size)
{
	if (!o->no_attributes && host != NULL && fsetxattr(fd, host, value, size, 0) == 0)
		return;
	if (o->sidecar == NULL || (!o->exact && !o->no_attributes && errno != EOPNOTSUPP) ||
	    put_attribute(o, fd, "", guest, value, size) < 0)
		o->lost_attributes++;
}

static void set_list(struct owners *o, int fd, const struct tar_entry *e, const char *name)
{
	char buf[XATTR_NAME_MAX + 1];
	struct acl a;
	int r = list_of(e, name, &a);

	if (r < 0)
		o->lost_attributes++;
	else if (r > 0)
		set(o, fd, host_name(o, name, buf, sizeof(buf)), name, &a, acl_size(&a));
}

static void set_attributes(struct owners *o, int fd, const struct tar_entry *e)
{
	for (size_t i = 0; i < e->attribute_count; i++) {
		const struct tar_attribute *a = &e->attributes[i];
		char buf[XATTR_NAME_MAX + 1];
		const char *name = host_name(o, a->name, buf, sizeof(buf));

		if (is_list(a->name))
			continue;
		if (name != NULL || (o->exact && has_namespace(a->name)))
			set(o, fd, name, a->name, a->value, a->size);
		else if (!is_ours(a->name))
			o->lost_attributes++;
	}
	set_list(o, fd, e, ACL_ACCESS_ATTRIBUTE);
	if (S_ISDIR(e->mode))
		set_list(o, fd, e, ACL_DEFAULT_ATTRIBUTE);
}

/* --- the owner --------------------------------------------------------------------------------------------------------- */

static int put_record(struct owners *o, int fd, const char *name, const struct override *want)
{
	struct sidecar_record r = {.kind = SIDECAR_OWNER};
	int status = sidecar_key_of(fd, name, o->device, &r.key);

	if (status < 0)
		return status;
	r.owner = (struct sidecar_owner){.uid = want->uid, .gid = want->gid, .mode = want->mode, .rdev = want->rdev};
	return sidecar_put(o->sidecar, &r);
}

int owner_apply_special(struct owners *o, int dir, const char *name, const struct tar_entry *e,
			const struct override *want)
{
	struct override directory;
	struct stat st;
	int r;

	if (o->sidecar == NULL)
		return 0;
	if (fstat(dir, &st) < 0)
		return work_fail_on(o->work, -errno, "look at the directory of", e->name);
	guest_owner(o->sidecar, dir, "", &st, NULL, &directory);
	if (want->uid == directory.uid && want->gid == directory.gid && (want->mode & 07000) == 0 && want->acl == 0 &&
	    (S_ISLNK(want->mode) || (want->mode & 0600) == 0600))
		return 0;
	r = put_record(o, dir, name, want);
	return r < 0 ? work_fail_on(o->work, r, "keep the owner of", e->name) : 0;
}

static int set_override(struct owners *o, int fd, const struct tar_entry *e, const struct override *want)
{
	char text[64];
	size_t n = override_print(want, text, sizeof(text));

	if (!o->no_attributes && fsetxattr(fd, OVERRIDE_ATTRIBUTE, text, n, 0) == 0)
		return 1;
	if (!o->no_attributes && errno != EOPNOTSUPP)
		return work_fail_on(o->work, -errno, "keep the owner of", e->name);
	o->no_attributes = true;
	if (o->sidecar != NULL) {
		int r = put_record(o, fd, "", want);

		return r < 0 ? work_fail_on(o->work, r, "keep the owner of", e->name) : 1;
	}
	o->lost_owners++;
	return 0;
}

int owner_apply(struct owners *o, int fd, bool made, const struct tar_entry *e, const struct override *want)
{
	bool attribute = override_is_needed(want);
	mode_t host;
	int r = 0;

	if (attribute) {
		r = set_override(o, fd, e, want);
		if (r < 0)
			return r;
	}
	set_attributes(o, fd, e);
	host = override_host_mode(want->mode, r > 0);
	/* What vfs makes of a mode without attributes. */
	if (attribute && r == 0 && S_ISDIR(want->mode))
		host |= want->mode & S_ISVTX;
	if (!made || (host & o->umask) != 0 || e->attribute_count > 0 || (attribute && (r == 0 || o->no_attributes)))
		if (fchmod(fd, host) < 0)
			return work_fail_on(o->work, -errno, "set the mode of", e->name);
	if (!made && !attribute && !o->no_attributes)
		(void)fremovexattr(fd, OVERRIDE_ATTRIBUTE);
	return 0;
}

void owner_put_inode(struct owners *o, int fd, const char *name, const char *text)
{
	if (name[0] == '\0')
		set(o, fd, GUEST_INODE_ATTRIBUTE, GUEST_INODE_ATTRIBUTE, text, strlen(text));
	else if (o->sidecar == NULL || put_attribute(o, fd, name, GUEST_INODE_ATTRIBUTE, text, strlen(text)) < 0)
		o->lost_attributes++;
}

void owner_special_attributes(struct owners *o, int dir, const char *name, const struct tar_entry *e)
{
	char buf[XATTR_NAME_MAX + 1];
	struct acl list;

	for (size_t i = 0; i < e->attribute_count; i++) {
		const struct tar_attribute *a = &e->attributes[i];
		const char *host = host_name(o, a->name, buf, sizeof(buf));
		bool possible = o->exact ? has_namespace(a->name) : host != NULL && starts(host, OVERRIDE_KEPT_PREFIX);

		if ((is_ours(a->name) && !o->exact) || is_list(a->name))
			continue;
		if (o->sidecar == NULL || !possible ||
		    put_attribute(o, dir, name, o->exact ? a->name : host, a->value, a->size) < 0)
			o->lost_attributes++;
	}
	if (!S_ISLNK(e->mode) && list_of(e, ACL_ACCESS_ATTRIBUTE, &list) > 0 &&
	    (o->sidecar == NULL || put_attribute(o, dir, name, ACL_ACCESS_ATTRIBUTE, &list, acl_size(&list)) < 0))
		o->lost_attributes++;
}

void owner_say_lost(const struct owners *o, struct message *ret)
{
	unsigned long long owners = o->lost_owners, devices = o->lost_devices, attributes = o->lost_attributes;

	ret->text[0] = '\0';
	if (o->no_attributes && o->sidecar != NULL && attributes == 0)
		return;
	if (o->no_attributes && o->sidecar != NULL)
		(void)snprintf(ret->text, sizeof(ret->text),
			       "the file system takes no attributes: %llu of them could not be kept", attributes);
	else if (o->no_attributes)
		(void)snprintf(
			ret->text, sizeof(ret->text),
			"the file system takes no attributes: owners and modes of %llu files, %llu device nodes and "
			"%llu attributes could not be kept",
			owners, devices, attributes);
	else if (attributes > 0)
		(void)snprintf(ret->text, sizeof(ret->text), "%llu attributes could not be kept", attributes);
}
