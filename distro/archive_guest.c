#include "distro/archive_guest.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/xattr.h>

#include "base/host.h"
#include "distro/archive_acl.h"

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool guest_kept(const struct sidecar *s, int fd, const char *name, dev_t device, struct override *ret)
{
	struct sidecar_owner o;
	struct sidecar_key k;

	if (s == NULL || sidecar_count(s) == 0 || sidecar_key_of(fd, name, device, &k) < 0 ||
	    !sidecar_entry_of(s, &k, &o) || (o.more & SIDECAR_NO_OWNER) != 0)
		return false;
	*ret = (struct override){.uid = o.uid, .gid = o.gid, .mode = o.mode, .rdev = o.rdev};
	ret->acl = ((o.more & SIDECAR_ACCESS_ACL) != 0 ? OVERRIDE_ACCESS_ACL : 0) |
		   ((o.more & SIDECAR_DEFAULT_ACL) != 0 ? OVERRIDE_DEFAULT_ACL : 0);
	return true;
}

void guest_owner(const struct sidecar *s, int fd, const char *name, const struct stat *st,
		 const struct override *parent, struct override *ret)
{
	char text[64];
	ssize_t n;

	*ret = (struct override){.mode = st->st_mode, .rdev = st->st_rdev};
	if (!S_ISREG(st->st_mode) && !S_ISDIR(st->st_mode)) {
		ret->uid = parent->uid;
		ret->gid = parent->gid;
		(void)guest_kept(s, fd, name, st->st_dev, ret);
		return;
	}
	if ((st->st_mode & S_ISVTX) == 0)
		return;
	n = fgetxattr(fd, OVERRIDE_ATTRIBUTE, text, sizeof(text) - 1);
	if (n < 0) {
		(void)guest_kept(s, fd, "", st->st_dev, ret);
		return;
	}
	text[n] = '\0';
	/* A mark without a readable attribute does not count. */
	if (override_parse(text, st->st_mode, ret) < 0)
		*ret = (struct override){.mode = st->st_mode};
	else if (!S_ISCHR(ret->mode) && !S_ISBLK(ret->mode))
		ret->mode = (ret->mode & 07777) | (st->st_mode & S_IFMT);
}

/* --- attributes ---------------------------------------------------------------------------------------------------------- */

static bool is_kept(const char *name)
{
	return starts(name, "security.") || starts(name, "trusted.") || strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0 ||
	       strcmp(name, ACL_DEFAULT_ATTRIBUTE) == 0;
}

/*
 * What guests call it; NULL if it is not for them. kept_capability: we keep security.capability, a real one is not theirs.
 * exact: also those that only guests of version 2 can have.
 */
static const char *guest_name(const char *name, bool kept_capability, bool exact)
{
	if (starts(name, OVERRIDE_PREFIX))
		return NULL;
	if (starts(name, OVERRIDE_KEPT_PREFIX)) {
		name += sizeof(OVERRIDE_KEPT_PREFIX) - 1;
		return is_kept(name) || (exact && starts(name, "user.")) ? name : NULL;
	}
	if (strcmp(name, "security.capability") == 0)
		return kept_capability ? NULL : name;
	/* The others are the host's own. */
	if (exact && !starts(name, "user."))
		return NULL;
	return is_kept(name) ? NULL : name;
}

static int grow(char **buf, size_t *room, size_t n)
{
	char *more;

	if (n <= *room)
		return 0;
	more = realloc(*buf, n + 1024);
	if (more == NULL)
		return -ENOMEM;
	*buf = more;
	*room = n + 1024;
	return 0;
}

static ssize_t read_names(struct guest_attributes *a, int fd)
{
	for (;;) {
		ssize_t n = flistxattr(fd, a->names, a->names_room);

		if (n >= 0 && a->names_room > 0)
			return n;
		if (n < 0 && errno != ERANGE)
			return errno == EOPNOTSUPP ? 0 : -errno;
		if (grow(&a->names, &a->names_room, a->names_room * 2 + 1024) < 0)
			return -ENOMEM;
	}
}

