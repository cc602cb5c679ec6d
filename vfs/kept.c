#include "vfs/kept.h"

#include <errno.h>
#include <linux/stat.h>

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

bool kept_get(const struct vfs_ns *ns, int fd, const struct stat *st, struct owner *ret)
{
	struct sidecar_owner o;
	struct sidecar_key k;
	int64_t birth;

	if (!find(ns, st, &k, &o) || read_birth(fd, &birth) < 0 || birth != k.birth)
		return false;
	*ret = (struct owner){.uid = o.uid, .gid = o.gid, .mode = o.mode, .rdev = o.rdev, .kept = true};
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
