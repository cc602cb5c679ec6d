#include "vfs/kept.h"

#include <errno.h>
#include <linux/stat.h>
#include <linux/xattr.h>

#include "base/str.h"

static bool find(const struct vfs_ns *ns, const struct stat *st, struct sidecar_key *key, struct sidecar_owner *o)
{
	return (ns->in->features & INSTANCE_SIDECAR) != 0 &&
	       sidecar_index_find(&ns->in->sidecar, st->st_dev, st->st_ino, key, o) &&
	       key->type == (st->st_mode & S_IFMT);
}

static int read_birth(int fd, int64_t *ret)
{
	struct statx x;
	int r = (int)host_call(SYS_statx, fd, "", AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW, STATX_BTIME, &x);

	if (r < 0)
		return r;
	*ret = (x.stx_mask & STATX_BTIME) != 0 ? x.stx_btime.tv_sec * 1000000000 + x.stx_btime.tv_nsec : 0;
	return 0;
}

bool kept_may_be(const struct vfs_ns *ns, const struct stat *st)
{
	struct sidecar_owner o;
	struct sidecar_key k;

	return find(ns, st, &k, &o);
}

bool kept_has_owner(const struct vfs_ns *ns, const struct stat *st)
{
	struct sidecar_owner o;
	struct sidecar_key k;

	return find(ns, st, &k, &o) && (o.more & SIDECAR_NO_OWNER) == 0;
}

bool kept_has_attributes(const struct vfs_ns *ns, const struct stat *st)
{
	struct sidecar_owner o;
	struct sidecar_key k;

	return find(ns, st, &k, &o) && (o.more & SIDECAR_ATTRIBUTES) != 0;
}

bool kept_get(const struct vfs_ns *ns, int fd, const struct stat *st, struct owner *ret)
{
	struct sidecar_owner o;
	struct sidecar_key k;
	int64_t birth;

	if (!find(ns, st, &k, &o) || (o.more & SIDECAR_NO_OWNER) != 0 || read_birth(fd, &birth) < 0 || birth != k.birth)
		return false;
	*ret = (struct owner){.uid = o.uid, .gid = o.gid, .mode = o.mode, .rdev = o.rdev, .kept = true};
	ret->acl = ((o.more & SIDECAR_ACCESS_ACL) != 0 ? OVERRIDE_ACCESS_ACL : 0) |
		   ((o.more & SIDECAR_DEFAULT_ACL) != 0 ? OVERRIDE_DEFAULT_ACL : 0);
	return true;
}

static int ask(const struct vfs_ns *ns, const struct sidecar_record *r)
{
	return kept_is_possible(ns) ? ns->sidecar(ns->sidecar_arg, r) : -EOPNOTSUPP;
}

static struct sidecar_key key_of(const struct stat *st)
{
	return (struct sidecar_key){.device = st->st_dev, .inode = st->st_ino, .type = st->st_mode & S_IFMT};
}

int kept_set(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *want)
{
	struct sidecar_record r = {.kind = SIDECAR_OWNER, .key = key_of(st)};
	int status = read_birth(fd, &r.key.birth);

	if (status < 0)
		return status;
	r.owner = (struct sidecar_owner){.uid = want->uid, .gid = want->gid, .mode = want->mode, .rdev = want->rdev};
	return ask(ns, &r);
}

void kept_forget(const struct vfs_ns *ns, const struct stat *st)
{
	const struct sidecar_record r = {.kind = SIDECAR_REMOVED, .key = key_of(st)};

	(void)!ask(ns, &r);
}

void kept_forget_owner(const struct vfs_ns *ns, int fd, const struct stat *st, const struct owner *want)
{
	/* Its attributes stay, and an owner's record that says the same does no harm. */
	if (kept_has_attributes(ns, st))
		(void)!kept_set(ns, fd, st, want);
	else if (kept_may_be(ns, st))
		kept_forget(ns, st);
}

/* --- attributes ----------------------------------------------------------------------------------------------------------- */

ssize_t kept_attribute(const struct vfs_ns *ns, int fd, const struct stat *st, const char *name, void *buf, size_t size)
{
	struct sidecar_record r = {.kind = name != NULL ? SIDECAR_ATTRIBUTE : SIDECAR_REMOVED, .key = key_of(st)};
	long n;

	if (!kept_has_attributes(ns, st) || ns->sidecar_read == NULL)
		return name != NULL ? -ENODATA : 0;
	n = read_birth(fd, &r.key.birth);
	if (n < 0)
		return n;
	r.name = name;
	r.name_length = name != NULL ? (uint32_t)strlen(name) : 0;
	n = ns->sidecar_read(ns->sidecar_arg, &r, buf, size);
	return n > (long)size && size != 0 ? -ERANGE : n;
}

int kept_set_attribute(const struct vfs_ns *ns, int fd, const struct stat *st, const char *name, const void *value,
		       size_t size, int flags)
{
	struct sidecar_record r = {.kind = SIDECAR_ATTRIBUTE, .key = key_of(st)};
	int status = read_birth(fd, &r.key.birth);

	if (status < 0)
		return status;
	if (flags != 0) {
		bool there = kept_attribute(ns, fd, st, name, NULL, 0) >= 0;

		if ((flags & XATTR_CREATE) != 0 ? there : !there)
			return there ? -EEXIST : -ENODATA;
	}
	r.name = name;
	r.name_length = (uint32_t)strlen(name);
	r.value = value;
	r.value_size = (uint32_t)size;
	return ask(ns, &r);
}

/* --- names that go -------------------------------------------------------------------------------------------------------- */

void kept_name_begin(const struct vfs_ns *ns, const struct parent *p, struct kept_name *ret)
{
	struct stat st;

	ret->fd = -1;
	if (!kept_is_possible(ns) || ns->in->sidecar.count == 0 || p->tree == TREE_HOST)
		return;
	if (host_fstatat(p->dir, p->name, &st, AT_SYMLINK_NOFOLLOW) < 0 || !kept_may_be(ns, &st))
		return;
	ret->fd = host_openat(p->dir, p->name, O_PATH | O_NOFOLLOW | O_CLOEXEC, 0);
}

void kept_name_end(const struct vfs_ns *ns, struct kept_name *k, bool done)
{
	struct stat st;

	if (done && k->fd >= 0 && host_fstat(k->fd, &st) == 0 && st.st_nlink == 0 && kept_may_be(ns, &st))
		kept_forget(ns, &st);
	host_close_at(&k->fd);
}