/* A value, behind those that are there; its size. Others may change it meanwhile. */
static ssize_t read_value(struct guest_attributes *a, int fd, const char *name, size_t at)
{
	for (;;) {
		ssize_t n = fgetxattr(fd, name, a->values + at, a->values_room - at);

		if (n >= 0 && a->values_room > at)
			return n;
		if (n < 0 && errno != ERANGE)
			return -errno;
		if (grow(&a->values, &a->values_room, a->values_room * 2 + 4096) < 0)
			return -ENOMEM;
	}
}

/* What chmod has changed of a list is in the mode alone. */
static void take_acl(const struct override *o, bool access, const void *value, size_t size, char **ret)
{
	char *text;
	struct acl a;

	if ((o->acl & (access ? OVERRIDE_ACCESS_ACL : OVERRIDE_DEFAULT_ACL)) == 0 || acl_parse(value, size, &a) < 0)
		return;
	if (access)
		acl_take_mode(&a, o->mode);
	text = malloc(ACL_TEXT_MAX);
	if (text != NULL && acl_to_text(&a, acl_size(&a), text, ACL_TEXT_MAX) > 0) {
		*ret = text;
		return;
	}
	free(text);
}

static int add(struct guest_attributes *a, const char *name, size_t at, size_t size)
{
	if (a->count == a->room) {
		size_t room = a->room * 2 + 8;
		struct tar_attribute *more = realloc(a->list, room * sizeof(*more));

		if (more == NULL)
			return -ENOMEM;
		a->list = more;
		a->room = room;
	}
	/* The buffer may move: places for now. */
	a->list[a->count++] = (struct tar_attribute){.name = name, .value = (const char *)(uintptr_t)at, .size = size};
	return 0;
}

static bool lists(const char *names, size_t size, const char *name)
{
	for (size_t i = 0; i < size; i += strlen(names + i) + 1)
		if (strcmp(names + i, name) == 0)
			return true;
	return false;
}

/* What is with the inode. */
static int read_host(struct guest_attributes *a, int fd, const struct override *o)
{
	ssize_t size = read_names(a, fd);
	size_t at = 0;
	bool capability;

	if (size <= 0)
		return (int)size;
	capability = lists(a->names, (size_t)size, OVERRIDE_KEPT_PREFIX "security.capability");
	for (const char *name = a->names; name < a->names + size; name += strlen(name) + 1) {
		const char *shown = guest_name(name, capability, a->exact);
		ssize_t n;

		if (a->exact && strcmp(name, GUEST_INODE_ATTRIBUTE) == 0) {
			n = fgetxattr(fd, name, a->inode, sizeof(a->inode) - 1);
			a->inode[n < 0 ? 0 : n] = '\0';
		}
		if (shown == NULL)
			continue;
		n = read_value(a, fd, name, at);
		if (n == -ENODATA || n == -EOPNOTSUPP || n == -EPERM || n == -EACCES)
			continue;
		if (n < 0)
			return (int)n;
		if (strcmp(shown, ACL_ACCESS_ATTRIBUTE) == 0)
			take_acl(o, true, a->values + at, (size_t)n, &a->acl_access);
		else if (strcmp(shown, ACL_DEFAULT_ATTRIBUTE) == 0)
			take_acl(o, false, a->values + at, (size_t)n, &a->acl_default);
		else if (add(a, shown, at, (size_t)n) < 0)
			return -ENOMEM;
		else
			at += (size_t)n;
	}
	for (size_t i = 0; i < a->count; i++)
		a->list[i].value = a->values + (uintptr_t)a->list[i].value;
	return 0;
}

struct keeping {
	struct guest_attributes *a;
	const struct override *o;
	size_t size;
	char *to; /* NULL: only the size is asked */
	int status;
};

static void take_kept(void *context, const struct sidecar_record *r)
{
	struct keeping *k = context;
	char *name = k->to, *value;

	if (r->kind != SIDECAR_ATTRIBUTE)
		return;
	if (name == NULL) {
		k->size += r->name_length + 1 + r->value_size;
		return;
	}
	value = name + r->name_length + 1;
	memcpy(name, r->name, r->name_length);
	name[r->name_length] = '\0';
	memcpy(value, r->value, r->value_size);
	k->to = value + r->value_size;
	if (strcmp(name, GUEST_INODE_ATTRIBUTE) == 0) {
		if (r->value_size < sizeof(k->a->inode)) {
			memcpy(k->a->inode, value, r->value_size);
			k->a->inode[r->value_size] = '\0';
		}
		return;
	}
	/* Guests do not see it. */
	if (starts(name, OVERRIDE_KEPT_PREFIX) && !k->a->exact)
		return;
	if (strcmp(name, ACL_ACCESS_ATTRIBUTE) == 0)
		take_acl(k->o, true, value, r->value_size, &k->a->acl_access);
	else if (strcmp(name, ACL_DEFAULT_ATTRIBUTE) == 0)
		take_acl(k->o, false, value, r->value_size, &k->a->acl_default);
	else if (add(k->a, name, (uintptr_t)value, r->value_size) < 0)
		k->status = -ENOMEM;
}

static int read_kept(struct guest_attributes *a, const struct sidecar *s, const struct sidecar_key *key,
		     const struct override *o)
{
	struct keeping k = {.a = a, .o = o};

	sidecar_each_of(s, key, take_kept, &k);
	if (k.size == 0)
		return 0;
	a->kept = malloc(k.size);
	if (a->kept == NULL)
		return -ENOMEM;
	k.to = a->kept;
	sidecar_each_of(s, key, take_kept, &k);
	return k.status;
}

int guest_attributes_read(struct guest_attributes *a, const struct sidecar *s, int fd, const char *name,
			  const struct stat *st, const struct override *o)
{
	struct sidecar_key key;
	int r = 0;

	a->count = 0;
	free(a->acl_access);
	free(a->acl_default);
	free(a->kept);
	a->acl_access = a->acl_default = a->kept = NULL;
	a->inode[0] = '\0';
	if (name[0] == '\0')
		r = read_host(a, fd, o);
	if (r < 0 || s == NULL || sidecar_count(s) == 0 || sidecar_key_of(fd, name, st->st_dev, &key) < 0)
		return r;
	return read_kept(a, s, &key, o);
}

void guest_attributes_done(struct guest_attributes *a)
{
	free(a->list);
	free(a->names);
	free(a->values);
	free(a->acl_access);
	free(a->acl_default);
	free(a->kept);
	*a = (struct guest_attributes){0};
}

/* --- files that are closed to us ----------------------------------------------------------------------------------------- */

static int make_accessible(int dir, const char *name, const struct stat *st)
{
	int handle CLEANUP(host_close_at) = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct override o = {.mode = st->st_mode & ~(mode_t)S_ISVTX};
	char path[32], text[64];
	size_t n;

	if (handle < 0)
		return -errno;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", handle);
	if (chmod(path, override_host_mode(o.mode, false)) < 0)
		return -errno;
	n = override_print(&o, text, sizeof(text));
	if (setxattr(path, OVERRIDE_ATTRIBUTE, text, n, 0) < 0)
		return 0;
	return chmod(path, override_host_mode(o.mode, true)) < 0 ? -errno : 0;
}

int guest_open(int dir, const char *name, const struct stat *st, int flags)
{
	int fd = openat(dir, name, flags), r;

	if (fd >= 0 || errno != EACCES)
		return fd < 0 ? -errno : fd;
	r = make_accessible(dir, name, st);
	if (r < 0)
		return r;
	fd = openat(dir, name, flags);
	return fd < 0 ? -errno : fd;
}
